import { ChannelError, createCampaignKit } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { expect, it } from "vitest";
import { postingShop } from "../../test/posting-shop.ts";
import {
  exchangeReport,
  feedbackReport,
  gmailReport,
  outOfOffice,
  postfixReport,
  qmailBounce,
  sendmailReport,
  unsubscribeMail,
} from "../../test/returned-mail.ts";

const LOCAL_PART_OCTETS = 64;

describeEachDatabase("mail that comes back", (database) => {
  it("CHN-2: each message has an envelope sender and an id of its own, and the From that its author gave it", async () => {
    const { kit, send } = await postingShop((await database()).connect());
    const { mails } = await send();
    expect(new Set(mails.map(({ message }) => message.returnPath)).size).toBe(2);
    for (const { message } of mails) {
      expect(message.returnPath).toMatch(/^bounces\+[a-z2-7]{47}@bounce\.shop\.example$/);
      expect(message.returnPath?.split("@")[0]?.length).toBeLessThanOrEqual(LOCAL_PART_OCTETS);
      expect(message.messageId).toMatch(/^<[a-z2-7]{47}@shop\.example>$/);
      expect(message.from).toEqual({ name: "The Shop", address: "hello@shop.example" });
      expect(message.headers["List-Unsubscribe"]).toMatch(
        /^<https:\/\/shop\.example\/t\/u\/[\w-]+>, <mailto:leave\+[a-z2-7]{47}@bounce\.shop\.example\?subject=unsubscribe>$/,
      );
    }
    await kit.stop();
  });

  it("CHN-2, AUD-5: a hard bounce shows at its delivery, is counted once, and suppresses its address", async () => {
    const { kit, shop, send, ann, bob, events, suppressed } = await postingShop((await database()).connect());
    const { postId, to } = await send();
    const raw = postfixReport(to("ann").returned);
    const first = await kit.receiveMail(raw);
    expect(first).toMatchObject({
      outcome: "bounce",
      workspaceId: "shop",
      contactId: ann,
      kind: "hard",
      status: "5.1.1",
      isNew: true,
      suppressed: true,
    });
    expect(await kit.receiveMail(new TextEncoder().encode(raw))).toMatchObject({ isNew: false });
    expect(await events(ann)).toEqual(["bounce"]);
    expect(await events(bob)).toEqual([]);
    expect(await suppressed()).toEqual(["ann@example.com hard-bounce"]);
    const { items } = await shop.deliveries.list({ postId });
    const delivery = items.find(({ contactId }) => contactId === ann);
    expect(delivery).toMatchObject({
      state: "sent",
      bounce: { kind: "hard", status: "5.1.1", diagnostic: expect.stringContaining("User unknown") },
      complainedAt: null,
    });
    expect(await shop.deliveries.get(delivery?.id ?? "")).toEqual(delivery);
    expect(items.find(({ contactId }) => contactId === bob)).toMatchObject({
      bounce: null,
      complainedAt: null,
    });
    const told = (await shop.activity.list({ limit: 50 })).items.filter(
      ({ type }) => type === "delivery.bounced",
    );
    expect(told.map(({ data }) => data)).toEqual([
      { deliveryId: delivery?.id, postId, contactId: ann, kind: "hard", status: "5.1.1" },
    ]);
    const again = await send();
    expect(again.mails.map(({ message }) => message.to.address)).toEqual(["bob@example.com"]);
    await kit.stop();
  });

  it("CHN-2: a bounce that comes to another address finds its delivery by what it quotes", async () => {
    const { kit, send, ann } = await postingShop((await database()).connect());
    const { to } = await send();
    const { returned } = to("ann");
    for (const form of [exchangeReport, qmailBounce, gmailReport]) {
      const raw = form({ ...returned, to: "postmaster@shop.example" });
      expect(await kit.receiveMail(raw)).toMatchObject({ outcome: "bounce", contactId: ann });
    }
    await kit.stop();
  });

  it("CHN-2: the host's own word of whom a mail came to counts first, in any case", async () => {
    const { kit, send, ann } = await postingShop((await database()).connect());
    const { to } = await send();
    const raw = postfixReport({
      to: "undisclosed@shop.example",
      recipient: "x@example.com",
      original: "Subject: x\r\n\r\n",
    });
    expect(await kit.receiveMail(raw)).toEqual({ outcome: "ignored", reason: "names-no-delivery" });
    const recipients = [to("ann").returned.to.toUpperCase()];
    expect(await kit.receiveMail(raw, { recipients })).toMatchObject({ outcome: "bounce", contactId: ann });
    await kit.stop();
  });

  it("CHN-2: what this engine has not signed does nothing", async () => {
    const { kit, send, ann, events, suppressed } = await postingShop((await database()).connect());
    const { to } = await send();
    const { returned } = to("ann");
    const forged = (text: string): string =>
      text.replaceAll(/[a-z2-7]{47}/g, (token) => `${token.slice(1)}a`);
    const mail = postfixReport({
      to: forged(returned.to),
      recipient: returned.recipient,
      original: forged(returned.original).replace(/<https[^>]+>, /, ""),
    });
    expect(await kit.receiveMail(mail)).toEqual({ outcome: "ignored", reason: "names-no-delivery" });
    // A name for one purpose is none for another.
    const bounce = returned.to.replace("bounces", "leave");
    expect(await kit.receiveMail(unsubscribeMail(bounce, "eve@example.com"))).toEqual({
      outcome: "ignored",
      reason: "ordinary-mail",
    });
    expect([await events(ann), await suppressed()]).toEqual([[], []]);
    await kit.stop();
  });

  it("CHN-2: softer bounces suppress after as many as the policy says, in its time; blocks never do", async () => {
    const { kit, shop, time, send, suppressed } = await postingShop((await database()).connect());
    const { version } = await shop.policies.get();
    await shop.policies.set({ version, bounces: { suppressHard: true, softLimit: 2, softDays: 30 } });
    const full = async () => kit.receiveMail(gmailReport((await send()).to("ann").returned));
    expect(await full()).toMatchObject({ kind: "mailbox-full", suppressed: false });
    expect(await kit.receiveMail(sendmailReport((await send()).to("ann").returned))).toMatchObject({
      kind: "block",
      suppressed: false,
    });
    await time.advance("31d", kit);
    expect(await full()).toMatchObject({ suppressed: false });
    expect(await full()).toMatchObject({ suppressed: true });
    expect(await suppressed()).toEqual(["ann@example.com soft-bounces"]);
    await kit.stop();
  });

  it("CHN-2: by policy a hard bounce is only noted", async () => {
    const { kit, shop, send, ann, events, suppressed } = await postingShop((await database()).connect());
    const { version } = await shop.policies.get();
    await shop.policies.set({ version, bounces: { suppressHard: false, softLimit: null, softDays: 30 } });
    const { to } = await send();
    expect(await kit.receiveMail(postfixReport(to("ann").returned))).toMatchObject({ suppressed: false });
    expect([await events(ann), await suppressed()]).toEqual([["bounce"], []]);
    await kit.stop();
  });

  it("CHN-2: an address that has changed since is not to blame", async () => {
    const { kit, shop, send, ann, suppressed } = await postingShop((await database()).connect());
    const { to } = await send();
    await shop.contacts.update(ann, { email: "ann@new.example" });
    expect(await kit.receiveMail(postfixReport(to("ann").returned))).toMatchObject({
      outcome: "bounce",
      suppressed: false,
    });
    expect(await suppressed()).toEqual([]);
    await kit.stop();
  });

  it("CHN-2, AUD-5: a complaint suppresses, is counted once, and shows at its delivery", async () => {
    const { kit, shop, send, ann, events, suppressed } = await postingShop((await database()).connect());
    const { postId, to } = await send();
    const raw = feedbackReport(to("ann").returned);
    expect(await kit.receiveMail(raw)).toMatchObject({
      outcome: "complaint",
      feedback: "abuse",
      isNew: true,
      suppressed: true,
    });
    expect(await kit.receiveMail(raw)).toMatchObject({ isNew: false });
    expect([await events(ann), await suppressed()]).toEqual([["complaint"], ["ann@example.com complaint"]]);
    const { items } = await shop.deliveries.list({ postId });
    expect(items.find(({ contactId }) => contactId === ann)?.complainedAt).toBeInstanceOf(Date);
    await kit.stop();
  });

  it("CHN-12: a mail to the unsubscribe address withdraws the consent; with the one-click link it counts once", async () => {
    const { kit, shop, send, ann, bob, events } = await postingShop((await database()).connect());
    const { to } = await send();
    const { message } = to("ann");
    const [, link = "", address = ""] =
      /<(https:[^>]+)>, <mailto:([^?]+)\?/.exec(message.headers["List-Unsubscribe"] ?? "") ?? [];
    expect(await kit.receiveMail(unsubscribeMail(address, "ann@phone.example"))).toMatchObject({
      outcome: "unsubscribe",
      contactId: ann,
      isNew: true,
    });
    expect(await kit.receiveMail(unsubscribeMail(address, "ann@example.com"))).toMatchObject({
      isNew: false,
    });
    const body = new URLSearchParams({ "List-Unsubscribe": "One-Click" });
    expect((await kit.trackingHandler(new Request(link, { method: "POST", body }))).status).toBe(200);
    expect([await events(ann), await events(bob)]).toEqual([["unsubscribe"], []]);
    expect((await shop.consents.list(ann)).map(({ state, source }) => [state, source])).toEqual([
      ["withdrawn", "unsubscribe mail"],
    ]);
    await kit.stop();
  });

  it("CHN-2: an out-of-office note, a delay and a delivery are ignored, with the reason", async () => {
    const { kit, send, ann, events, suppressed } = await postingShop((await database()).connect());
    const { returned } = (await send()).to("ann");
    expect(await kit.receiveMail(outOfOffice(returned))).toEqual({
      outcome: "ignored",
      reason: "auto-reply",
    });
    for (const [action, reason] of [
      ["delayed", "delayed"],
      ["delivered", "delivered"],
    ] as const) {
      const raw = postfixReport(returned, { action, status: "4.4.1", diagnostic: "still trying" });
      expect(await kit.receiveMail(raw)).toEqual({ outcome: "ignored", reason });
    }
    expect(await kit.receiveMail(unsubscribeMail(returned.to, "ann@example.com"))).toEqual({
      outcome: "ignored",
      reason: "ordinary-mail",
    });
    expect(await kit.receiveMail("")).toEqual({ outcome: "ignored", reason: "unreadable" });
    expect([await events(ann), await suppressed()]).toEqual([[], []]);
    await kit.stop();
  });

  it("CHN-8: a recipient whom the server refuses for good is suppressed; one whose mailbox is full counts toward the limit", async () => {
    const words = {
      ann: { kind: "hard", status: "5.1.1" },
      bob: { kind: "mailbox-full", status: "5.2.2" },
    } as const;
    const refuse = (address: string): ChannelError =>
      new ChannelError({
        kind: "rejected-recipient",
        outcome: "not-sent",
        message: "refused",
        bounce: { ...words[address.startsWith("ann") ? "ann" : "bob"], diagnostic: `no ${address}` },
      });
    const { kit, shop, send, ann, bob, events, suppressed } = await postingShop(
      (await database()).connect(),
      { refuse },
    );
    const { postId } = await send();
    const { items } = await shop.deliveries.list({ postId });
    expect(items.find(({ contactId }) => contactId === ann)).toMatchObject({
      state: "failed",
      reason: "rejected-recipient",
      bounce: { kind: "hard", diagnostic: "no ann@example.com" },
    });
    expect(items.find(({ contactId }) => contactId === bob)).toMatchObject({
      state: "failed",
      bounce: { kind: "mailbox-full" },
    });
    // It never went out, so it did not come back.
    expect([await events(ann), await events(bob)]).toEqual([[], []]);
    expect(await suppressed()).toEqual(["ann@example.com hard-bounce"]);
    await kit.stop();
  });

  it("CHN-8, CHN-10: a bounce proves that a message went out whose outcome was not known", async () => {
    const lost = new ChannelError({ kind: "transient", outcome: "unknown", message: "the answer got lost" });
    const { kit, shop, send, ann } = await postingShop((await database()).connect(), {
      idempotency: "none",
      refuse: (address) => (address.startsWith("ann") ? lost : null),
    });
    const { campaignId, postId, to } = await send();
    expect(await shop.deliveries.progress(campaignId)).toMatchObject({ sent: 1, uncertain: 1 });
    expect(await kit.receiveMail(gmailReport(to("ann").returned))).toMatchObject({
      outcome: "bounce",
      isNew: true,
    });
    expect(await shop.deliveries.progress(campaignId)).toMatchObject({ audience: 2, sent: 2, uncertain: 0 });
    const { items } = await shop.deliveries.list({ postId, contactId: ann });
    expect(items[0]).toMatchObject({ state: "sent", reason: "", bounce: { kind: "mailbox-full" } });
    expect((await shop.events.list({ contactId: ann })).items.map(({ type }) => type).sort()).toEqual([
      "bounce",
      "sent",
    ]);
    await kit.stop();
  });

  it("AUD-5: what a far side said goes with the person", async () => {
    const { kit, shop, send, ann } = await postingShop((await database()).connect());
    const { postId, to } = await send();
    await kit.receiveMail(postfixReport(to("ann").returned));
    const told = await shop.contacts.exportContact(ann);
    expect(JSON.stringify(told)).toContain("User unknown");
    await shop.contacts.erase(ann);
    const { items } = await shop.deliveries.list({ postId, contactId: ann });
    expect(items[0]?.bounce).toMatchObject({ kind: "hard", diagnostic: null });
    expect(await kit.receiveMail(postfixReport(to("ann").returned))).toMatchObject({ suppressed: false });
    await kit.stop();
  });

  it("CHN-2: without a channel that reads mail it says so", async () => {
    const kit = createCampaignKit({ storage: (await database()).connect(), channels: {} });
    await expect(kit.receiveMail("From: a@example.com\r\n\r\nx")).rejects.toMatchObject({
      code: "CONFIGURATION_INVALID",
    });
    await kit.stop();
  });
});
