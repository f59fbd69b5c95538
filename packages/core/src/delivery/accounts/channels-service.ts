/** `kit.channels`: how the accounts do that all workspaces send on. */
import type { Kernel } from "../../kernel/kernel.ts";
import type { Scope } from "../../kernel/scope.ts";
import { notFound } from "../../kernel/validate.ts";
import { type Account, type AccountState, blockedUntil } from "./account.ts";
import { probeNow, selectAccounts } from "./accounts-store.ts";
import { dayAt } from "./day.ts";
import { selectUsed } from "./days-store.ts";
import { rateAt } from "./slowdown.ts";

/** How a channel's account does. */
export interface ChannelHealth {
  /** The host's name of it. */
  readonly channel: string;
  readonly state: AccountState;
  /** Since when it is suspended. */
  readonly suspendedAt: Date | null;
  /** Nobody sends on it before then: it is suspended or being probed, or the far side has asked for rest. */
  readonly blockedUntil: Date | null;
  /** Failures in a row that were the account's, not one message's; what the last was, and in the far side's words. */
  readonly failures: number;
  readonly failure: string | null;
  readonly error: string | null;
  /** How many messages may be started per second now, less than `perSecond` for a while after the far side has throttled; `null`: no limit. */
  readonly ratePerSecond: number | null;
  /** What of today's limit is used; `null`: it has none. */
  readonly today: ChannelDay | null;
}

/** A day of a channel with a daily limit. */
export interface ChannelDay {
  /** `YYYY-MM-DD` in the limit's zone. */
  readonly day: string;
  /** Sent, or in workers' hands. */
  readonly used: number;
  /** `null`: the plan names none for the day. */
  readonly limit: number | null;
  readonly nextDayAt: Date;
}

/** The channels of the host, as accounts. Made over the engine's own scope: they belong to no workspace. */
export class ChannelsService {
  readonly #scope: Scope;

  /** @internal */
  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /**
   * How the account of each of this process's channels does, by what all processes know.
   *
   * @throws {STORAGE_FAILED} {SCHEMA_OUTDATED} {ENGINE_STOPPED}
   *
   * @example
   * ```ts
   * import type { CampaignKit } from "@campaignkit/core";
   *
   * export async function troubles(kit: CampaignKit) {
   *   const health = await kit.channels.health();
   *   return health.filter(({ state }) => state !== "working").map(({ channel, failure, error }) => `${channel}: ${failure} (${error})`);
   * }
   * ```
   */
  health(): Promise<readonly ChannelHealth[]> {
    const { kernel } = this.#scope;
    return this.#scope.read("delivery:read", async (db) => {
      const accounts = await selectAccounts(db);
      const now = kernel.runtime.clock.now();
      const health: ChannelHealth[] = [];
      for (const [name, { limits }] of Object.entries(kernel.channels)) {
        const account = accounts.get(name);
        const day = limits.perDay === undefined ? null : await dayAt(db, name, limits.perDay, now);
        health.push({
          ...healthOf(kernel, name, account, now),
          today:
            day === null
              ? null
              : {
                  day: day.day,
                  used: await selectUsed(db, day),
                  limit: Number.isFinite(day.limit) ? day.limit : null,
                  nextDayAt: new Date(day.nextAt),
                },
        });
      }
      return health;
    });
  }

  /**
   * Lets a suspended account be probed at once, after it was mended: a few messages go out, and when they are answered the rest follows. `false`
   * when it is not suspended. A post that is held because of `auth` needs `posts.resume` besides.
   *
   * @throws {NOT_FOUND} this process has no such channel. {STORAGE_FAILED} {ENGINE_STOPPED}
   *
   * @example
   * ```ts
   * import type { CampaignKit } from "@campaignkit/core";
   *
   * export async function passwordWasRenewed(kit: CampaignKit) {
   *   return kit.channels.probe("newsletter");
   * }
   * ```
   */
  async probe(channel: string): Promise<boolean> {
    if (!Object.hasOwn(this.#scope.kernel.channels, channel)) throw notFound("channel", channel);
    return this.#scope.write("delivery:operate", async (unit) => {
      unit.wakeAfterCommit("delivery");
      return probeNow(unit.db, channel, unit.now);
    });
  }
}

function healthOf(
  kernel: Kernel,
  channel: string,
  account: Account | undefined,
  now: number,
): Omit<ChannelHealth, "today"> {
  const full = kernel.channels[channel]?.limits.perSecond ?? Number.POSITIVE_INFINITY;
  const rate = rateAt(full, account?.slowdown ?? null, now);
  const until = account === undefined ? null : blockedUntil(account, now);
  const suspendedAt = account?.suspendedAt ?? null;
  return {
    channel,
    state: account?.state ?? "working",
    suspendedAt: suspendedAt === null ? null : new Date(suspendedAt),
    blockedUntil: until === null ? null : new Date(until),
    failures: account?.failures ?? 0,
    failure: account?.failure ?? null,
    error: account?.error ?? null,
    ratePerSecond: Number.isFinite(rate) ? rate : null,
  };
}
