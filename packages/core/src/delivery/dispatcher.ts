/** The sending loop: whose turn it is, a batch for each lane, and rest where the channel, the budget or the clock asks for it. */
import PQueue from "p-queue";
import { loadCampaign } from "../campaigns/index.ts";
import { SYSTEM_ACTOR } from "../kernel/access.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Loop } from "../kernel/loop.ts";
import { runUnit } from "../kernel/unit.ts";
import type { MessageUrls } from "../ports/channel.ts";
import { messageUrls, type RegisteredLink, registerLinks } from "../tracking/index.ts";
import { type Batch, takeBatch } from "./batch.ts";
import { countClaims, firstLeaseEnd } from "./claims-store.ts";
import { COUNT_PARTS } from "./counts-store.ts";
import { restDispatch, selectNextTurns, selectTurn, type Turn } from "./dispatches-store.ts";
import { MissingChannels } from "./missing-channels.ts";
import { Patience } from "./patience.ts";
import { finishPost, holdPost } from "./post-state.ts";
import { type PostRow, selectPost } from "./posts-store.ts";
import { type PreparedEntry, PreparedPosts } from "./prepared-posts.ts";
import { RateGate } from "./rate.ts";
import { firstDueAt } from "./ready-store.ts";
import { reapClaims } from "./reaper.ts";
import { sendBatch } from "./sender.ts";

/** How this process sends. */
export interface DispatcherOptions {
  /** Batches at once. Two let one be claimed while another is sent. */
  readonly lanes: number;
  /** Deliveries in a batch. */
  readonly batchSize: number;
  /** How long a batch is held without a sign of life. */
  readonly leaseMs: number;
  /** How long one call may take before its outcome counts as unknown. */
  readonly sendTimeoutMs: number;
  /** How long a delivery waits after its first failed attempt; the wait doubles with each. */
  readonly retryBaseMs: number;
}

/** Batches that a lane sends in one round; bounds a round, so that other loops get their turn in `tick()`. */
const BATCHES_PER_ROUND = 8;
/** A post whose rows are all in other hands is looked at again after so long. */
const LOOK_AGAIN_MS = 1_000;
/** A post that could not be served rests so long; after so many failures in a row it is held. */
const FAILURE_REST_MS = 10_000;
const MAX_FAILURES = 5;

/** The delivery loop of one engine. */
export class Dispatcher implements Loop {
  readonly name = "delivery";
  readonly topic = "delivery";
  readonly #kernel: Kernel;
  readonly #options: DispatcherOptions;
  readonly #owner: string;
  readonly #part: number;
  readonly #prepared: PreparedPosts;
  readonly #patience: Patience;
  readonly #links = new WeakMap<PreparedEntry, Promise<readonly RegisteredLink[]>>();
  readonly #failures = new Map<string, number>();
  readonly #gates = new Map<string, RateGate>();
  readonly #calls = new Map<string, PQueue>();
  readonly #missing: MissingChannels;

  constructor(kernel: Kernel, options: DispatcherOptions) {
    this.#kernel = kernel;
    this.#options = options;
    this.#owner = kernel.runtime.ids.next();
    this.#part = Math.floor(kernel.runtime.random.next() * COUNT_PARTS);
    this.#prepared = new PreparedPosts(kernel);
    this.#missing = new MissingChannels(kernel);
    this.#patience = new Patience(kernel.runtime.clock, options.sendTimeoutMs);
    for (const [name, channel] of Object.entries(kernel.channels)) {
      const perSecond = channel.limits.perSecond ?? Number.POSITIVE_INFINITY;
      this.#gates.set(name, new RateGate(perSecond, kernel.runtime.clock.monotonic()));
      this.#calls.set(name, new PQueue({ concurrency: channel.limits.concurrency }));
    }
  }

