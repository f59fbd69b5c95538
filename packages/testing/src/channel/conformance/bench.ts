/** A channel under test, and the steps that every message takes through it. */
import { strict as assert } from "node:assert";
import {
  CampaignKitError,
  type Channel,
  type ChannelError,
  type LogFields,
  type MessageUrls,
  type PreparedPost,
  type Receipt,
  type Recipient,
  type RenderContext,
  type SendContext,
  systemRuntime,
} from "@campaignkit/core";
import { inTime } from "../../storage/bench.ts";
import type { ChannelFault, ChannelSubject, OpenChannel } from "./subject.ts";

/** The URLs of messages that are not tracked. */
export const UNTRACKED: MessageUrls = {
  click: (_index, url) => url,
  open: null,
  unsubscribe: null,
  preferences: null,
};

/** Where tracked links lead; nothing in them changes by escaping. */
export const TRACKED = {
  click: (index: number): string => `https://track.example/c/${index}`,
  open: "https://track.example/o/pixel",
  unsubscribe: "https://track.example/u/leave",
  preferences: "https://track.example/p/choose",
};

/** In real time. */
const CLOSES_WITHIN_MS = 5_000;

/** Freezes a value and all that is in it, so that whoever writes to it fails. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const field of Object.values(value)) deepFreeze(field);
  }
  return value;
}

/** One case's channel. */
export class ChannelBench {
  readonly subject: ChannelSubject;
  readonly channel: Channel;
  /** All that was logged or thrown, as somebody reading the logs sees it. */
  readonly seen: string[] = [];
  readonly #open: OpenChannel;
  #keys = 0;
  /** It did not end when it was closed, and is not asked again. */
  #stuck = false;

  constructor(subject: ChannelSubject, open: OpenChannel) {
    this.subject = subject;
    this.channel = open.channel;
    this.#open = open;
  }

  async accepted(): Promise<number> {
    return inTime("accepted()", Promise.resolve(this.#open.accepted()));
  }

  async arrange(fault: ChannelFault): Promise<void> {
    assert.ok(
      this.#open.arrange,
      `The subject lists the fault "${fault}", but its open() gives no arrange().`,
    );
    await this.#open.arrange(fault);
  }

  newKey(): string {
    this.#keys += 1;
    return `0190b5a0-0000-7000-8000-${String(this.#keys).padStart(12, "0")}`;
  }

  recipient(changes: Partial<Recipient> = {}): Recipient | null {
    if (this.channel.reach === "public") return null;
    const address = this.channel.address === "phone" ? "+491701234567" : "ann@shop.example";
    return deepFreeze({
      contactId: "0190b5a0-0000-7000-8000-0000000000aa",
      address: this.subject.address ?? address,
      externalId: "customer-1",
      firstName: null,
      lastName: null,
      locale: null,
      timeZone: null,
      attributes: {},
      ...changes,
    });
  }

  renderContext(changes: Partial<RenderContext> = {}): RenderContext {
    return {
      recipient: this.recipient(),
      campaign: deepFreeze({ id: "0190b5a0-0000-7000-8000-0000000000cc", name: "Spring" }),
      urls: UNTRACKED,
      idempotencyKey: "0190b5a0-0000-7000-8000-000000000000",
      ...changes,
    };
  }

  /** The value that the schema makes of an input, through the database and back. */
  async checked(schema: "content" | "config", input: unknown): Promise<unknown> {
    const result = await this.channel[schema]["~standard"].validate(structuredClone(input));
    assert.equal(
      result.issues,
      undefined,
      `The ${schema} ${JSON.stringify(input)} must be accepted, but: ${JSON.stringify(result.issues)}.`,
    );
    const { value } = result as { readonly value: unknown };
    return JSON.parse(JSON.stringify(value ?? null));
  }

  async config(): Promise<unknown> {
    return this.checked("config", {});
  }

  async prepare(
    input: unknown = this.subject.content.valid[0],
    tracked = false,
  ): Promise<PreparedPost<unknown>> {
    const content = await this.checked("content", input);
    const config = await this.config();
    return inTime(
      "prepare()",
      Promise.resolve(this.channel.prepare(deepFreeze(content), { config, tracked })),
    );
  }

  async message(context: Partial<RenderContext> = {}, input?: unknown): Promise<unknown> {
    const rendered = (await this.prepare(input)).render(this.renderContext(context));
    assert.equal(
      rendered.outcome,
      "rendered",
      `render() must give a message, but gave ${JSON.stringify(rendered)}.`,
    );
    return (rendered as { readonly message: unknown }).message;
  }

  /** Everything of a message that a person could see or a program could find. */
  textOf(message: unknown): string {
    const preview = this.channel.preview?.(message);
    const { subject, html, text } = preview ?? {};
    return [JSON.stringify(message), subject, html, text].filter(Boolean).join("\n");
  }

  async send(key: string, signal: AbortSignal = new AbortController().signal): Promise<Receipt> {
    const message = await this.message({ idempotencyKey: key });
    return inTime("send()", this.#watched(this.channel.send(message, await this.sendContext(key, signal))));
  }

  async lookup(key: string): Promise<Receipt | null> {
    const context = await this.sendContext(key, new AbortController().signal);
    assert.ok(this.channel.lookup, 'A channel of idempotency "lookup" must have lookup().');
    return inTime("lookup()", this.#watched(this.channel.lookup(key, context)));
  }

  async sendContext(idempotencyKey: string, signal: AbortSignal): Promise<SendContext<unknown>> {
    const log = (message: string, fields: LogFields = {}): void =>
      void this.seen.push(`${message} ${JSON.stringify(fields)}`);
    const { clock } = systemRuntime();
    const logger = { debug: log, info: log, warn: log, error: log };
    return { config: await this.config(), idempotencyKey, signal, fetch: globalThis.fetch, clock, logger };
  }

  /** Closes the channel, which must end soon when nothing is running. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      const late = new Error(`close(): not within ${CLOSES_WITHIN_MS} ms, though nothing is being sent.`);
      timer = setTimeout(() => {
        this.#stuck = true;
        reject(late);
      }, CLOSES_WITHIN_MS);
    });
    try {
      await Promise.race([this.channel.close?.(), tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }

  async dispose(): Promise<void> {
    try {
      if (!this.#stuck) await this.close();
    } finally {
      await this.#open.dispose();
    }
  }

  async #watched<Result>(sending: Promise<Result>): Promise<Result> {
    try {
      return await sending;
    } catch (error) {
      for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
        this.seen.push(`${cause.name}: ${cause.message} ${JSON.stringify(cause)}`);
      }
      throw error;
    }
  }
}

/** What a send rejects with: it must, and with a `ChannelError`. */
export async function channelError(what: string, sending: Promise<unknown>): Promise<ChannelError> {
  let receipt: unknown;
  try {
    receipt = await sending;
  } catch (error) {
    assert.ok(
      CampaignKitError.is(error, "CHANNEL_FAILED"),
      `${what}: send() must reject with a ChannelError, but rejected with ${String(error)}.`,
    );
    return error as ChannelError;
  }
  assert.fail(`${what}: send() must reject, but resolved with ${JSON.stringify(receipt)}.`);
}
