/** The SQL of how often contacts wish to be written to. Nothing else writes the table. */
import type { Unit } from "../../kernel/unit.ts";
import type { AddressKind } from "../../ports/channel.ts";
import { toDate, toDateOrNull } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { isAmong } from "../../storage/sets.ts";
import type { Cadence } from "./cadence.ts";
import { appendLog } from "./log-store.ts";

/** A contact's wish for one channel kind, as it is to be from now on. */
export interface CadenceChange {
  readonly contactId: string;
  readonly channel: AddressKind;
  readonly maxPerWeek: number | null;
  readonly snoozedUntil: Date | null;
  readonly source: string;
}

/** Writes the wish of a locked contact, and the log of it. @returns whether it is another one than before. */
export async function applyCadence(unit: Unit, change: CadenceChange): Promise<boolean> {
  const { db, workspaceId, now } = unit;
  const { contactId, channel, maxPerWeek, snoozedUntil, source } = change;
  const known = (await cadencesOf(db, workspaceId, [contactId])).get(contactId) ?? [];
  const before = known.find((cadence) => cadence.channel === channel);
  const same =
    (before?.maxPerWeek ?? null) === maxPerWeek &&
    (before?.snoozedUntil ?? null)?.getTime() === snoozedUntil?.getTime();
  if (same) return false;
  const values = {
    max_per_week: maxPerWeek,
    snoozed_until: snoozedUntil?.getTime() ?? null,
    source,
    changed_at: now,
  };
  await db
    .insertInto("ck_contact_cadences")
    .values({ workspace_id: workspaceId, contact_id: contactId, channel, ...values })
    .onConflict((conflict) => conflict.columns(["workspace_id", "contact_id", "channel"]).doUpdateSet(values))
    .execute();
  await appendLog(unit, [{ ...change, at: now }]);
  return true;
}

/** What these contacts wish, by contact. */
export async function cadencesOf(
  db: Db,
  workspaceId: string,
  contactIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Cadence[]>> {
  const rows = await db
    .selectFrom("ck_contact_cadences")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where(isAmong(db, "contact_id", "uuid", contactIds))
    .execute();
  const sorted = rows.toSorted((a, b) => (a.channel < b.channel ? -1 : 1));
  return new Map(
    [...Map.groupBy(sorted, (row) => row.contact_id)].map(([contactId, own]) => [
      contactId,
      own.map((row) => ({
        channel: row.channel as AddressKind,
        maxPerWeek: row.max_per_week,
        snoozedUntil: toDateOrNull(row.snoozed_until),
        source: row.source,
        changedAt: toDate(row.changed_at),
      })),
    ]),
  );
}

/** Forgets what the contacts wished. */
export async function dropCadences(unit: Unit, contactIds: readonly string[]): Promise<void> {
  await unit.db
    .deleteFrom("ck_contact_cadences")
    .where("workspace_id", "=", unit.workspaceId)
    .where(isAmong(unit.db, "contact_id", "uuid", contactIds))
    .execute();
}
