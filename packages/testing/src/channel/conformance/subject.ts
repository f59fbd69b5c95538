/** What the channel conformance kit is pointed at. */
import type { Channel, ChannelFailureKind } from "@campaignkit/core";

/** What the far side does to the next send. */
export type ChannelFault =
  /** Says no, in a way that leaves no doubt. */
  | "refuse"
  /** Can't be reached at all. */
  | "unreachable"
  /** Breaks the connection after the message may have arrived, and does not take it. */
  | "die-before-accepting"
  /** Takes the message and breaks the connection before it says so. */
  | "die-after-accepting"
  /** Never answers. */
  | "hang";

/** A channel with its far side, for one case. */
export interface OpenChannel {
  /** As a host makes it. */
  readonly channel: Channel;
  /** How many messages the far side has truly taken so far. Wait in it for what is on its way, if need be. */
  accepted(): number | Promise<number>;
  /** Makes the far side do that to the next send, once. Needed for the subject's `faults`. */
  arrange?(fault: ChannelFault): void | Promise<void>;
  /** Ends the far side. Called after every case, also after a failed one. */
  dispose(): void | Promise<void>;
}

/** A channel to be tested: how it is made, and samples of its content. */
export interface ChannelSubject {
  /** For people, such as `email over SMTP`. */
  readonly name: string;
  /** Makes a fresh channel with a far side that works. */
  open(): OpenChannel | Promise<OpenChannel>;
  /** Content as a host writes it. */
  readonly content: {
    /** At least one; the first is used throughout. */
    readonly valid: readonly [unknown, ...unknown[]];
    /** At least one, with the path that must be named. */
    readonly invalid: readonly [InvalidSample, ...InvalidSample[]];
  };
  /** Config as a campaign gives it, beside `{}`. */
  readonly config?: { readonly valid?: readonly unknown[]; readonly invalid?: readonly InvalidSample[] };
  /** Content with links, where the channel has them: the addresses as written, in the order of their index. */
  readonly linked?: { readonly content: unknown; readonly links: readonly string[] };
  /** Content that needs fields which the recipient of the kit lacks, where the channel merges any. */
  readonly missing?: {
    readonly content: unknown;
    readonly fields: readonly string[];
    readonly policy: "skip" | "fail";
  };
  /** The kit's recipient is `ann@shop.example`, or `+491701234567` on a phone channel; this one replaces the address. */
  readonly address?: string;
  /** What `arrange` can do. Faults that are not here are listed as skipped. */
  readonly faults?: readonly ChannelFault[];
  /** The kinds a refusal by `refuse` may have; any when absent. */
  readonly refusals?: readonly ChannelFailureKind[];
  /** Texts that must never be seen in an error or a log: passwords, keys, tokens. */
  readonly secrets?: readonly string[];
}

/** Content or config that the schema must refuse. */
export interface InvalidSample {
  readonly value: unknown;
  /** Where the problem is. */
  readonly path: readonly (string | number)[];
}
