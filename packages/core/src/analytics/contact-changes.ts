/** What happens to a contact's events when the contact is deleted, erased or merged. */
import { sql } from "kysely";
import { survivorsOf } from "../audience/index.ts";
import { defineJob, handleJob, type JobHandler } from "../kernel/jobs/job.ts";
import { type Reaction, react } from "../kernel/reactions.ts";
import type { Unit } from "../kernel/unit.ts";
import { type StoredInteger, toInteger } from "../storage/columns.ts";
import { uuidOf } from "../storage/sets.ts";
import type { FirstTouch } from "./cells.ts";
import { NO_ID } from "./event.ts";
import { forgetPerson } from "./forget.ts";
import { lowerFirstTouches } from "./store.ts";

/** Makes the events of one contact those of another; whoever was counted twice is counted once. */
async function moveEvents(unit: Unit, from: string, into: string): Promise<void> {
  const { db, workspaceId } = unit;
  const nil = uuidOf(db, NO_ID);
  const { rows: touches } = await sql<FirstTouchRow>`
    delete from ck_first_touches
    where workspace_id = ${workspaceId} and (campaign_id, type, machine, contact_id, post_id, channel, segment_set) in (
      select coalesce(event.campaign_id, ${nil}), event.type, event.machine is not null, event.contact_id,
        coalesce(event.post_id, ${nil}), coalesce(event.channel, ''), coalesce(event.segment_set, '')
      from ck_events as event
      where event.workspace_id = ${workspaceId} and event.contact_id = ${uuidOf(db, from)}
    )
    returning campaign_id, type, machine, contact_id, post_id, channel, segment_set, first_at
  `.execute(db);
  await db
    .updateTable("ck_events")
    .set({ contact_id: into })
    .where("workspace_id", "=", workspaceId)
    .where("contact_id", "=", from)
    .execute();
  await lowerFirstTouches(
    db,
    workspaceId,
    touches.map((touch) => ({
      ...touch,
      machine: Boolean(touch.machine),
      contact_id: into,
      first_at: toInteger(touch.first_at),
    })),
  );
}

/** When what was being recorded at the moment of a merge is over. */
const LATE_MS = 60_000;

/** Moves what was recorded for a merged contact by transactions that did not see the merge yet. */
const lateMoveJob = defineJob<{ from: string }>("events.move-late");

const lateMoveHandler = handleJob(lateMoveJob, (job) =>
  job.step({ next: "finish" }, async (unit) => {
    const { from } = job.payload;
    const into = (await survivorsOf(unit.db, unit.workspaceId, [from])).get(from);
    if (into !== undefined) await moveEvents(unit, from, into);
  }),
);

/** The jobs of events. */
export const analyticsJobs: readonly JobHandler[] = [lateMoveHandler];

type FirstTouchRow = Omit<FirstTouch, "machine" | "first_at"> & {
  readonly machine: boolean | number;
  readonly first_at: StoredInteger;
};

/** Follows the audience, in the same transaction. */
export const analyticsReactions: readonly Reaction[] = [
  react("contact.erased", (unit, { data }) => forgetPerson(unit, data.contactId)),
  react("contact.deleted", (unit, { data }) => forgetPerson(unit, data.contactId)),
  react("contact.merged", async (unit, { data: { fromContactId: from, contactId: into } }) => {
    await moveEvents(unit, from, into);
    unit.enqueue(lateMoveJob, { payload: { from }, runAt: unit.now + LATE_MS, key: from });
  }),
];
