/** What a scripted send does, as data. */
import type { ChannelFailureKind } from "@campaignkit/core";
import type { Duration } from "../time/duration.ts";

/** How one send goes. Every step but `hold` can take time, which passes on a virtual clock by itself. */
export type SendStep =
  /** The far side takes the message. */
  | "accept"
  | {
      readonly accept: {
        readonly url?: string;
        readonly costMicros?: number;
        readonly raw?: unknown;
      };
      readonly takes?: Duration;
    }
  /** It refuses: a `ChannelError` of that kind, and nothing went out. */
  | { readonly fail: ChannelFailureKind; readonly retryAfterMs?: number; readonly takes?: Duration }
  /** The connection dies with the outcome unknown; in truth the message was `accepted`, or `lost`. */
  | { readonly unknown: "accepted" | "lost"; readonly takes?: Duration }
  /** No answer comes until the caller gives up; in truth the message was `accepted` at once, or `lost`. */
  | { readonly hang: "accepted" | "lost" }
  /** The channel's code breaks: it throws that, as it is. */
  | { readonly crash: unknown; readonly takes?: Duration }
  /** It waits for the test, which goes on with `channel.release()`. */
  | "hold";

/** A send about to happen, as a script that is a function sees it. */
export interface SendAttempt {
  readonly idempotencyKey: string;
  /** Among all sends of the channel, from 1. */
  readonly number: number;
  /** Among the sends with this key, from 1. */
  readonly attempt: number;
  readonly message: ScriptedMessage;
}

/** What comes next: a list, used up in the order of the sends and followed by "accept", or a decision per send. */
export type SendScript = readonly SendStep[] | ((attempt: SendAttempt) => SendStep);

/** How one question after an unknown outcome goes: the truth, or no answer. */
export type LookupStep = "answer" | { readonly fail: ChannelFailureKind; readonly retryAfterMs?: number };

/** A rendered message of the scripted channel. */
export interface ScriptedMessage {
  /** `null` on a public channel. */
  readonly to: { readonly contactId: string; readonly address: string } | null;
  /** Merged, with tracked links in place. */
  readonly text: string;
  /** The links as they stand in the text, by index. */
  readonly links: readonly string[];
  readonly openUrl: string | null;
  readonly unsubscribeUrl: string | null;
  /** The preference centre. */
  readonly preferencesUrl: string | null;
  readonly campaignId: string;
}

/** A message that the far side took. */
export interface Acceptance {
  readonly idempotencyKey: string;
  readonly externalId: string;
  readonly at: Date;
  readonly message: ScriptedMessage;
  /** The campaign's config for the channel. */
  readonly config: ScriptedConfig;
}

/** What a post on the scripted channel says. */
export interface ScriptedContent {
  /** Links in it are found; `{{ firstName }}`, `{{ lastName }}`, `{{ address }}` and the contact's attributes are merged in. */
  readonly text: string;
  /** What to do when a contact lacks a field: leave the contact out (the default), fail, or merge nothing. */
  readonly whenMissing?: "skip" | "fail" | "blank";
}

/** Settings that a campaign can give the scripted channel. */
export interface ScriptedConfig {
  /** Kept with each acceptance, to see which settings arrived. */
  readonly label?: string;
}
