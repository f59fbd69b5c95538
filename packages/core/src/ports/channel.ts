/**
 * The channel port: a way out to people, contributed by a plug-in.
 *
 * A post is prepared once per version (templates compiled, links found), rendered for each recipient, and sent.
 */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { InboundMail } from "./inbound.ts";
import type { Clock, Logger } from "./runtime.ts";

/** Which of a contact's addresses a direct channel sends to. */
export type AddressKind = "email" | "phone";

/** What a channel can do, beyond sending. */
export interface ChannelCapabilities {
  /** Renders HTML whose links can be tracked. */
  readonly links: boolean;
  /** Can show that a message was opened (a pixel). */
  readonly opens: boolean;
  /** Carries a one-click unsubscribe of its own (RFC 8058 or the network's equal). */
  readonly unsubscribe: boolean;
}

/**
 * How hard a channel's account may be driven. The account is the channel's name in the host: all workspaces share it, and all processes on
 * the same database. All of them must be given the same limits.
 */
export interface ChannelLimits {
  /** Messages in flight at once, per process. */
  readonly concurrency: number;
  /**
   * Messages started per second, over all processes together; unbounded when absent. In any span of `s` seconds at most `perSecond × (s + 2)`
   * are started: a second's worth at once after a rest, and each within a second of being granted.
   */
  readonly perSecond?: number;
  /** Messages a day, over all processes together; unbounded when absent. */
  readonly perDay?: DailyLimit;
  /** After so many failures in a row that are the account's, not one message's, the channel is suspended for a while; 20 when absent. */
  readonly suspendAfter?: number;
}

/** How many messages an account may send in a day. What does not fit goes out on the next. */
export interface DailyLimit {
  /** The IANA zone whose days are meant. */
  readonly timeZone: string;
  /** At most so many on any day; unbounded when absent. */
  readonly max?: number;
  /** Fewer on the first days of a new account. */
  readonly warmUp?: WarmUp;
}

/** How a new account is warmed up: mailbox providers distrust a sender who starts with a flood. */
export interface WarmUp {
  /** How many on the first day, the second, and so on; at least one day. */
  readonly days: readonly number[];
  /** After these, so many times as many as on the day before, until `max` is reached; when absent the warm-up is over then. */
  readonly growth?: number;
  /** The first day, `YYYY-MM-DD`; when absent, the day of the account's first message. */
  readonly startsOn?: string;
}

/**
 * What happens when the same message is sent twice with the same idempotency key.
 *
 * - `native`: the far side sends it once; repeating is safe.
 * - `lookup`: `lookup` can tell whether it went out.
 * - `none`: neither; an unknown outcome stays `uncertain` unless the host's policy says to retry.
 */
export type Idempotency = "native" | "lookup" | "none";

