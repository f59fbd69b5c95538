/**
 * The governor of this process: what each channel's account may do now, agreed with all other processes through the database.
 *
 * An account without limits and without trouble costs no statement of its own. One with a rate is granted its starts by a statement for each
 * batch; what a process learns of trouble it writes once for each batch.
 */
import { SYSTEM_ACTOR } from "../../kernel/access.ts";
import { ENGINE_WORKSPACE } from "../../kernel/jobs/schedules.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { runUnit, type Unit } from "../../kernel/unit.ts";
import type { ChannelLimits } from "../../ports/channel.ts";
import {
  type Account,
  AccountReport,
  blockedUntil,
  FailureStreak,
  LONGEST_REST_MS,
  SUSPEND_AFTER,
} from "./account.ts";
import {
  blockAccount,
  clearFailures,
  countFailures,
  type GrantRequest,
  grantStarts,
  insertAccount,
  probeNow,
  prolongSuspension,
  resumeAccount,
  returnStarts,
  selectAccounts,
  selectNextGrant,
  suspendAccount,
  takeProbe,
} from "./accounts-store.ts";
import { PaceMeter } from "./pace-meter.ts";
import { rateAt, slowDown } from "./slowdown.ts";

const SECOND_MICROS = 1_000_000;
/** A quarter of a second's starts are granted at once, or none: batches of one message would be all transactions. */
const LEAST_GRANT_SHARE = 0.25;
/** A start that was granted is made within so long, or asked for again. */
export const GRANT_LIFE_MS = 1_000;
/** The shortest rest: a far side that throttles without a word of how long. */
const LEAST_REST_MS = 1_000;

/** What this process knows of one channel. */
interface Known {
  readonly limits: ChannelLimits;
  readonly meter: PaceMeter;
  readonly streak: FailureStreak;
  /** As it was when the round began, or as this process has changed it since. */
  account: Account | null;
  /** No start is granted before then, on the monotonic clock. */
  nextGrantAt: number;
  /** How often starts were given back. */
  returns: number;
  /** The far side asked this process for rest until then, on the monotonic clock. */
  restsUntil: number;
}

