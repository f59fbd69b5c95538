/** The SQL of the log of preferences. Nothing else writes the table. */
import { type Selectable, sql } from "kysely";
import type { Unit } from "../../kernel/unit.ts";
import type { AddressKind } from "../../ports/channel.ts";
import { type StoredInteger, toDate, toDateOrNull, toInteger } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { isAmong, rowsAs } from "../../storage/sets.ts";
import type { PreferenceLogTable } from "../../storage/tables/preferences.ts";
import type { TopicState } from "./choice.ts";
import type { PreferenceLogEntry } from "./preferences.ts";

/** What is about to be logged: a choice, or a cadence. */
export type LoggedChange = {
  readonly contactId: string;
  readonly source: string;
  /** Epoch milliseconds. */
  readonly at: number;
} & (
  | { readonly topic: string; readonly state: TopicState }
  | {
      readonly channel: AddressKind;
      readonly maxPerWeek: number | null;
      readonly snoozedUntil: Date | null;
    }
);

const SHAPE = {
  contact_id: "uuid",
  topic: "text",
  state: "text",
  channel: "text",
  max_per_week: "integer",
  snoozed_until: "bigint",
  source: "text",
  at: "bigint",
} as const;

/** Adds to the log. */
export async function appendLog(unit: Unit, changes: readonly LoggedChange[]): Promise<void> {
  if (changes.length === 0) return;
  const rows = changes.map(
    (change): Partial<Record<keyof typeof SHAPE, unknown>> => ({
      contact_id: change.contactId,
      source: change.source,
      at: change.at,
      ...("topic" in change
        ? { topic: change.topic, state: change.state }
        : {
            channel: change.channel,
            max_per_week: change.maxPerWeek,
            snoozed_until: change.snoozedUntil?.getTime() ?? null,
          }),
    }),
  );
  await sql`
    insert into ck_preference_log (workspace_id, contact_id, topic, state, channel, max_per_week, snoozed_until, source, actor, at)
    select ${unit.workspaceId}, r.contact_id, r.topic, r.state, r.channel, r.max_per_week, r.snoozed_until, r.source, ${unit.actor}, r.at
    from ${rowsAs<Partial<Record<keyof typeof SHAPE, unknown>>>(unit.db, "r", SHAPE, rows)}`.execute(unit.db);
}

/** An entry of the log, and its place in it. */
export type PlacedPreference = PreferenceLogEntry & { readonly position: number };

function toEntry(row: Selectable<PreferenceLogTable>): PlacedPreference {
  const common = {
    position: toInteger(row.position),
    source: row.source,
    actor: row.actor,
    at: toDate(row.at),
  };
  if (row.topic !== null)
    return { kind: "topic", topic: row.topic, state: row.state as TopicState, ...common };
  return {
    kind: "cadence",
    channel: row.channel as AddressKind,
    maxPerWeek: row.max_per_week,
    snoozedUntil: toDateOrNull(row.snoozed_until),
    ...common,
  };
}

/** A part of a contact's log, in the order in which it was written. */
export async function preferenceLogPage(
  db: Db,
  workspaceId: string,
  contactId: string,
  page: { readonly after: number | null; readonly limit: number },
): Promise<readonly PlacedPreference[]> {
  let query = db
    .selectFrom("ck_preference_log")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("contact_id", "=", contactId)
    .orderBy("position")
    .limit(sql.lit(page.limit));
  if (page.after !== null) query = query.where("position", ">", page.after as StoredInteger);
  return (await query.execute()).map(toEntry);
}

/** The whole logs of these contacts, by contact. */
export async function preferenceLogsOf(
  db: Db,
  workspaceId: string,
  contactIds: readonly string[],
): Promise<ReadonlyMap<string, readonly PreferenceLogEntry[]>> {
  const rows = await db
    .selectFrom("ck_preference_log")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where(isAmong(db, "contact_id", "uuid", contactIds))
    .orderBy("position")
    .execute();
  return new Map(
    [...Map.groupBy(rows, (row) => row.contact_id)].map(([contactId, own]) => [
      contactId,
      own.map(toEntry).map(({ position: _position, ...entry }) => entry),
    ]),
  );
}

/** Makes the log of one contact part of another's, who is the same person. */
export async function movePreferenceLog(
  unit: Unit,
  { from, into }: { readonly from: string; readonly into: string },
): Promise<void> {
  await unit.db
    .updateTable("ck_preference_log")
    .set({ contact_id: into })
    .where("workspace_id", "=", unit.workspaceId)
    .where("contact_id", "=", from)
    .execute();
}

/** Takes the log of the contacts away: it says what they care about, and proves nothing that must be proved. */
export async function dropPreferenceLog(unit: Unit, contactIds: readonly string[]): Promise<void> {
  await unit.db
    .deleteFrom("ck_preference_log")
    .where("workspace_id", "=", unit.workspaceId)
    .where(isAmong(unit.db, "contact_id", "uuid", contactIds))
    .execute();
}
