/**
 * Posts whose channel nobody has. They wait for it, and after a while say so; they go on by themselves where it is registered again.
 *
 * A process without the channel knows only of itself: another one may have it, such as one of the next version while a deploy is under way.
 * So nothing is given up and nothing is closed, and it counts as missing once nobody has taken the post for a while.
 */
import { SYSTEM_ACTOR } from "../kernel/access.ts";
import type { JobRun } from "../kernel/jobs/job.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { runUnit } from "../kernel/unit.ts";
import { noteOnOpen, selectUnserved } from "./dispatches-store.ts";
import type { HoldReason } from "./hold.ts";
import type { PostJob } from "./post-jobs.ts";
import { recordHeld } from "./post-state.ts";
import { markStartMissing, type PostRow } from "./posts-store.ts";

/** Why a post does not go on whose channel nobody has. */
const CHANNEL_MISSING = "channel-missing" satisfies HoldReason;

/** How long nobody may have had the channel, before it counts as missing. */
const PATIENCE_MS = 60_000;
/** A job that met no channel is offered to all processes again after so long; less often once the channel counts as missing. */
const OFFER_AGAIN_MS = 15_000;
const OFFER_MISSING_AGAIN_MS = 60_000;

/** Whether this process has the channel. */
export function hasChannel(kernel: Kernel, name: string): boolean {
  return Object.hasOwn(kernel.channels, name);
}

/** Leaves a post's job to a process that has the channel. */
export async function leaveToOthers<Payload extends PostJob>(
  job: JobRun<Payload>,
  post: PostRow,
): Promise<void> {
  const { clock, logger } = job.kernel.runtime;
  const now = clock.now();
  const { missingSince: since = now } = job.payload;
  if (since === now) {
    logger.warn("A post waits for a channel that is not registered in this process.", {
      postId: post.id,
      channel: post.channel,
      registered: Object.keys(job.kernel.channels),
    });
  }
  const payload = { ...job.payload, missingSince: since };
  const isMissing = now - since >= PATIENCE_MS;
  const until = now + (isMissing ? OFFER_MISSING_AGAIN_MS : OFFER_AGAIN_MS);
  await job.step({ next: "rest", until, payload }, async (unit) => {
    if (!isMissing) return;
    const marked =
      post.state === "sending"
        ? await noteOnOpen(unit, post.id, { reason: CHANNEL_MISSING, since })
        : await markStartMissing(unit, post.id, since);
    if (marked) recordHeld(unit, post, CHANNEL_MISSING);
  });
}

/** Watches over open posts on channels that this process does not have. */
export class MissingChannels {
  readonly #kernel: Kernel;
  /** When posts on the channel are looked at next, by its name. */
  readonly #nextLook = new Map<string, number>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Told that posts on the channel are due since then; says when they are looked at. */
  see(channel: string, dueAt: number): number {
    const { logger } = this.#kernel.runtime;
    const known = this.#nextLook.get(channel);
    if (known === undefined) {
      logger.warn("Posts wait for a channel that is not registered in this process.", {
        channel,
        registered: Object.keys(this.#kernel.channels),
      });
    }
    const look = Math.max(dueAt + PATIENCE_MS, known ?? 0);
    this.#nextLook.set(channel, look);
    return look;
  }

  /** Marks the posts that nobody has taken. Resolves to whether there were any. */
  async tick(): Promise<boolean> {
    const { clock } = this.#kernel.runtime;
    const now = clock.now();
    const due = [...this.#nextLook].filter(([, look]) => look <= now).map(([channel]) => channel);
    if (due.length === 0) return false;
    for (const channel of due) this.#nextLook.set(channel, now + PATIENCE_MS);
    const unserved = await selectUnserved(this.#kernel.db, due, now - PATIENCE_MS);
    for (const { workspaceId, since, ...post } of unserved) {
      const frame = { kernel: this.#kernel, workspaceId, actor: SYSTEM_ACTOR };
      await runUnit(frame, async (unit) => {
        if (await noteOnOpen(unit, post.id, { reason: CHANNEL_MISSING, since }))
          recordHeld(unit, post, CHANNEL_MISSING);
      });
    }
    return unserved.length > 0;
  }
}
