/** The SQL of aliases: who the contacts are now that went into others. Nothing else writes the table. */
import type { Unit } from "../../kernel/unit.ts";
import type { Db } from "../../storage/db.ts";
import { isAmong } from "../../storage/sets.ts";
import { type ContactRecord, lockByIds } from "./store.ts";

/** Remembers that `from` is `into` now, and with it all who were `from`. Both are locked. */
export async function addAlias(
  unit: Unit,
  { from, into }: { readonly from: string; readonly into: string },
): Promise<void> {
  const { db, workspaceId } = unit;
  await db
    .updateTable("ck_contact_aliases")
    .set({ into_id: into })
    .where("workspace_id", "=", workspaceId)
    .where("into_id", "=", from)
    .execute();
  await db
    .insertInto("ck_contact_aliases")
    .values({ workspace_id: workspaceId, contact_id: from, into_id: into })
    .execute();
}

/** Who those of the contacts are now that went into others. Who is not in the answer never did; a survivor may have been deleted since. */
export async function survivorsOf(
  db: Db,
  workspaceId: string,
  contactIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (contactIds.length === 0) return new Map();
  const rows = await db
    .selectFrom("ck_contact_aliases")
    .select(["contact_id", "into_id"])
    .where("workspace_id", "=", workspaceId)
    .where(isAmong(db, "contact_id", "uuid", contactIds))
    .execute();
  return new Map(rows.map((row) => [row.contact_id, row.into_id]));
}

/** Who a contact is now that was merged, or `null` for one that never was. The survivor may have been deleted since. */
export async function survivorOf(db: Db, workspaceId: string, contactId: string): Promise<string | null> {
  return (await survivorsOf(db, workspaceId, [contactId])).get(contactId) ?? null;
}

/**
 * Every id under which something may be kept of these contacts, with the contact that it stands for: their own, and those of the contacts that
 * went into them.
 */
export async function identitiesOf(
  db: Db,
  workspaceId: string,
  contactIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom("ck_contact_aliases")
    .select(["contact_id", "into_id"])
    .where("workspace_id", "=", workspaceId)
    .where(isAmong(db, "into_id", "uuid", contactIds))
    .execute();
  return new Map([
    ...contactIds.map((id) => [id, id] as const),
    ...rows.map((row) => [row.contact_id, row.into_id] as const),
  ]);
}

/** Locks the contact that an id means, which after a merge is another; `null` when there is none any more. */
export async function lockMeant(unit: Unit, contactId: string): Promise<ContactRecord | null> {
  let meant: string | null = contactId;
  while (meant !== null) {
    const [contact] = await lockByIds(unit, [meant]);
    if (contact !== undefined) return contact;
    // Looked up after the lock was waited for: the merge that held it has written the alias.
    meant = await survivorOf(unit.db, unit.workspaceId, meant);
  }
  return null;
}
