/** Reads the shape of core's tables from a live database. */
import { type RawBuilder, sql } from "kysely";
import type { SqlFamily } from "../../ports/storage.ts";
import { type Db, familyOf } from "../db.ts";
import type { SchemaShape } from "./manifest-type.ts";

/** A line of what a database says about itself: a column or an index, and what it is. */
interface Fact {
  readonly kind: "column" | "index";
  readonly table_name: string;
  readonly name: string;
  readonly shape: string;
}

/**
 * PostgreSQL's catalogue, as seen along the search path: type, nullability, default and collation of each column; the definition of each
 * index from the access method on.
 */
const POSTGRES: RawBuilder<Fact> = sql<Fact>`
  select 'column' as kind, c.relname as table_name, a.attname as name,
    format_type(a.atttypid, a.atttypmod)
      || case when a.attcollation <> t.typcollation then ' collate ' || l.collname else '' end
      || case when a.attnotnull then ' not null' else '' end
      || case when a.attidentity <> '' then ' identity' else '' end
      || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') as shape
  from pg_class as c
  join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join pg_type as t on t.oid = a.atttypid
  left join pg_collation as l on l.oid = a.attcollation
  left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relkind in ('r', 'p') and starts_with(c.relname, 'ck_') and pg_table_is_visible(c.oid)
  union all
  select 'index', c.relname, i.relname,
    case when x.indisunique then 'unique ' else '' end
      || case when x.indisvalid then '' else 'invalid ' end
      || substring(pg_get_indexdef(x.indexrelid) from ' USING (.*)$')
  from pg_index as x
  join pg_class as c on c.oid = x.indrelid
  join pg_class as i on i.oid = x.indexrelid
  where c.relkind in ('r', 'p') and starts_with(c.relname, 'ck_') and pg_table_is_visible(c.oid)
`;

/** SQLite's: declared type, nullability, default and place in the primary key of each column; the text of each index from its columns on. */
const SQLITE: RawBuilder<Fact> = sql<Fact>`
  select 'column' as kind, t.name as table_name, c.name as name,
    lower(c.type)
      || case when c."notnull" = 1 then ' not null' else '' end
      || case when c.pk > 0 then ' key ' || c.pk else '' end
      || coalesce(' default ' || c.dflt_value, '') as shape
  from sqlite_master as t join pragma_table_info(t.name) as c
  where t.type = 'table' and t.name like 'ck\\_%' escape '\\'
  union all
  select 'index', t.name, i.name, case when i."unique" = 1 then 'unique ' else '' end
    || coalesce(substr(m.sql, instr(m.sql, '(')), (
      select '(' || group_concat(k.name, ', ') || ')' from pragma_index_info(i.name) as k))
  from sqlite_master as t join pragma_index_list(t.name) as i
  left join sqlite_master as m on m.type = 'index' and m.name = i.name
  where t.type = 'table' and t.name like 'ck\\_%' escape '\\'
`;

const FACTS: Readonly<Record<SqlFamily, RawBuilder<Fact>>> = { sqlite: SQLITE, postgres: POSTGRES };

/** The shape of core's tables. Names and texts are in the order of their code points, whatever the database's collation. */
export async function readSchema(db: Db): Promise<SchemaShape> {
  const { rows } = await FACTS[familyOf(db)].execute(db);
  const byName = (one: Fact, other: Fact): number => (one.name < other.name ? -1 : 1);
  const shapesOf = (facts: readonly Fact[], kind: Fact["kind"]): Record<string, string> =>
    Object.fromEntries(
      facts
        .filter((fact) => fact.kind === kind)
        .toSorted(byName)
        .map(({ name, shape }) => [name, shape.replace(/\s+/g, " ").trim()]),
    );
  const tables = [...Map.groupBy(rows, ({ table_name }) => table_name)].toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  );
  return Object.fromEntries(
    tables.map(([name, facts]) => [
      name,
      { columns: shapesOf(facts, "column"), indexes: shapesOf(facts, "index") },
    ]),
  );
}
