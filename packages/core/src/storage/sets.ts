/**
 * Sets of rows as one JSON parameter, so that a statement for hundreds of rows is one text on both families, prepared once.
 *
 * PostgreSQL reads it with `json_to_recordset`, SQLite with `json_each`; both are measured to cost as much as arrays.
 */
import { type RawBuilder, sql } from "kysely";
import { type Db, familyOf } from "./db.ts";

/** The types a field of such a set can have. */
export type SetFieldType = "uuid" | "text" | "integer" | "bigint" | "boolean" | "json" | "real";

const POSTGRES_TYPES: Readonly<Record<SetFieldType, string>> = {
  uuid: "uuid",
  text: "text",
  integer: "integer",
  bigint: "bigint",
  boolean: "boolean",
  json: "jsonb",
  real: "double precision",
};

/**
 * A table expression over given rows, to stand in a FROM clause under that alias.
 *
 * Fields come in the order of `shape`; a field that a row lacks is NULL.
 */
export function rowsAs<Row extends object>(
  db: Db,
  alias: string,
  shape: Readonly<Record<keyof Row & string, SetFieldType>>,
  rows: readonly Row[],
): RawBuilder<Row> {
  const fields = Object.entries<SetFieldType>(shape);
  if (familyOf(db) === "postgres") {
    const json = JSON.stringify(rows);
    const columns = sql.join(
      fields.map(([name, type]) => sql`${sql.ref(name)} ${sql.raw(POSTGRES_TYPES[type])}`),
    );
    return sql<Row>`json_to_recordset(${json}::json) as ${sql.ref(alias)}(${columns})`;
  }
  // By place and in the binary form: each mention of a field looks it up anew, which costs half as much so as by name in a text.
  const names = fields.map(([name]) => name as keyof Row);
  const json = JSON.stringify(rows.map((row) => names.map((name) => row[name])));
  const columns = sql.join(
    fields.map(([name, type], place) => {
      // The arrow that keeps JSON keeps its null as a text, too.
      const field =
        type === "json" ? sql`nullif(value -> ${sql.lit(place)}, 'null')` : sql`value ->> ${sql.lit(place)}`;
      return sql`${field} as ${sql.ref(name)}`;
    }),
  );
  return sql<Row>`(
    with given as materialized (select jsonb(value) as value from json_each(${json})) select ${columns} from given
  ) as ${sql.ref(alias)}`;
}

/** A sub-select over given ids, to stand behind IN. */
export function idsAs(db: Db, ids: readonly string[]): RawBuilder<string> {
  const json = JSON.stringify(ids);
  return familyOf(db) === "postgres"
    ? sql<string>`(select value::uuid from json_array_elements_text(${json}::json))`
    : sql<string>`(select value from json_each(${json}))`;
}

/** A sub-select over given texts, to stand behind IN. */
export function textsAs(db: Db, texts: readonly string[]): RawBuilder<string> {
  const json = JSON.stringify(texts);
  return familyOf(db) === "postgres"
    ? sql<string>`(select value from json_array_elements_text(${json}::json))`
    : sql<string>`(select value from json_each(${json}))`;
}

/**
 * That a column holds one of the given ids or texts.
 *
 * Where IN makes a join that PostgreSQL plans by what it believes of the table, and keeps so while the table grows (a prepared statement of
 * an import begins with an empty one), this stays a look-up in the index of the column.
 */
export function isAmong(
  db: Db,
  column: string,
  type: "uuid" | "text",
  values: readonly string[],
): RawBuilder<boolean> {
  const json = JSON.stringify(values);
  return familyOf(db) === "postgres"
    ? sql<boolean>`${sql.ref(column)} = any(array(select value::${sql.raw(type)} from json_array_elements_text(${json}::json)))`
    : sql<boolean>`${sql.ref(column)} in (select value from json_each(${json}))`;
}

/** What follows a claiming SELECT: rows that another worker holds are passed over. Nothing on SQLite, where a writer is alone. */
export function skipLocked(db: Db): RawBuilder<unknown> {
  return familyOf(db) === "postgres" ? sql`for update skip locked` : sql``;
}

/** A UUID in a select list, where PostgreSQL would take a bare parameter for text. */
export function uuidOf(db: Db, id: string): RawBuilder<string> {
  return familyOf(db) === "postgres" ? sql<string>`${id}::uuid` : sql<string>`${id}`;
}

/** A 64-bit integer in a select list, where PostgreSQL would take a bare parameter for text. */
export function bigintOf(value: number): RawBuilder<number> {
  return sql<number>`cast(${value} as bigint)`;
}