/** The person a message is for. */
export interface Recipient {
  readonly contactId: string;
  readonly address: string;
  readonly externalId: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly locale: string | null;
  readonly timeZone: string | null;
  /** The workspace's typed attributes of the contact. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The tracked and signed URLs of one message. `null` where tracking is off or the host gave no base URL. */
export interface MessageUrls {
  /**
   * Wraps the link number `index` of the prepared post's `links`. `url` is the address after merging; it is what the person
   * reaches. Returns `url` itself where links are not tracked.
   */
  click(index: number, url: string): string;
  /** The open pixel. */
  readonly open: string | null;
  /** The one-click unsubscribe endpoint (RFC 8058: POST acts, GET shows a page). */
  readonly unsubscribe: string | null;
  /** The preference centre, for a link in the message that is not wrapped. */
  readonly preferences: string | null;
  /** An invisible link, where the host wants one: a message in HTML holds it where no person sees, hears or reaches it. */
  readonly honeypot?: string | null;
}

/**
 * Signed names of one delivery, for the addresses by which mail about it comes back. Each is 47 of the characters `a-z` and `2-7`, good in any
 * case, and for its purpose alone.
 */
export interface ReturnTokens {
  /** For the envelope sender (VERP): a bounce that comes to such an address is one of this delivery. */
  readonly bounce: string;
  /** For the address in List-Unsubscribe: a mail to it withdraws the consent. */
  readonly unsubscribe: string;
  /** For the message's id: a report that quotes the message tells by it which delivery it is about. */
  readonly message: string;
}

/** What a prepared post is rendered with. */
export interface RenderContext {
  /** `null` for a public channel. */
  readonly recipient: Recipient | null;
  readonly campaign: { readonly id: string; readonly name: string };
  readonly urls: MessageUrls;
  /** Absent in previews and tests, which belong to no delivery. */
  readonly returns?: ReturnTokens;
  /** A UUID, stable for this delivery across retries: use it for message ids and boundaries. */
  readonly idempotencyKey: string;
}

/** Where in a content something is. */
export interface WarningPlace {
  /** The field of the content, such as `subject` or `html`. */
  readonly field: string;
  /** The locale whose texts they are; absent for the content's own. */
  readonly locale?: string;
  /** From 1, as editors count; absent where it is nowhere in particular. */
  readonly line?: number;
  readonly column?: number;
}

/** Something dropped or changed that a person should know. */
export interface ChannelWarning {
  /** For programs; stable. */
  readonly code: string;
  readonly message: string;
  readonly place?: WarningPlace;
}

/** A message ready to go, or the reason why there is none. */
export type Rendered<Message> =
  | { readonly outcome: "rendered"; readonly message: Message; readonly warnings?: readonly ChannelWarning[] }
  | {
      readonly outcome: "missing-fields";
      readonly policy: "skip" | "fail";
      readonly fields: readonly string[];
    };

/** A post compiled once; `render` is called for each recipient, at once and not as a promise, and must be quick and free of side effects. */
export interface PreparedPost<Message> {
  /** The link targets found, as written (merge fields unfilled), in the order of their index. */
  readonly links: readonly string[];
  readonly warnings: readonly ChannelWarning[];
  render(context: RenderContext): Rendered<Message>;
}

/** What a post is prepared with. */
export interface PrepareContext<Config> {
  readonly config: Config;
  /** Whether messages will carry tracked links, pixel and unsubscribe. */
  readonly tracked: boolean;
}

/** What a message is sent with. */
export interface SendContext<Config> {
  readonly config: Config;
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** For HTTP calls; the host may have put a proxy or a recorder behind it. */
  readonly fetch: typeof globalThis.fetch;
  readonly logger: Logger;
}

/** Proof that the far side took the message. */
export interface Receipt {
  /** The far side's id of the message or post. */
  readonly externalId: string | null;
  /** Where a public post can be seen. */
  readonly url?: string;
  readonly warnings?: readonly ChannelWarning[];
  /** What it cost beyond the channel's declared cost, in micros of the campaign's currency. */
  readonly costMicros?: number;
  /** The far side's answer, for people who look into it. Never a secret. */
  readonly raw?: unknown;
}

/** A message as a person would see it. */
export interface Preview {
  readonly subject?: string;
  readonly html?: string;
  readonly text: string;
}

/** What an author writes; `defineChannel` turns it into a `Channel`. */
export interface ChannelDefinition<ContentInput, Content, ConfigInput, Config, Message> {
  /** The kind of channel, such as `email`; several of one kind can stand under different names in one host. */
  readonly id: string;
  /** `direct`: one message per recipient. `public`: one post for everyone. */
  readonly reach: "direct" | "public";
  /** Needed for `direct`: which address of the contact it sends to. */
  readonly address?: AddressKind;
  /**
   * The content of a post, as any Standard Schema (zod, valibot, arktype …). Its output is stored as JSON and comes back to `prepare` as it was
   * stored: an object of what JSON can carry, so bytes as base64 and dates as text.
   */
  readonly content: StandardSchemaV1<ContentInput, Content>;
  /** Settings that a campaign can give this channel; must accept `{}` where none is given. */
  readonly config: StandardSchemaV1<ConfigInput, Config>;
  readonly capabilities: ChannelCapabilities;
  readonly limits: ChannelLimits;
  readonly idempotency: Idempotency;
  /** What one message costs, in micros of the campaign's currency; reserved before sending. */
  readonly costMicros?: number;
  /** Compiles a post once. Throw `ChannelError` of kind `rejected-content` for content that can never be sent. */
  prepare(
    content: Content,
    context: PrepareContext<Config>,
  ): PreparedPost<Message> | Promise<PreparedPost<Message>>;
  /**
   * Sends one message. Resolve only on the far side's acceptance; throw `ChannelError` otherwise, with `outcome: "unknown"` whenever
   * it may have gone out.
   */
  send(message: Message, context: SendContext<Config>): Promise<Receipt>;
  /**
   * For `idempotency: "lookup"`: the receipt if the message with that key went out, `null` if it certainly did not. Any error means that it is
   * still unknown; it is asked again later, and nothing is sent until there is an answer.
   */
  lookup?(idempotencyKey: string, context: SendContext<Config>): Promise<Receipt | null>;
  /** Shows the message as a person would see it. */
  preview?(message: Message): Preview;
  /**
   * Reads a mail that came in, such as a bounce. What it is given is hostile: it bounds its work by itself, and says `unreadable` of what it can't
   * read. Resolves always.
   */
  readMail?(raw: Uint8Array): Promise<InboundMail>;
  /** Releases what sending opened (pools, sockets). Called by `kit.stop()`; sending again may reopen. */
  close?(): Promise<void>;
}

/**
 * A channel as a host registers it. Made by `defineChannel`; the type parameters carry its content and config to the call site.
 */
export interface Channel<ContentInput = unknown, ConfigInput = unknown>
  extends Omit<
    ChannelDefinition<ContentInput, unknown, ConfigInput, unknown, unknown>,
    "content" | "config"
  > {
  readonly content: StandardSchemaV1<ContentInput, unknown>;
  readonly config: StandardSchemaV1<ConfigInput, unknown>;
}

/** The channels of a host, by the host's own names. */
export type ChannelRecord = Readonly<Record<string, Channel>>;

/** What `posts.create` takes as content for that channel. */
export type ContentInputOf<C> = C extends Channel<infer ContentInput, unknown> ? ContentInput : never;

/** What a campaign takes as config for that channel. */
export type ConfigInputOf<C> = C extends Channel<unknown, infer ConfigInput> ? ConfigInput : never;