/** The accounts of the channels that this process has. */
export class Governor {
  readonly #kernel: Kernel;
  readonly #known = new Map<string, Known>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    for (const [name, { limits }] of Object.entries(kernel.channels)) {
      const counted = { meter: new PaceMeter(), streak: new FailureStreak() };
      this.#known.set(name, { limits, ...counted, account: null, nextGrantAt: 0, returns: 0, restsUntil: 0 });
    }
  }

  /** Looks at how the accounts do; once a round. */
  async refresh(): Promise<void> {
    const accounts = await selectAccounts(this.#kernel.db);
    for (const [name, known] of this.#known) learn(known, accounts.get(name));
  }

  /** The channels of which something may be started now, as far as is known here. */
  open(): readonly string[] {
    const now = this.#kernel.runtime.clock.now();
    return [...this.#known.keys()].filter((name) => this.#freeAt(name, now) <= now);
  }

  /** When something may be started on the channel; now, or later. `null` for a channel that this process does not have. */
  freeAt(channel: string): number | null {
    return this.#known.has(channel) ? this.#freeAt(channel, this.#kernel.runtime.clock.now()) : null;
  }

  #freeAt(channel: string, now: number): number {
    const known = this.#known.get(channel);
    if (known === undefined) return now;
    const rest = Math.max(known.nextGrantAt, known.restsUntil) - this.#kernel.runtime.clock.monotonic();
    const blocked = known.account === null ? null : blockedUntil(known.account, now);
    return Math.max(now, blocked ?? now, now + Math.max(0, Math.ceil(rest)));
  }

  /** Whether the far side has asked this process for rest: also what has been taken out must wait. */
  isResting(channel: string): boolean {
    return (this.#known.get(channel)?.restsUntil ?? 0) > this.#kernel.runtime.clock.monotonic();
  }

  /** Up to that many starts, to be made within `GRANT_LIFE_MS`. */
  async grant(channel: string, count: number): Promise<number> {
    const known = this.#known.get(channel);
    if (known === undefined) return 0;
    const request = this.#request(channel, known, count);
    if (request === null) return count;
    const { db } = this.#kernel;
    if (known.account === null) await this.#makeKnown(channel, known);
    const { returns } = known;
    const granted = await grantStarts(db, request);
    if (granted > 0) return granted;
    // The clock of whoever was granted the last share may be ahead of this one.
    const next = await selectNextGrant(db, request);
    const longest = (request.intervalMicros * request.least) / 1_000 + 1_000;
    const waitMs = Math.min(Math.max(next - request.now, 1), longest);
    // Another batch of this process may have given back meanwhile what it had been granted.
    if (known.returns === returns) known.nextGrantAt = this.#kernel.runtime.clock.monotonic() + waitMs;
    return 0;
  }

  /** Gives starts back that were granted a moment ago and will not be made. */
  async giveBack(channel: string, count: number): Promise<void> {
    const known = this.#known.get(channel);
    if (known === undefined || count <= 0) return;
    const request = this.#request(channel, known, count);
    if (request === null) return;
    await returnStarts(this.#kernel.db, request);
    known.returns += 1;
    known.nextGrantAt = 0;
  }

  #request(channel: string, known: Known, count: number): GrantRequest | null {
    const now = this.#kernel.runtime.clock.now();
    const perSecond = rateAt(fullRate(known), known.account?.slowdown ?? null, now);
    if (perSecond === Number.POSITIVE_INFINITY) return null;
    // Rounded up: never faster than the limit.
    const intervalMicros = Math.ceil(SECOND_MICROS / perSecond);
    const least = Math.min(count, Math.max(1, Math.floor(perSecond * LEAST_GRANT_SHARE)));
    return {
      channel,
      now,
      intervalMicros,
      burstMicros: Math.max(SECOND_MICROS, intervalMicros),
      count,
      least,
    };
  }

  async #makeKnown(channel: string, known: Known): Promise<void> {
    await insertAccount(this.#kernel.db, channel);
    learn(known, (await selectAccounts(this.#kernel.db)).get(channel));
  }

  /** Counts messages that were started, so that a throttled account without a limit can be slowed down from what it did. */
  started(channel: string, count: number): void {
    this.#known.get(channel)?.meter.add(count, this.#kernel.runtime.clock.monotonic());
  }

  /** The far side asked for rest: this process rests at once, the others from their next turn on. */
  rest(channel: string, ms: number): Promise<void> {
    const known = this.#known.get(channel);
    if (known === undefined) return Promise.resolve();
    const { clock } = this.#kernel.runtime;
    const restMs = Math.min(Math.max(ms, LEAST_REST_MS), LONGEST_REST_MS);
    const monotonic = clock.monotonic();
    if (known.restsUntil >= monotonic + restMs) return Promise.resolve();
    const first = known.restsUntil <= monotonic;
    known.restsUntil = monotonic + restMs;
    const now = clock.now();
    const present = known.account?.slowdown ?? null;
    const slowdown = first
      ? slowDown(fullRate(known), present, known.meter.perSecond(monotonic), now)
      : present;
    if (slowdown === null) return Promise.resolve();
    return this.#write(channel, known, async (unit) => {
      await insertAccount(unit.db, channel);
      await blockAccount(unit.db, channel, { now, until: now + restMs, slowdown });
    });
  }

  /** For the attempts of one batch, which may be a probe of a suspended account. */
  report(channel: string, probes: boolean): AccountReport {
    const { limits, streak = new FailureStreak() } = this.#known.get(channel) ?? {};
    return new AccountReport(streak, { limit: limits?.suspendAfter ?? SUSPEND_AFTER, probes });
  }

  /** Takes the probe of a suspended account; `false` when another process has it. */
  async probe(channel: string, forMs: number): Promise<boolean> {
    const now = this.#kernel.runtime.clock.now();
    const taken = await takeProbe(this.#kernel.db, channel, { now, until: now + forMs });
    // How long the last pause was, or that another process has the probe.
    await this.refresh();
    return taken;
  }

  /** Takes in what a batch said about the account. A few statements at most, and none when all is well. */
  async takeIn(channel: string, report: AccountReport, probed: boolean): Promise<void> {
    const known = this.#known.get(channel);
    if (known === undefined) return;
    try {
      await (probed ? this.#endProbe(channel, known, report) : this.#tell(channel, known, report));
    } finally {
      // Not before the others can know of them, or a second batch of this process would begin to count anew; and also when that could not be
      // written, or this process would never start anything again.
      known.streak.tell(report.streak);
    }
  }

  async #tell(channel: string, known: Known, report: AccountReport): Promise<void> {
    const { last, streak } = report;
    if (last !== null && streak > 0) {
      const limit = known.limits.suspendAfter ?? SUSPEND_AFTER;
      return this.#write(channel, known, async (unit) => {
        await insertAccount(unit.db, channel);
        const failures = await countFailures(unit.db, channel, {
          count: streak,
          anew: report.cleared,
          ...last,
        });
        if (failures < limit) return;
        const until = await suspendAccount(unit.db, channel, { now: unit.now, limit });
        if (until === null) return;
        unit.record("channel.suspended", {
          subject: { type: "channel", id: channel },
          data: { channel, failure: last.failure, failures, until },
        });
      });
    }
    if (report.cleared && (known.account?.failures ?? 0) > 0 && known.account?.state === "working")
      await this.#write(channel, known, (unit) => clearFailures(unit.db, channel));
  }

  #endProbe(channel: string, known: Known, report: AccountReport): Promise<void> {
    const { account } = known;
    const rest = Math.max(0, known.restsUntil - this.#kernel.runtime.clock.monotonic());
    return this.#write(channel, known, async (unit) => {
      if (report.answered && report.streak === 0) {
        if (!(await resumeAccount(unit.db, channel, unit.now + rest))) return;
        unit.record("channel.resumed", { subject: { type: "channel", id: channel }, data: { channel } });
        unit.wakeAfterCommit("delivery");
      } else if (report.last !== null && account !== null) {
        await prolongSuspension(unit.db, account, { now: unit.now, ...report.last });
      } else {
        await probeNow(unit.db, channel, unit.now);
      }
    });
  }

  /** Writes, and looks at what has come of it. */
  async #write(channel: string, known: Known, work: (unit: Unit) => Promise<void>): Promise<void> {
    const kernel = this.#kernel;
    await runUnit({ kernel, workspaceId: ENGINE_WORKSPACE, actor: SYSTEM_ACTOR }, work);
    learn(known, (await selectAccounts(kernel.db)).get(channel));
  }
}

function learn(known: Known, account: Account | undefined): void {
  known.account = account ?? null;
  const { failures = 0, state = "working" } = account ?? {};
  // One more must always be tried: only a failure is told, and only what is told suspends.
  const most = (known.limits.suspendAfter ?? SUSPEND_AFTER) - 1;
  known.streak.learn({ failures: Math.min(failures, most), suspended: state !== "working" });
}

function fullRate({ limits }: Known): number {
  return limits.perSecond ?? Number.POSITIVE_INFINITY;
}
