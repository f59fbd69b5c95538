/** The sending loop: whose turn it is, a batch for each lane, and rest where the channel's account, the budget or the clock asks for it. */
import PQueue from "p-queue";
import { type Campaign, loadCampaign } from "../campaigns/index.ts";
import { SYSTEM_ACTOR } from "../kernel/access.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Loop } from "../kernel/loop.ts";
import { runUnit } from "../kernel/unit.ts";
import type { MessageUrls } from "../ports/channel.ts";
import { CampaignKitError } from "../ports/errors.ts";
import { messageUrls, type RegisteredLink, registerLinks, returnTokens } from "../tracking/index.ts";
import { PROBE_SIZE } from "./accounts/account.ts";
import { Governor } from "./accounts/governor.ts";
import { Starts } from "./accounts/starts.ts";
import { errorText } from "./answer.ts";
import { type Batch, takeBatch } from "./batch.ts";
import { firstLeaseEnd } from "./claims-store.ts";
import { COUNT_PARTS } from "./counts-store.ts";
import { restDispatch } from "./dispatches-store.ts";
import { MissingChannels } from "./missing-channels.ts";
import { Patience } from "./patience.ts";
import { holdPost } from "./post-state.ts";
import { type PostRow, selectPost } from "./posts-store.ts";
import { type PreparedEntry, PreparedPosts } from "./prepared-posts.ts";
import { reapClaims } from "./reaper.ts";
import { restPost } from "./rest-post.ts";
import { type SendFrame, sendBatch } from "./sender.ts";
import { type Candidate, Turns } from "./turns.ts";
import { selectCandidates, selectNextTurns } from "./turns-store.ts";

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
/** A post that could not be served rests so long; after so many failures in a row it is held. */
const FAILURE_REST_MS = 10_000;
const MAX_FAILURES = 5;

/** A post that is served, under the number of its turn. */
type Turn = Candidate;

