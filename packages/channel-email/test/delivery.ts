/** What the engine hands a channel, for tests that play the engine. */
import type {
  Channel,
  MessageUrls,
  PreparedPost,
  Receipt,
  Recipient,
  RenderContext,
  Rendered,
  SendContext,
} from "@campaignkit/core";
import type { EmailConfigInput, EmailContentInput, EmailMessage } from "../src/index.ts";

/** The instant of every test. */
export const NOW = Date.UTC(2027, 2, 1, 8, 0, 0);

/** Ada, who has everything; override what a test is about. */
export function recipient(changes: Partial<Recipient> = {}): Recipient {
  return {
    contactId: "contact-1",
    address: "ada@people.example",
    externalId: "crm-1",
    firstName: "Ada",
    lastName: "Lovelace",
    locale: "en-GB",
    timeZone: "Europe/London",
    attributes: { city: "London", tier: "gold" },
    ...changes,
  };
}

/** Links, pixel and unsubscribe tracked. */
export const TRACKED: MessageUrls = {
  click: (index, url) => `https://t.example/c/${index}?to=${encodeURIComponent(url)}`,
  open: "https://t.example/o/1.gif",
  unsubscribe: "https://t.example/u/1",
  preferences: "https://t.example/p/1",
};

/** Nothing tracked. */
export const UNTRACKED: MessageUrls = {
  click: (_, url) => url,
  open: null,
  unsubscribe: null,
  preferences: null,
};

/** What a message is rendered with. */
export function renderContext(changes: Partial<RenderContext> = {}): RenderContext {
  return {
    recipient: recipient(),
    campaign: { id: "campaign-1", name: "Spring refresh" },
    urls: TRACKED,
    idempotencyKey: "delivery-1",
    ...changes,
  };
}

/** What a message is sent with. */
export function sendContext(changes: Partial<SendContext<unknown>> = {}): SendContext<unknown> {
  const silent = () => undefined;
  return {
    config: {},
    idempotencyKey: "delivery-1",
    signal: new AbortController().signal,
    clock: { now: () => NOW, monotonic: () => 0, sleep: async () => undefined },
    fetch: globalThis.fetch,
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    ...changes,
  };
}

type EmailChannel = Channel<EmailContentInput, EmailConfigInput>;

/** The content as the engine would store it and read it back. */
export async function storedContent(channel: EmailChannel, content: EmailContentInput): Promise<unknown> {
  const result = await channel.content["~standard"].validate(content);
  if (result.issues !== undefined) throw new Error(result.issues.map((issue) => issue.message).join("; "));
  return JSON.parse(JSON.stringify(result.value));
}

/** Prepares a post as the engine does. */
export async function prepare(
  channel: EmailChannel,
  content: EmailContentInput,
  { config = {}, tracked = true }: { config?: EmailConfigInput; tracked?: boolean } = {},
): Promise<PreparedPost<EmailMessage>> {
  const checked = await channel.config["~standard"].validate(config);
  if (checked.issues !== undefined) throw new Error(checked.issues.map((issue) => issue.message).join("; "));
  const post = await channel.prepare(await storedContent(channel, content), {
    config: checked.value,
    tracked,
  });
  return post as PreparedPost<EmailMessage>;
}

/** The message, where there must be one. */
export function rendered(result: Rendered<EmailMessage>): EmailMessage {
  if (result.outcome !== "rendered") throw new Error(`Not rendered; missing: ${result.fields.join(", ")}`);
  return result.message;
}

/** Prepares, renders for one recipient and sends. */
export async function deliver(
  channel: EmailChannel,
  content: EmailContentInput,
  {
    render = {},
    send = {},
    config = {},
  }: {
    render?: Partial<RenderContext>;
    send?: Partial<SendContext<unknown>>;
    config?: EmailConfigInput;
  } = {},
): Promise<Receipt> {
  const post = await prepare(channel, content, { config });
  return channel.send(rendered(post.render(renderContext(render))), sendContext(send));
}
