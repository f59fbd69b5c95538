/** Places in a source. Lists of them are in order and don't overlap, so they can be searched by halving. */

/** Where something stands: the first character, and the one after the last. */
export interface Range {
  readonly begin: number;
  readonly end: number;
}

/** The number of the first range that ends at the position or behind it; the length of the list when none does. */
export function firstEndingAt(ranges: readonly Range[], position: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle]?.end ?? 0) < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether one of the regions holds the whole range. */
export function isInside(range: Range, regions: readonly Range[]): boolean {
  const region = regions[firstEndingAt(regions, range.end)];
  return region !== undefined && region.begin <= range.begin;
}
