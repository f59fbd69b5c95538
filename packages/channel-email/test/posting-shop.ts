/** A shop whose mail is kept instead of sent, as it would go over the wire, so that tests can send it back. */
import {
  type CampaignKitOptions,
  type ChannelError,
  type ChannelRecord,
  createCampaignKit,
  type Idempotency,
  type SqlDriver,
} from "@campaignkit/core";
import { virtualTime } from "@campaignkit/testing";
import { type EmailMessage, type EmailOptions, type EmailTransport, email } from "../src/index.ts";
import { composeMime } from "../src/mime/compose.ts";
import type { ReturnedMessage } from "./returned-mail.ts";

/** A message that went out. */
export interface KeptMail {
  readonly message: EmailMessage;
  /** As a report would quote it. */
  readonly returned: ReturnedMessage;
}

/** Opens the shop, with Ann and Bob, who consented. `refuse` says what is thrown for a recipient after the message was kept. */
export async function postingShop(
  storage: SqlDriver,
  options: {
    readonly email?: Partial<EmailOptions>;
    readonly kit?: Partial<
      Omit<CampaignKitOptions<ChannelRecord, never>, "storage" | "channels" | "runtime">
    >;
    readonly refuse?: (address: string) => ChannelError | null;
    readonly idempotency?: Idempotency;
  } = {},
) {
  const time = virtualTime();
  const sent: KeptMail[] = [];
  const transport: EmailTransport = {
    idempotency: options.idempotency ?? "native",
    async send(message, { clock, dkim }) {
      const raw = (await composeMime(message, { now: clock.now(), dkim })).toString("utf8");
      const to = message.returnPath ?? message.from.address;
      const returned = { to, recipient: message.to.address, original: `Return-Path: <${to}>\r\n${raw}` };
      sent.push({ message, returned });
      const refusal = options.refuse?.(message.to.address) ?? null;
      if (refusal !== null) throw refusal;
      return { externalId: message.messageId };
    },
  };
  const newsletter = email({
    transport,
    from: "The Shop <hello@shop.example>",
    returnPath: "bounces+{token}@bounce.shop.example",
    unsubscribeAddress: "leave+{token}@bounce.shop.example",
    ...options.email,
  });
  const kit = createCampaignKit({
    storage,
    channels: { newsletter },
    runtime: time.runtime,
    tracking: {
      baseUrl: "https://shop.example/t",
      signingKey: "a key of the host's own, at least 32 bytes long",
    },
    ...options.kit,
  });
  const shop = kit.workspace("shop");
  await shop.policies.set({ version: 0, maxEmailsPerContactPerWeek: null });
  const consents = [{ channel: "email", state: "granted", source: "form" }] as const;
  const person = async (name: string): Promise<string> =>
    (await shop.contacts.upsert({ email: `${name}@example.com`, firstName: name, consents })).contact.id;
  const [ann, bob] = [await person("ann"), await person("bob")];
  const everybody = await shop.segments.create({ name: "Everybody", kind: "static" });
  await shop.segments.addMembers(everybody.id, [ann, bob]);
  return {
    kit,
    shop,
    time,
    ann,
    bob,
    sent,
    /** Sends a post to both; returns its id and what went out. */
    async send(
      content: { readonly subject: string; readonly html?: string; readonly text?: string } = {
        subject: "Hi",
        text: "Hello",
      },
    ) {
      const from = sent.length;
      const { id } = await shop.campaigns.create({
        name: "Spring",
        timeZone: "UTC",
        startsAt: time.now(),
        channels: ["newsletter"],
        segmentIds: [everybody.id],
      });
      const post = await shop.posts.create(id, { channel: "newsletter", content });
      await shop.campaigns.launch(id);
      await time.advance("1h", kit);
      const mails = sent.slice(from);
      const to = (name: string): KeptMail => {
        const mail = mails.find(({ message }) => message.to.address === `${name}@example.com`);
        if (mail === undefined) throw new Error(`Nothing went to ${name}.`);
        return mail;
      };
      return { campaignId: id, postId: post.id, mails, to };
    },
    /** The events of a contact, but what was sent. */
    async events(contactId: string): Promise<readonly string[]> {
      const { items } = await shop.events.list({ contactId });
      return items.map(({ type }) => type).filter((type) => type !== "sent");
    },
    /** The reasons for which a person is suppressed. */
    async suppressed(): Promise<readonly string[]> {
      const { items } = await shop.suppressions.list();
      return items.map(({ address, reason }) => `${address} ${reason}`);
    },
  };
}
