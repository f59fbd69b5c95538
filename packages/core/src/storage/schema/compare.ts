/** Compares what a database has with what it should have. Pure. */
import type { SchemaShape } from "./manifest-type.ts";

/** One difference. `missing`: it should be there; `unknown`: it is there and is none of ours; `different`: it is there and is something else. */
export interface SchemaDifference {
  readonly kind: "missing" | "unknown" | "different";
  readonly what: "table" | "column" | "index" | "constraint";
  readonly table: string;
  /** The column, index or constraint; the table itself where that is what differs. */
  readonly name: string;
  /** What it should be; `null` when it should not be. */
  readonly expected: string | null;
  /** What it is; `null` when it is not. */
  readonly actual: string | null;
}

type Shapes = Readonly<Record<string, string>>;

function compareShapes(
  what: Exclude<SchemaDifference["what"], "table">,
  table: string,
  expected: Shapes,
  actual: Shapes,
): SchemaDifference[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].toSorted();
  return names.flatMap((name) => {
    const wanted = expected[name] ?? null;
    const found = actual[name] ?? null;
    if (wanted === found) return [];
    const kind = found === null ? "missing" : wanted === null ? "unknown" : "different";
    return [{ kind, what, table, name, expected: wanted, actual: found }];
  });
}

/** All differences, table by table. */
export function compareSchemas(expected: SchemaShape, actual: SchemaShape): readonly SchemaDifference[] {
  const tables = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].toSorted();
  return tables.flatMap((table): SchemaDifference[] => {
    const wanted = expected[table];
    const found = actual[table];
    const whole = { what: "table", table, name: table } as const;
    if (found === undefined) return [{ ...whole, kind: "missing", expected: table, actual: null }];
    if (wanted === undefined) return [{ ...whole, kind: "unknown", expected: null, actual: table }];
    return [
      ...compareShapes("column", table, wanted.columns, found.columns),
      ...compareShapes("index", table, wanted.indexes, found.indexes),
      ...compareShapes("constraint", table, wanted.constraints, found.constraints),
    ];
  });
}
