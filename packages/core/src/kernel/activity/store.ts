/** The SQL of the activity log. Rows are only ever added; the sealer fills in `seq`, `chain_index` and `hash` once. */
import type { Selectable } from "kysely";
import { sql } from "kysely";
import { fromJson, toDate, toInteger, toIntegerOrNull } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { idsAs, isAmong, rowsAs } from "../../storage/sets.ts";
import type { ActivityTable } from "../../storage/tables/kernel.ts";
import type { Activity, ActivityData, ActivityType, Subject } from "./types.ts";

/** An activity about to be written. */
export interface NewActivity {
  readonly id: string;
  readonly workspaceId: string;
  readonly at: number;
  readonly actor: string;
  readonly type: ActivityType;
  readonly subject: Subject;
  readonly data: object;
  readonly before: object | null;
  readonly after: object | null;
}

/** Adds activities in their order. */
export async function insertActivities(db: Db, activities: readonly NewActivity[]): Promise<void> {
  if (activities.length === 0) return;
  const rows = activities.map((activity, index) => ({
    n: index,
    id: activity.id,
    workspace_id: activity.workspaceId,
    at: activity.at,
    actor: activity.actor,
    type: activity.type,
    subject_type: activity.subject.type,
    subject_id: activity.subject.id,
    data: activity.data,
    before: activity.before,
    after: activity.after,
  }));
  const set = rowsAs(
    db,
    "added",
    {
      n: "integer",
      id: "uuid",
      workspace_id: "text",
      at: "bigint",
      actor: "text",
      type: "text",
      subject_type: "text",
      subject_id: "text",
      data: "json",
      before: "json",
      after: "json",
    },
    rows,
  );
  await sql`
    insert into ck_activity (id, workspace_id, at, actor, type, subject_type, subject_id, data, before, after)
    select id, workspace_id, at, actor, type, subject_type, subject_id, data, before, after from ${set} order by n
  `.execute(db);
}

/** A stored activity in the engine's form. */
export function toActivity(row: Selectable<ActivityTable>): Activity {
  return {
    id: row.id,
    type: row.type as ActivityType,
    workspaceId: row.workspace_id,
    actor: row.actor,
    at: toDate(row.at),
    subject: { type: row.subject_type, id: row.subject_id },
    data: fromJson<ActivityData[ActivityType]>(row.data),
    before: row.before === null ? null : fromJson<Record<string, unknown> | null>(row.before),
    after: row.after === null ? null : fromJson<Record<string, unknown> | null>(row.after),
    seq: toIntegerOrNull(row.seq),
  };
}

/** Which of these activities have been committed. */
export async function committedAmong(db: Db, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db.selectFrom("ck_activity").select("id").where("id", "in", idsAs(db, ids)).execute();
  return new Set(rows.map(({ id }) => id));
}

/** Activities of a workspace, newest first, before a position. */
export async function selectActivities(
  db: Db,
  workspaceId: string,
  filter: {
    readonly subject?: Subject;
    readonly types?: readonly string[];
    readonly before?: number;
    readonly limit: number;
  },
): Promise<{ readonly position: number; readonly activity: Activity }[]> {
  let query = db.selectFrom("ck_activity").selectAll().where("workspace_id", "=", workspaceId);
  if (filter.subject !== undefined) {
    query = query.where("subject_type", "=", filter.subject.type).where("subject_id", "=", filter.subject.id);
  }
  if (filter.types !== undefined) query = query.where(isAmong(db, "type", "text", filter.types));
  if (filter.before !== undefined) query = query.where("position", "<", filter.before);
  const rows = await query.orderBy("position", "desc").limit(filter.limit).execute();
  return rows.map((row) => ({ position: toInteger(row.position), activity: toActivity(row) }));
}
