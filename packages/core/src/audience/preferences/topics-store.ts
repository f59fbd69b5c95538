/** The SQL of topics. Nothing else writes the table. */
import { type Selectable, sql } from "kysely";
import type { Unit } from "../../kernel/unit.ts";
import type { AddressKind } from "../../ports/channel.ts";
import { fromJson, toDate, toJson } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import type { TopicsTable } from "../../storage/tables/preferences.ts";
import type { Topic, TopicText } from "./topic.ts";

/** What a definition says of a topic. */
export type TopicValues = Omit<Topic, "createdAt" | "updatedAt">;

/** The topics in use, in their order. */
export async function listTopics(db: Db, workspaceId: string): Promise<readonly Topic[]> {
  const rows = await db
    .selectFrom("ck_topics")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("removed_at", "is", null)
    .execute();
  return rows
    .map(toTopic)
    .sort((a, b) => a.position - b.position || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** The keys of the topics in use. */
export async function topicKeys(db: Db, workspaceId: string): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom("ck_topics")
    .select("key")
    .where("workspace_id", "=", workspaceId)
    .where("removed_at", "is", null)
    .execute();
  return new Set(rows.map(({ key }) => key));
}

/** One topic in use, or `null`. */
export async function findTopic(db: Db, workspaceId: string, key: string): Promise<Topic | null> {
  const row = await db
    .selectFrom("ck_topics")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("key", "=", key)
    .where("removed_at", "is", null)
    .executeTakeFirst();
  return row === undefined ? null : toTopic(row);
}

/**
 * Makes sure that there is a row of that key, and locks it: of two that define a topic at once the second sees what the first has made.
 *
 * @returns the topic as it was, also one that is out of use; `null` for one that never was.
 */
export async function lockTopic(
  unit: Unit,
  fresh: TopicValues,
): Promise<{ readonly topic: Topic; readonly removed: boolean } | null> {
  const { db, workspaceId } = unit;
  const inserted = await db
    .insertInto("ck_topics")
    .values({ workspace_id: workspaceId, ...columnsOf(fresh), created_at: unit.now, updated_at: unit.now })
    .onConflict((conflict) => conflict.columns(["workspace_id", "key"]).doNothing())
    .returning("key")
    .execute();
  if (inserted.length > 0) return null;
  const row = await db
    .updateTable("ck_topics")
    .set({ key: sql`key` })
    .where("workspace_id", "=", workspaceId)
    .where("key", "=", fresh.key)
    .returningAll()
    .executeTakeFirstOrThrow();
  return { topic: toTopic(row), removed: row.removed_at !== null };
}

/** Writes what a locked topic is now; one that was out of use is in use again. */
export async function updateTopic(unit: Unit, values: TopicValues): Promise<void> {
  await unit.db
    .updateTable("ck_topics")
    .set({ ...columnsOf(values), updated_at: unit.now, removed_at: null })
    .where("workspace_id", "=", unit.workspaceId)
    .where("key", "=", values.key)
    .execute();
}

/** Takes a topic out of use. @returns whether there was one. */
export async function retireTopic(unit: Unit, key: string): Promise<boolean> {
  const retired = await unit.db
    .updateTable("ck_topics")
    .set({ removed_at: unit.now })
    .where("workspace_id", "=", unit.workspaceId)
    .where("key", "=", key)
    .where("removed_at", "is", null)
    .executeTakeFirst();
  return retired.numUpdatedRows === 1n;
}

function columnsOf(values: TopicValues) {
  return {
    key: values.key,
    name: values.name,
    description: values.description,
    translations: toJson(values.translations),
    channel: values.channel,
    purpose: values.purpose,
    position: values.position,
    visible: values.visible,
  };
}

function toTopic(row: Selectable<TopicsTable>): Topic {
  return {
    key: row.key,
    name: row.name,
    description: row.description,
    translations: fromJson<Record<string, TopicText>>(row.translations),
    channel: row.channel as AddressKind,
    purpose: row.purpose,
    position: row.position,
    visible: Boolean(row.visible),
    createdAt: toDate(row.created_at),
    updatedAt: toDate(row.updated_at),
  };
}
