/** The SQL of attribute definitions. Nothing else writes the table. */
import { sql } from "kysely";
import type { Unit } from "../../kernel/unit.ts";
import { toDate } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { bigintOf, rowsAs } from "../../storage/sets.ts";
import type { AttributeDefinition, AttributeType, AttributeTypes } from "./attribute.ts";

/** All definitions of the workspace, by name. */
export async function listAttributes(db: Db, workspaceId: string): Promise<readonly AttributeDefinition[]> {
  const rows = await db
    .selectFrom("ck_attributes")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("removed_at", "is", null)
    .execute();
  return rows
    .map((row) => ({
      name: row.name,
      type: row.type as AttributeType,
      description: row.description,
      createdAt: toDate(row.created_at),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The types of the workspace's attributes. */
export async function attributeTypes(db: Db, workspaceId: string): Promise<AttributeTypes> {
  const rows = await db
    .selectFrom("ck_attributes")
    .select(["name", "type"])
    .where("workspace_id", "=", workspaceId)
    .where("removed_at", "is", null)
    .execute();
  return new Map(rows.map((row) => [row.name, row.type as AttributeType]));
}

/** A definition about to be written. */
export interface NewAttribute {
  readonly name: string;
  readonly type: AttributeType;
  readonly description: string | null;
}

/** Adds definitions; names that are taken stay as they are. @returns the names that are new. */
export async function insertAttributes(
  unit: Unit,
  definitions: readonly NewAttribute[],
): Promise<readonly string[]> {
  if (definitions.length === 0) return [];
  const shape = { name: "text", type: "text", description: "text" } as const;
  const inserted = await sql<{ name: string }>`
    insert into ck_attributes (workspace_id, name, type, description, created_at)
    select ${unit.workspaceId}, r.name, r.type, r.description, ${bigintOf(unit.now)}
    from ${rowsAs(unit.db, "r", shape, definitions)}
    where true
    order by r.name
    on conflict (workspace_id, name) do nothing
    returning name`.execute(unit.db);
  return inserted.rows.map(({ name }) => name);
}

/** Changes a description. */
export async function describeAttribute(unit: Unit, name: string, description: string | null): Promise<void> {
  await unit.db
    .updateTable("ck_attributes")
    .set({ description })
    .where("workspace_id", "=", unit.workspaceId)
    .where("name", "=", name)
    .execute();
}

/** Takes a definition out of use; its name stays taken until the values are gone. @returns whether there was one. */
export async function retireAttribute(unit: Unit, name: string): Promise<boolean> {
  const retired = await unit.db
    .updateTable("ck_attributes")
    .set({ removed_at: unit.now })
    .where("workspace_id", "=", unit.workspaceId)
    .where("name", "=", name)
    .where("removed_at", "is", null)
    .executeTakeFirst();
  return retired.numUpdatedRows === 1n;
}

/** Frees the name of a definition that is out of use. */
export async function deleteRetiredAttribute(unit: Unit, name: string): Promise<void> {
  await unit.db
    .deleteFrom("ck_attributes")
    .where("workspace_id", "=", unit.workspaceId)
    .where("name", "=", name)
    .where("removed_at", "is not", null)
    .execute();
}
