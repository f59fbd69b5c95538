import { createCampaignKit } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";
import { startPostfix, whyNoPostfix } from "../../test/postfix.ts";
import { startScripted } from "../../test/scripted-server.ts";
import { startSink } from "../../test/smtp-sink.ts";
import { email, smtp } from "../index.ts";

describeEachDatabase("a real mail server", (database) => {
  it("CHN-2: a real Postfix that can't deliver sends a real report, which suppresses or counts", async ({
    skip,
    onTestFinished,
  }) => {
    const why = whyNoPostfix();
    if (why !== null) skip(why);
    await using hard = await startScripted({ rcpt: "550 5.1.1 User unknown" });
    await using soft = await startScripted({ rcpt: "452 4.2.2 Mailbox full" });
    await using bounces = await startSink();
    const relay = await startPostfix({
      "hard.test": hard.port,
      "soft.test": soft.port,
      "bounce.shop.example": bounces.port,
    });
    onTestFinished(() => relay[Symbol.asyncDispose]());
    const time = virtualTime();
    const newsletter = email({
      transport: smtp({ host: "127.0.0.1", port: relay.port }),
      from: "The Shop <hello@shop.example>",
      returnPath: "bounces+{token}@bounce.shop.example",
    });
    const kit = createCampaignKit({
      storage: (await database()).connect(),
      channels: { newsletter },
      runtime: time.runtime,
    });
    const shop = kit.workspace("shop");
    const everybody = await shop.segments.create({ name: "Everybody", kind: "static" });
    const consents = [{ channel: "email", state: "granted", source: "form" }] as const;
    for (const address of ["nobody@hard.test", "full@soft.test"]) {
      const { contact } = await shop.contacts.upsert({ email: address, consents });
      await shop.segments.addMembers(everybody.id, [contact.id]);
    }
    const { id } = await shop.campaigns.create({
      name: "Spring",
      timeZone: "UTC",
      startsAt: time.now(),
      channels: ["newsletter"],
      segmentIds: [everybody.id],
    });
    await shop.posts.create(id, { channel: "newsletter", content: { subject: "Hi", text: "Hello" } });
    await shop.campaigns.launch(id);
    await time.advance("1m", kit);
    expect(await shop.deliveries.progress(id)).toMatchObject({ sent: 2, uncertain: 0 });
    const reports = await bounces.until(2);
    const received = await Promise.all(
      reports.map(({ raw, to }) => kit.receiveMail(raw, { recipients: to })),
    );
    expect(received).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ outcome: "bounce", kind: "hard", status: "5.1.1", suppressed: true }),
        expect.objectContaining({
          outcome: "bounce",
          kind: "mailbox-full",
          status: "4.2.2",
          suppressed: false,
        }),
      ]),
    );
    expect(await shop.suppressions.has("email", "nobody@hard.test")).toBe(true);
    expect(await shop.suppressions.has("email", "full@soft.test")).toBe(false);
    await kit.stop();
  });
});
