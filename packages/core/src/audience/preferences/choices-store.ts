/** The SQL of what contacts chose among topics. Nothing else writes the table. */
import { type RawBuilder, sql } from "kysely";
import type { Unit } from "../../kernel/unit.ts";
import { type StoredInteger, toDate } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { isAmong, rowsAs } from "../../storage/sets.ts";
import { joinContact } from "../contacts/lookup.ts";
import { folded } from "../statements/fold.ts";
import { unlessOlder, writtenOf } from "../statements/write.ts";
import type { TopicChoice, TopicState } from "./choice.ts";
import { appendLog } from "./log-store.ts";

/** One statement about one contact and one topic. */
export interface ChoiceChange {
  readonly contactId: string;
  readonly topic: string;
  readonly state: TopicState;
  readonly source: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

const SHAPE = { contact_id: "uuid", topic: "text", state: "text", source: "text", at: "bigint" } as const;

const keyOf = ({ contactId, topic }: Pick<ChoiceChange, "contactId" | "topic">): string =>
  `${contactId} ${topic}`;

function changedRows(unit: Unit, changes: readonly ChoiceChange[]): RawBuilder<unknown> {
  const rows = changes.map(({ contactId, ...change }) => ({ contact_id: contactId, ...change }));
  return rowsAs(unit.db, "r", SHAPE, rows);
}

/**
 * Applies statements and writes the log of those that changed something. As with consents, one older than what is known changes nothing, nor
 * does one about a contact that is not there or was erased; who opts out now always has it so; with `keepOptedOut` no opt-out is taken back.
 *
 * @returns the statements that changed something.
 */
export async function applyChoices(
  unit: Unit,
  changes: readonly ChoiceChange[],
  options: { readonly keepOptedOut: boolean },
): Promise<readonly ChoiceChange[]> {
  if (changes.length === 0) return [];
  const { db, workspaceId, now } = unit;
  const single = folded(changes, {
    now,
    keyOf,
    takesBack: ({ state }) => state === "opted-out",
    keepTakenBack: options.keepOptedOut,
  });
  const rule = unlessOlder(
    { name: "ck_topic_choices", takenBack: "opted-out" },
    { now, keepTakenBack: options.keepOptedOut },
  );
  const written = await sql<{ contact_id: string; topic: string; changed_at: StoredInteger }>`
    insert into ck_topic_choices (workspace_id, contact_id, topic, state, source, changed_at)
    select c.workspace_id, c.id, r.topic, r.state, r.source, r.at
    from ${changedRows(unit, single)} ${joinContact(db, workspaceId, "id", "r.contact_id")}
    where true
    order by c.id, r.topic
    on conflict (workspace_id, contact_id, topic) do update ${rule}
    returning contact_id, topic, changed_at`.execute(db);
  const effective = writtenOf(
    single,
    keyOf,
    written.rows.map((row) => ({
      key: keyOf({ contactId: row.contact_id, topic: row.topic }),
      changedAt: row.changed_at,
    })),
  );
  await appendLog(unit, effective);
  return effective;
}

/** What these contacts chose, by contact, in the order of the keys. */
export async function choicesOf(
  db: Db,
  workspaceId: string,
  contactIds: readonly string[],
): Promise<ReadonlyMap<string, readonly TopicChoice[]>> {
  const rows = await db
    .selectFrom("ck_topic_choices")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where(isAmong(db, "contact_id", "uuid", contactIds))
    .execute();
  const sorted = rows.toSorted((a, b) => (a.topic < b.topic ? -1 : 1));
  return new Map(
    [...Map.groupBy(sorted, (row) => row.contact_id)].map(([contactId, own]) => [
      contactId,
      own.map((row) => ({
        topic: row.topic,
        state: row.state as TopicState,
        source: row.source,
        changedAt: toDate(row.changed_at),
      })),
    ]),
  );
}

/** Forgets what the contacts chose. */
export async function dropChoices(unit: Unit, contactIds: readonly string[]): Promise<void> {
  await unit.db
    .deleteFrom("ck_topic_choices")
    .where("workspace_id", "=", unit.workspaceId)
    .where(isAmong(unit.db, "contact_id", "uuid", contactIds))
    .execute();
}
