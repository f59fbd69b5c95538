/** The SQL of the log of preferences. Nothing else writes the table. */
import { type Selectable, sql } from "kysely";
import type { Unit } from "../../kernel/unit.ts";
import type { AddressKind } from "../../ports/channel.ts";
import { toDate, toDateOrNull } from "../../storage/columns.ts";
import { isAmong, rowsAs } from "../../storage/sets.ts";
import type { PreferenceLogTable } from "../../storage/tables/preferences.ts";
import { StatementLog } from "../statements/log.ts";
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

function toEntry(row: Selectable<PreferenceLogTable>): PreferenceLogEntry {
  const common = { source: row.source, actor: row.actor, at: toDate(row.at) };
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

/** Who chose what, and when. */
export const preferenceLog = new StatementLog("ck_preference_log", toEntry);

/** Takes the log of the contacts away: it says what they care about, and proves nothing that must be proved. */
export async function dropPreferenceLog(unit: Unit, contactIds: readonly string[]): Promise<void> {
  await unit.db
    .deleteFrom("ck_preference_log")
    .where("workspace_id", "=", unit.workspaceId)
    .where(isAmong(unit.db, "contact_id", "uuid", contactIds))
    .execute();
}
