/** Reads the shape of core's or a plug-in's tables from a live database. */
import { type RawBuilder, sql } from "kysely";
import type { SqlFamily } from "../../ports/storage.ts";
import { type Db, familyOf } from "../db.ts";
import type { SchemaShape } from "./manifest-type.ts";
import { checksOf } from "./sqlite-checks.ts";

/** A line of what a database says about itself. */
interface Fact {
  /** `table`: SQLite's, whose text holds its checks. */
  readonly kind: "column" | "index" | "constraint" | "table";
  readonly table_name: string;
  readonly name: string;
  readonly shape: string;
}

/**
 * PostgreSQL's catalogue, as seen along the search path: type, nullability, default and collation of each column; the definition of each
 * index from the access method on; checks and foreign keys.
 */
function postgresFacts(prefix: string): RawBuilder<Fact> {
  const ours = sql`c.relkind in ('r', 'p') and starts_with(c.relname, ${sql.lit(prefix)}) and pg_table_is_visible(c.oid)`;
  return sql<Fact>`
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
    where ${ours}
    union all
    select 'index', c.relname, i.relname,
      case when x.indisunique then 'unique ' else '' end
        || case when x.indisvalid then '' else 'invalid ' end
        || substring(pg_get_indexdef(x.indexrelid) from ' USING (.*)$')
    from pg_index as x
    join pg_class as c on c.oid = x.indrelid
    join pg_class as i on i.oid = x.indexrelid
    where ${ours}
    union all
    select 'constraint', c.relname, k.conname, pg_get_constraintdef(k.oid)
    from pg_constraint as k join pg_class as c on c.oid = k.conrelid
    where k.contype in ('c', 'f') and ${ours}
  `;
}

/**
 * SQLite's: declared type, nullability, default and place in the primary key of each column; the text of each index from its columns on;
 * foreign keys, under the names that PostgreSQL would give them; the text of each table, for its checks.
 */
function sqliteFacts(prefix: string): RawBuilder<Fact> {
  const ours = sql`t.type = 'table' and substr(t.name, 1, ${sql.lit(prefix.length)}) = ${sql.lit(prefix)}`;
  return sql<Fact>`
    select 'column' as kind, t.name as table_name, c.name as name,
      lower(c.type)
        || case when c."notnull" = 1 then ' not null' else '' end
        || case when c.pk > 0 then ' key ' || c.pk else '' end
        || coalesce(' default ' || c.dflt_value, '') as shape
    from sqlite_master as t join pragma_table_info(t.name) as c where ${ours}
    union all
    select 'index', t.name, i.name, case when i."unique" = 1 then 'unique ' else '' end
      || coalesce(substr(m.sql, instr(m.sql, '(')), (
        select '(' || group_concat(k.name, ', ') || ')' from pragma_index_info(i.name) as k))
    from sqlite_master as t join pragma_index_list(t.name) as i
    left join sqlite_master as m on m.type = 'index' and m.name = i.name
    where ${ours}
    union all
    select 'constraint', t.name, t.name || '_' || group_concat(f."from", '_' order by f.seq) || '_fkey',
      'foreign key (' || group_concat(f."from", ', ' order by f.seq) || ') references ' || f."table" || ' ('
        || coalesce(group_concat(f."to", ', ' order by f.seq), 'its key') || ')'
        || case when f.on_update = 'NO ACTION' then '' else ' on update ' || lower(f.on_update) end
        || case when f.on_delete = 'NO ACTION' then '' else ' on delete ' || lower(f.on_delete) end
    from sqlite_master as t join pragma_foreign_key_list(t.name) as f where ${ours} group by t.name, f.id
    union all
    select 'table', t.name, t.name, t.sql from sqlite_master as t where ${ours}
  `;
}

const FACTS: Readonly<Record<SqlFamily, (prefix: string) => RawBuilder<Fact>>> = {
  sqlite: sqliteFacts,
  postgres: postgresFacts,
};

/**
 * The shape of the tables whose names start with the namespace and an underscore: `ck` for core. Names and texts are in the order of their
 * code points, whatever the database's collation.
 */
export async function readSchema(db: Db, namespace: string): Promise<SchemaShape> {
  const { rows } = await FACTS[familyOf(db)](`${namespace}_`).execute(db);
  const tables = [...Map.groupBy(rows, ({ table_name }) => table_name)].toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  );
  return Object.fromEntries(
    tables.map(([name, facts]) => [
      name,
      {
        columns: shapesOf(facts, "column"),
        indexes: shapesOf(facts, "index"),
        constraints: shapesOf([...facts, ...facts.flatMap(checksIn)], "constraint"),
      },
    ]),
  );
}

function checksIn({ kind, table_name, shape }: Fact): readonly Fact[] {
  if (kind !== "table") return [];
  return Object.entries(checksOf(table_name, shape)).map(([name, check]) => ({
    kind: "constraint",
    table_name,
    name,
    shape: check,
  }));
}

function shapesOf(facts: readonly Fact[], kind: Fact["kind"]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    facts
      .filter((fact) => fact.kind === kind)
      .toSorted((one, other) => (one.name < other.name ? -1 : 1))
      .map(({ name, shape }) => [name, shape.replace(/\s+/g, " ").trim()]),
  );
}
