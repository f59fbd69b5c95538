/** The third step: people read the delivered mail, follow its links, order, and unsubscribe. */
import { setTimeout as sleep } from "node:timers/promises";
import { CampaignKitError, DEFAULT_MACHINE_RULES, micros } from "@campaignkit/core";
import { Browser } from "./people/browser.ts";
import { readMail } from "./people/people.ts";
import type { Sent } from "./sending.ts";
import { type Order, openShop, SHOP_URL } from "./shop.ts";
import type { Stage } from "./stage.ts";
import { percent, plural } from "./terminal.ts";

const CENT_MICROS = 10_000;

/** Lets everybody whose mail is kept read it. Not at once: what is followed within seconds of the send is taken for a machine's, and rightly. */
export async function readStep(stage: Stage, sent: Sent): Promise<void> {
  const { kit, mail, options, signal, terminal } = stage;
  if ((await mail.unread()).length > 0) {
    await sleep(DEFAULT_MACHINE_RULES.soonAfterSendMs + 200, undefined, { signal });
  }
  const shopServer = await openShop({
    tracking: (request) => kit.trackingHandler(request),
    order: (order) => recordOrder(stage, sent, order),
  });
  const browser = new Browser(shopServer.port);
  try {
    const line = terminal.moving("mails read");
    await readMail({
      mail,
      browser,
      seed: options.seed,
      shopUrl: SHOP_URL,
      signal,
      progress: (read, all) => line.update(read, all),
    });
  } finally {
    browser.close();
    await shopServer.stop();
  }
  const read = await mail.readCount();
  const sample = sent.keptShare < 1 ? `, by a sample of ${percent(sent.keptShare)} of the audience` : "";
  terminal.say(`People    ${plural(read, "message")} read in a mail client${sample}`);
}

/** An order in the shop is a conversion of the campaign. The shop may tell it again: its number is the event's id. */
async function recordOrder({ shop }: Stage, { campaignId, postId }: Sent, order: Order): Promise<void> {
  const contact = await shop.contacts.find({ email: order.email });
  if (contact === null) {
    throw new CampaignKitError("NOT_FOUND", `No customer has the address of the order ${order.id}.`, {
      entity: "contact",
      id: order.id,
    });
  }
  await shop.events.track({
    id: order.id,
    type: "conversion",
    campaignId,
    postId,
    contactId: contact.id,
    value: micros("EUR", order.cents * CENT_MICROS),
  });
}