/** A batch on its way out. */
interface Sending {
  readonly batch: Batch;
  readonly entry: PreparedEntry;
  readonly names: Pick<SendFrame, "urlsFor" | "returnsFor">;
  readonly part: number;
  /** Whether it probes a suspended account. */
  readonly suspended: boolean;
  /** How many starts were granted for it, and when that was asked, on the monotonic clock. */
  readonly allowed: number;
  readonly askedAt: number;
}

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
  readonly #governor: Governor;
  readonly #turns = new Turns();
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
    this.#governor = new Governor(kernel);
    for (const [name, { limits }] of Object.entries(kernel.channels))
      this.#calls.set(name, new PQueue({ concurrency: limits.concurrency }));
  }

  async tick(signal: AbortSignal): Promise<boolean> {
    const reaped = await reapClaims(this.#kernel, this.#options.leaseMs, this.#part);
    const missed = await this.#missing.tick();
    await this.#governor.refresh();
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
    await this.#governor.refresh();
    const due = (await selectNextTurns(this.#kernel.db)).map(({ channel, at }) => {
      const freeAt = this.#governor.freeAt(channel);
      return freeAt === null ? this.#missing.see(channel, at) : Math.max(at, freeAt);
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
    const now = this.#kernel.runtime.clock.now();
    const chosen = this.#turns.choose(await selectCandidates(this.#kernel.db, now, this.#governor.open()));
    return chosen === null ? null : { ...chosen, turn: this.#turns.give(chosen, now) };
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

  /** A post that can't be prepared is held for a person to look at; where the channel was only away, or slow, it is tried again. */
  async #holdUnprepared(turn: Turn, post: PostRow, error: unknown): Promise<boolean> {
    const kind = CampaignKitError.is(error, "CHANNEL_FAILED") ? error.details.kind : null;
    if (kind === "transient" || kind === "rate-limited") throw error;
    this.#kernel.runtime.logger.error("A post can't be prepared and is held.", {
      postId: post.id,
      error: errorText(error),
    });
    await this.#unit(turn, (unit) => holdPost(unit, post, kind === "auth" ? "auth" : "content-rejected"));
    return true;
  }

  /** Serves one post once. Resolves to whether it moved. */
  async #serve(turn: Turn, part: number, signal: AbortSignal): Promise<boolean> {
    const { db } = this.#kernel;
    const post = await selectPost(db, turn.workspaceId, turn.postId);
    const campaign = await loadCampaign(db, turn.workspaceId, turn.campaignId);
    let entry: PreparedEntry;
    try {
      entry = await this.#patience.bound(() => this.#prepared.get(post, campaign));
    } catch (error) {
      return this.#holdUnprepared(turn, post, error);
    }
    // Before anything is claimed: what fails here leaves nothing in this worker's hands.
    const urlsFor = await this.#urls(post, entry);
    const key = await this.#kernel.tracking.signingKey();
    const { channel, suspended } = turn;
    if (
      suspended &&
      !(await this.#governor.probe(channel, this.#options.sendTimeoutMs + this.#options.leaseMs))
    )
      return false;
    const askedAt = this.#kernel.runtime.clock.monotonic();
    const allowed = await this.#governor.grant(
      channel,
      suspended ? Math.min(PROBE_SIZE, this.#options.batchSize) : this.#options.batchSize,
    );
    const taken =
      allowed < 1
        ? null
        : await this.#unit(turn, (unit) =>
            takeBatch(unit, {
              post,
              campaign,
              channel: entry.channel,
              owner: this.#owner,
              leaseMs: this.#options.leaseMs,
              limit: allowed,
              part,
              turn: turn.turn,
            }),
          );
    if (taken?.outcome === "batch") {
      const returnsFor = (deliveryId: string) => returnTokens(key, deliveryId);
      const names = { urlsFor, returnsFor };
      await this.#send({ batch: taken.batch, entry, names, part, suspended, allowed, askedAt }, signal);
      return true;
    }
    await this.#governor.giveBack(channel, allowed);
    if (suspended) await this.#governor.takeIn(channel, this.#governor.report(channel, true), true);
    if (taken === null || taken.outcome === "closed") return false;
    return taken.outcome === "nothing-due" ? this.#rest(turn, post, campaign) : true;
  }

  async #send(
    { batch, entry, names, part, suspended, allowed, askedAt }: Sending,
    signal: AbortSignal,
  ): Promise<void> {
    const { post, deliveries } = batch;
    const { channel } = post;
    const calls = this.#calls.get(channel);
    if (calls === undefined) return;
    const governor = this.#governor;
    await governor.giveBack(channel, allowed - deliveries.length);
    const report = governor.report(channel, suspended);
    const starts = new Starts(governor, this.#kernel.runtime.clock, {
      channel,
      granted: deliveries.length,
      askedAt,
    });
    governor.started(channel, deliveries.length);
    const told: Promise<void>[] = [];
    const attributes = {
      "campaignkit.workspace": post.workspace_id,
      "campaignkit.campaign.id": post.campaign_id,
      "campaignkit.post.id": post.id,
      "campaignkit.channel": channel,
      "campaignkit.deliveries": deliveries.length,
    };
    await this.#kernel.telemetry.span("campaignkit.send", attributes, () =>
      sendBatch({
        kernel: this.#kernel,
        batch,
        entry,
        calls,
        ...names,
        leaseMs: this.#options.leaseMs,
        retryBaseMs: this.#options.retryBaseMs,
        patience: this.#patience,
        part,
        signal,
        starts,
        report,
        slow: (ms) => void told.push(this.#tell(channel, governor.rest(channel, ms))),
        isResting: () => governor.isResting(channel),
      }),
    );
    await Promise.all(told);
    await this.#tell(channel, starts.end());
    await this.#tell(channel, governor.takeIn(channel, report, suspended));
  }

  /** What others are told of the account is not worth a post's failure. */
  async #tell(channel: string, telling: Promise<void>): Promise<void> {
    await telling.catch((error: unknown) =>
      this.#kernel.runtime.logger.warn("What was learned of a channel's account could not be written.", {
        channel,
        error: String(error),
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
  #rest(turn: Turn, post: PostRow, campaign: Campaign): Promise<boolean> {
    return this.#unit(turn, (unit) => restPost(unit, post, campaign));
  }

  #unit<Result>(turn: Turn, work: Parameters<typeof runUnit<Result>>[1]): Promise<Result> {
    return runUnit({ kernel: this.#kernel, workspaceId: turn.workspaceId, actor: SYSTEM_ACTOR }, work);
  }
}
