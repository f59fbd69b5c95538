/** A channel whose far side follows a script and tells the truth about what it took. */
import {
  type AddressKind,
  type Channel,
  type ChannelCapabilities,
  type ChannelLimits,
  defineChannel,
  type Idempotency,
} from "@campaignkit/core";
import { FarSide } from "./far-side.ts";
import { prepareScripted } from "./prepare.ts";
import { configSchema, contentSchema } from "./schema.ts";
import type {
  Acceptance,
  LookupStep,
  ScriptedConfig,
  ScriptedContent,
  ScriptedMessage,
  SendAttempt,
  SendScript,
  SendStep,
} from "./script.ts";

/** What a scripted channel is. */
export interface ScriptedChannelOptions {
  /** `scripted` when absent. */
  readonly id?: string;
  readonly reach: "direct" | "public";
  /** For a direct channel; `email` when absent. */
  readonly address?: AddressKind;
  /** What each send does; all are accepted when absent, and after the end of a list. */
  readonly script?: SendScript;
  /** What each lookup does; the truth is told when absent, and after the end. */
  readonly lookupScript?: readonly LookupStep[];
  /** `none` when absent. With `native` the far side takes a repeated key for the same message; with `lookup` it can be asked. */
  readonly idempotency?: Idempotency;
  /** 16 at once and no rate when absent. */
  readonly limits?: ChannelLimits;
  readonly capabilities?: Partial<ChannelCapabilities>;
  /** What one message costs, in micros of the campaign's currency. */
  readonly costMicros?: number;
}

/** A scripted channel: a channel, and what its far side knows. */
export interface ScriptedChannel extends Channel<ScriptedContent, ScriptedConfig> {
  /** What the far side really took, in order, whatever it answered. */
  readonly accepted: readonly Acceptance[];
  /** Every call of `send`, in order. */
  readonly attempts: readonly SendAttempt[];
  /** The idempotency key of every lookup, in order. */
  readonly lookups: readonly string[];
  /** How many sends wait for `release`. */
  readonly held: number;
  /** How often `close` was called. */
  readonly closed: number;
  /** Lets held sends go on with that step ("accept" when absent): all, or as many as said, in the order they came. */
  release(step?: Exclude<SendStep, "hold">, count?: number): void;
  /** Resolves once that many sends are held. */
  untilHeld(count: number): Promise<void>;
}

/**
 * Makes a channel for tests: what its sends do follows a script, and what its far side really took is there to be counted.
 *
 * A step that takes time makes it pass on the virtual clock of `virtualTime`, so that time-outs and leases run out as they would.
 *
 * @throws {CONFIGURATION_INVALID} for a wrong id, limit or cost.
 *
 * @example
 * ```ts
 * import { scriptedChannel } from "@campaignkit/testing";
 *
 * const channel = scriptedChannel({ reach: "direct", script: [{ fail: "transient" }, { unknown: "accepted" }] });
 * // … send through an engine that was made with `channels: { test: channel }` …
 * console.log(channel.accepted.map(({ message }) => message.to?.address));
 * ```
 */
export function scriptedChannel(options: ScriptedChannelOptions): ScriptedChannel {
  const { reach, idempotency = "none", costMicros } = options;
  const direct = reach === "direct";
  const farSide = new FarSide({
    script: options.script ?? [],
    lookupScript: options.lookupScript ?? [],
    native: idempotency === "native",
  });
  let closed = 0;
  const channel = defineChannel<
    ScriptedContent,
    ScriptedContent,
    ScriptedConfig,
    ScriptedConfig,
    ScriptedMessage
  >({
    id: options.id ?? "scripted",
    reach,
    ...(direct ? { address: options.address ?? "email" } : {}),
    content: contentSchema,
    config: configSchema,
    capabilities: { links: true, opens: direct, unsubscribe: direct, ...options.capabilities },
    limits: options.limits ?? { concurrency: 16 },
    idempotency,
    ...(costMicros === undefined ? {} : { costMicros }),
    prepare: prepareScripted,
    send: (message, context) => farSide.send(message, context),
    ...(idempotency === "lookup" ? { lookup: (key: string) => farSide.lookup(key) } : {}),
    preview: ({ text }) => ({ text }),
    close: async () => {
      closed += 1;
    },
  });
  return {
    ...channel,
    get accepted() {
      return farSide.accepted;
    },
    get attempts() {
      return farSide.attempts;
    },
    get lookups() {
      return farSide.lookups;
    },
    get held() {
      return farSide.held;
    },
    get closed() {
      return closed;
    },
    release: (step = "accept", count = Number.POSITIVE_INFINITY) => farSide.release(step, count),
    untilHeld: (count) => farSide.untilHeld(count),
  };
}
