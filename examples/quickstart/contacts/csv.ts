/** A line of CSV (RFC 4180), with any delimiter. */
export function csvLine(cells: readonly string[], delimiter: string): string {
  const special = new RegExp(`["\\r\\n${delimiter}]`);
  return `${cells.map((cell) => (special.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(delimiter)}\r\n`;
}
