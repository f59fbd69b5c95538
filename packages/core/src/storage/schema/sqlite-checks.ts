/**
 * The check constraints in the text of a `create table`: SQLite keeps them nowhere else. Pure.
 *
 * Texts that differ in spaces, comments and letter case only are alike. A check without a name gets the one that PostgreSQL would give it.
 */

/** Comments, strings, quoted names, words and numbers, operators; then any other character by itself. */
const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|[\w$\u0080-\uffff]+|[<>=!|]+|\S/g;

const TABLE_CONSTRAINTS: readonly string[] = ["constraint", "primary", "unique", "check", "foreign"];

function tokensOf(sql: string): readonly string[] {
  return (sql.match(TOKEN) ?? [])
    .filter((token) => !token.startsWith("--") && !token.startsWith("/*"))
    .map((token) => (/^['"`[]/.test(token) ? token : token.toLowerCase()));
}

/** The place behind the bracket that closes the one at `open`. */
function endOf(tokens: readonly string[], open: number): number {
  let depth = 0;
  for (let place = open; place < tokens.length; place++) {
    if (tokens[place] === "(") depth += 1;
    if (tokens[place] === ")") depth -= 1;
    if (depth === 0) return place + 1;
  }
  return tokens.length;
}

/** The columns and constraints between the brackets of the table. */
function itemsOf(tokens: readonly string[]): readonly (readonly string[])[] {
  const open = tokens.indexOf("(");
  if (open < 0) return [];
  const items: string[][] = [[]];
  const end = endOf(tokens, open) - 1;
  for (let place = open + 1; place < end; ) {
    if (tokens[place] === ",") {
      items.push([]);
      place += 1;
      continue;
    }
    const next = tokens[place] === "(" ? endOf(tokens, place) : place + 1;
    items.at(-1)?.push(...tokens.slice(place, next));
    place = next;
  }
  return items;
}

function bare(name: string): string {
  return name.replace(/^["`[]|["`\]]$/g, "");
}

function written(tokens: readonly string[]): string {
  return tokens.join(" ").replaceAll("( ", "(").replaceAll(" )", ")").replaceAll(" ,", ",");
}

/** The checks of a table, by name, each as `check (…)`. */
export function checksOf(table: string, sql: string): Readonly<Record<string, string>> {
  const checks: Record<string, string> = {};
  const add = (name: string, text: string): void => {
    let free = name;
    for (let n = 1; Object.hasOwn(checks, free); n++) free = `${name}${n}`;
    checks[free] = text;
  };
  for (const item of itemsOf(tokensOf(sql))) {
    const [first = ""] = item;
    const owner = TABLE_CONSTRAINTS.includes(first) ? table : `${table}_${bare(first)}`;
    for (let place = 0; place < item.length; ) {
      if (item[place] === "check" && item[place + 1] === "(") {
        const end = endOf(item, place + 1);
        const named = item[place - 2] === "constraint" ? item[place - 1] : undefined;
        add(named === undefined ? `${owner}_check` : bare(named), written(item.slice(place, end)));
        place = end;
      } else place = item[place] === "(" ? endOf(item, place) : place + 1;
    }
  }
  return checks;
}