  async tick(signal: AbortSignal): Promise<boolean> {
    const reaped = await reapClaims(this.#kernel, this.#options.leaseMs, this.#part);
    const missed = await this.#missing.tick();
    const lanes = Array.from({ length: this.#options.lanes }, (_, lane) =>
      this.#lane((this.#part + lane) % COUNT_PARTS, signal),
    );
    // Each lane ends before the round does: none is left sending behind the next one's back.
    const rounds = await Promise.allSettled(lanes);
    const failed = rounds.find((round) => round.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    return reaped || missed || rounds.some((round) => round.status === "fulfilled" && round.value);
  }

  async nextDueAt(): Promise<number | null> {
    const { clock } = this.#kernel.runtime;
    const monotonic = clock.monotonic();
    const due = (await selectNextTurns(this.#kernel.db)).flatMap(({ channel, at }) => {
      const gate = this.#gates.get(channel);
      if (gate !== undefined) return [Math.max(at, clock.now() + gate.waitMs(monotonic))];
      return [this.#missing.see(channel, at)];
    });
    const leaseEnd = await firstLeaseEnd(this.#kernel.db);
    if (leaseEnd !== null) due.push(leaseEnd + 1);
    return due.length === 0 ? null : Math.min(...due);
  }

  /** Lanes count in different parts, so that they never wait for each other. */
  async #lane(part: number, signal: AbortSignal): Promise<boolean> {
    let worked = false;
    for (let batch = 0; batch < BATCHES_PER_ROUND && !signal.aborted; batch++) {
      const turn = await this.#nextTurn();
      if (turn === null) return worked;
      worked = (await this.#serveSafely(turn, part, signal)) || worked;
    }
    return worked;
  }

  /** Who waits longest, on a channel that may send now. */
  async #nextTurn(): Promise<Turn | null> {
    const { clock } = this.#kernel.runtime;
    const monotonic = clock.monotonic();
    const open = [...this.#gates].filter(([, gate]) => gate.available(monotonic) >= 1).map(([name]) => name);
    return selectTurn(this.#kernel.db, clock.now(), open);
  }

  /** A post that can't be served steps back, so that the others have their turns; after several times it is held, for a person to look. */
  async #serveSafely(turn: Turn, part: number, signal: AbortSignal): Promise<boolean> {
    try {
      const moved = await this.#serve(turn, part, signal);
      this.#failures.delete(turn.postId);
      return moved;
    } catch (error) {
      const failures = (this.#failures.get(turn.postId) ?? 0) + 1;
      this.#failures.set(turn.postId, failures);
      this.#kernel.runtime.logger.error("A post could not be served.", {
        postId: turn.postId,
        failures,
        error: String(error),
      });
      await this.#unit(turn, async (unit) => {
        if (failures < MAX_FAILURES) return restDispatch(unit, turn.postId, unit.now + FAILURE_REST_MS);
        await holdPost(
          unit,
          { id: turn.postId, campaign_id: turn.campaignId, channel: turn.channel },
          "internal-error",
        );
      });
      return false;
    }
  }

  /** Serves one post once. Resolves to whether it moved. */
  async #serve(turn: Turn, part: number, signal: AbortSignal): Promise<boolean> {
    const { db } = this.#kernel;
    const post = await selectPost(db, turn.workspaceId, turn.postId);
    const campaign = await loadCampaign(db, turn.workspaceId, turn.campaignId);
    let entry: PreparedEntry;
    try {
      entry = await this.#prepared.get(post, campaign);
    } catch (error) {
      this.#kernel.runtime.logger.error("A post can't be prepared and is held.", {
        postId: post.id,
        error: String(error),
      });
      await this.#unit(turn, (unit) => holdPost(unit, post, "content-rejected"));
      return true;
    }
    // Before anything is claimed: what fails here leaves nothing in this worker's hands.
    const urlsFor = await this.#urls(post, entry);
    const gate = this.#gates.get(turn.channel);
    const allowed = Math.min(
      this.#options.batchSize,
      gate?.available(this.#kernel.runtime.clock.monotonic()) ?? 0,
    );
    if (allowed < 1) return false;
    gate?.take(allowed);
    const taken = await this.#unit(turn, (unit) =>
      takeBatch(unit, {
        post,
        campaign,
        channel: entry.channel,
        owner: this.#owner,
        leaseMs: this.#options.leaseMs,
        limit: allowed,
        part,
      }),
    );
    const used = taken.outcome === "batch" ? taken.batch.deliveries.length : 0;
    gate?.take(used - allowed);
    switch (taken.outcome) {
      case "batch":
        await this.#send(taken.batch, entry, urlsFor, part, signal);
        return true;
      case "none-eligible":
      case "no-budget":
        return true;
      case "closed":
        return false;
      case "nothing-due":
        return this.#rest(turn, post);
    }
  }

  async #send(
    batch: Batch,
    entry: PreparedEntry,
    urlsFor: (deliveryId: string) => MessageUrls,
    part: number,
    signal: AbortSignal,
  ): Promise<void> {
    const calls = this.#calls.get(batch.post.channel);
    if (calls === undefined) return;
    const { post, deliveries } = batch;
    const { clock } = this.#kernel.runtime;
    const gate = this.#gates.get(post.channel);
    const attributes = {
      "campaignkit.workspace": post.workspace_id,
      "campaignkit.campaign.id": post.campaign_id,
      "campaignkit.post.id": post.id,
      "campaignkit.channel": post.channel,
      "campaignkit.deliveries": deliveries.length,
    };
    await this.#kernel.telemetry.span("campaignkit.send", attributes, () =>
      sendBatch({
        kernel: this.#kernel,
        batch,
        entry,
        calls,
        urlsFor,
        leaseMs: this.#options.leaseMs,
        retryBaseMs: this.#options.retryBaseMs,
        patience: this.#patience,
        part,
        signal,
        slow: (ms) => gate?.rest(clock.monotonic() + ms),
        isResting: () => gate?.isResting(clock.monotonic()) ?? false,
      }),
    );
  }

  async #urls(post: PostRow, entry: PreparedEntry): Promise<(deliveryId: string) => MessageUrls> {
    const { tracking } = this.#kernel;
    const frame = {
      baseUrl: tracking.baseUrl,
      key: await tracking.signingKey(),
      links: tracking.baseUrl === null ? [] : await this.#linksOf(post, entry),
      capabilities: entry.channel.capabilities,
      honeypot: tracking.honeypot,
    };
    return (deliveryId) => messageUrls({ ...frame, deliveryId });
  }

  /** The post's links, registered before the first message that carries them. */
  #linksOf(post: PostRow, entry: PreparedEntry): Promise<readonly RegisteredLink[]> {
    const known = this.#links.get(entry);
    if (known !== undefined) return known;
    const frame = { kernel: this.#kernel, workspaceId: post.workspace_id, actor: SYSTEM_ACTOR };
    const registered = runUnit(frame, (unit) => registerLinks(unit, post.id, entry.prepared.links));
    this.#links.set(entry, registered);
    registered.catch(() => this.#links.delete(entry));
    return registered;
  }

  /** Nothing was due: the post is finished, or rests until its next row falls due. */
  #rest(turn: Turn, post: PostRow): Promise<boolean> {
    return this.#unit(turn, async (unit) => {
      const finish = await finishPost(unit, post, "open");
      if (finish !== "open") return finish === "finished";
      const dueAt = await firstDueAt(unit.db, post.id);
      const inHand = await countClaims(unit.db, unit.workspaceId, post.id);
      const again = unit.now + LOOK_AGAIN_MS;
      const until = dueAt === null || inHand > 0 ? Math.min(again, dueAt ?? again) : dueAt;
      await restDispatch(unit, post.id, until);
      return false;
    });
  }

  #unit<Result>(turn: Turn, work: Parameters<typeof runUnit<Result>>[1]): Promise<Result> {
    return runUnit({ kernel: this.#kernel, workspaceId: turn.workspaceId, actor: SYSTEM_ACTOR }, work);
  }
}
