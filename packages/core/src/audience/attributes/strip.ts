/** Takes the values of a removed attribute from the contacts, some at a time. */
import { defineJob, handleJob } from "../../kernel/jobs/job.ts";
import { contactIdAfter, stripAttribute } from "../contacts/store.ts";
import { deleteRetiredAttribute } from "./store.ts";

/** Contacts in one step. */
const PER_STEP = 2_000;

/** An attribute was removed; its values follow. */
export const stripJob = defineJob<{ name: string; after: string | null }>("audience.strip-attribute");

/** What the job does: walks the contacts in id order, and frees the name at the end. */
export const stripHandler = handleJob(stripJob, async (job) => {
  const { name } = job.payload;
  for (let after = job.payload.after; !job.signal.aborted; ) {
    const place = after;
    const next = await job.scope.read("audience:read", (db) =>
      contactIdAfter(db, job.scope.workspaceId, place, PER_STEP),
    );
    const end =
      next === null
        ? ({ next: "finish" } as const)
        : ({ next: "continue", payload: { name, after: next } } as const);
    await job.step(end, async (unit) => {
      await stripAttribute(unit, name, { after: place, to: next });
      if (next === null) await deleteRetiredAttribute(unit, name);
    });
    if (next === null) return;
    after = next;
  }
});
