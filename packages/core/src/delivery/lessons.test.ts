/** What went wrong in other houses, as tests. The thread that each cites tells how it was met there. */
import { createCampaignKit } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { scriptedChannel } from "@campaignkit/testing";
import { expect, it } from "vitest";
import { reached, sendingShop } from "./shop.fixture.ts";

const once = (first: number, last: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: last - first + 1 }, (_, n) => [`p${first + n}@example.com`, 1]));

describeEachDatabase("sending, by the lessons of other houses", (database) => {
  it("CHN-7: an empty audience comes to its end, and so does its campaign (pentacent/keila#464)", async () => {
    const { kit, shop, time, people, launch } = sendingShop((await database()).connect());
    const { segmentId } = await people(1, 0);
    const { campaignId, postId } = await launch([segmentId]);
    await time.advance("1m", kit);
    expect(await shop.posts.get(postId)).toMatchObject({ state: "sent" });
    expect(await shop.posts.progress(postId)).toMatchObject({ audience: 0, pending: 0 });
    await shop.campaigns.complete(campaignId);
    expect((await shop.campaigns.get(campaignId)).state).toBe("completed");
    await kit.stop();
  });

  it("CHN-7: a whole page of people who are skipped is not the end of the audience (knadh/listmonk#1931)", async () => {
    const { kit, shop, time, mail, people, launch } = sendingShop((await database()).connect());
    const silent = await people(1, 520, false);
    const { segmentId } = await people(601, 603);
    const { postId } = await launch([silent.segmentId, segmentId]);
    await time.advance("1m", kit);
    expect(reached(mail)).toEqual(once(601, 603));
    expect(await shop.posts.progress(postId)).toMatchObject({ audience: 523, sent: 3, skipped: 520 });
    await kit.stop();
  });

  it("CHN-10: pausing and resuming again and again neither resends nor forgets (knadh/listmonk#2070, #2313)", async () => {
    const storage = (await database()).connect();
    const { kit, shop, time, mail, people, launch } = sendingShop(storage, {
      limits: { concurrency: 2, perSecond: 4 },
    });
    const { segmentId } = await people(1, 25);
    const { campaignId, postId } = await launch([segmentId]);
    for (let pauses = 0; pauses < 5; pauses++) {
      await time.advance("1s", kit);
      const before = mail.attempts.length;
      await shop.campaigns.pause(campaignId);
      await time.advance("1m", kit);
      expect(mail.attempts).toHaveLength(before);
      await shop.campaigns.resume(campaignId);
    }
    await time.advance("1m", kit);
    expect(reached(mail)).toEqual(once(1, 25));
    expect(await shop.posts.progress(postId)).toMatchObject({ audience: 25, sent: 25 });
    await kit.stop();
  });

  it("CHN-8: one recipient that is refused neither stops the others nor sends to them again (mautic/mautic#7226)", async () => {
    const { kit, shop, time, mail, people, launch } = sendingShop((await database()).connect(), {
      script: ({ message }) =>
        message.to?.address === "p3@example.com"
          ? { fail: "rejected-recipient" }
          : message.to?.address === "p5@example.com"
            ? { crash: new TypeError("no such property") }
            : "accept",
    });
    const { segmentId } = await people(1, 10);
    const { postId } = await launch([segmentId]);
    await time.advance("2d", kit);
    const { "p3@example.com": _, "p5@example.com": __, ...others } = once(1, 10);
    expect(reached(mail)).toEqual(others);
    expect(mail.attempts).toHaveLength(10);
    expect(await shop.posts.progress(postId)).toMatchObject({ sent: 8, failed: 1, uncertain: 1, pending: 0 });
    await kit.stop();
  });

  it("CHN-8: throttling for hours counts neither as sent nor as failed (knadh/listmonk#1802, usesend/useSend#407)", async () => {
    const { kit, shop, time, mail, people, launch } = sendingShop((await database()).connect(), {
      limits: { concurrency: 1 },
      script: ({ number }) => (number <= 40 ? { fail: "rate-limited", retryAfterMs: 60_000 } : "accept"),
    });
    const { segmentId } = await people(1, 3);
    const { postId } = await launch([segmentId]);
    await time.advance("30m", kit);
    expect(await shop.posts.progress(postId)).toMatchObject({ sent: 0, failed: 0, pending: 3 });
    // And it is left in peace for as long as it asked.
    expect(mail.attempts.length).toBeLessThanOrEqual(31);
    await time.advance("3h", kit);
    expect(reached(mail)).toEqual(once(1, 3));
    expect(await shop.posts.progress(postId)).toMatchObject({ sent: 3, failed: 0 });
    await kit.stop();
  });

  it("CHN-7: somebody in two segments gets one message, and the database refuses a second (mautic/mautic#9880)", async () => {
    const storage = (await database()).connect();
    const { kit, shop, time, mail, people, launch } = sendingShop(storage);
    const some = await people(1, 4);
    const more = await people(3, 6);
    const { postId } = await launch([some.segmentId, more.segmentId]);
    await time.settle(kit);
    expect(reached(mail)).toEqual(once(1, 6));
    expect(await shop.posts.progress(postId)).toMatchObject({ audience: 6, sent: 6 });
    const [delivery] = (await shop.deliveries.list({ postId })).items;
    const copy = `insert into ck_deliveries (id, workspace_id, campaign_id, post_id, contact_id, state, reason, attempts, on_unknown, cost_micros,
      created_at) select '${time.runtime.ids.next()}', workspace_id, campaign_id, post_id, contact_id, 'pending', '', 0, on_unknown, 0, created_at
      from ck_deliveries where id = '${delivery?.id}'`;
    await expect(storage.execute({ sql: copy, parameters: [] })).rejects.toMatchObject({
      details: { kind: "unique" },
    });
    await kit.stop();
  });

  it("CHN-7: who joins a segment after a post has started gets the next one, and none of the old (knadh/listmonk#2860)", async () => {
    const { kit, shop, time, mail, people, launch } = sendingShop((await database()).connect());
    const { segmentId } = await people(1, 3);
    const late = await people(4, 4);
    const { campaignId, postId } = await launch([segmentId]);
    await time.settle(kit);
    await shop.segments.addMembers(segmentId, late.contactIds);
    await time.advance("1h", kit);
    expect(await shop.posts.progress(postId)).toMatchObject({ audience: 3, sent: 3 });
    const next = await shop.posts.create(campaignId, { channel: "mail", content: { text: "Again" } });
    await time.settle(kit);
    expect(await shop.posts.progress(next.id)).toMatchObject({ audience: 4, sent: 4 });
    expect(reached(mail)).toEqual({
      "p1@example.com": 2,
      "p2@example.com": 2,
      "p3@example.com": 2,
      "p4@example.com": 1,
    });
    await kit.stop();
  });

  it("CHN-1: a channel that this process does not have is told of, and never taken for sent (gitroomhq/postiz-app#1303)", async () => {
    const opened = await database();
    const { kit, shop, time, mail, people, launch } = sendingShop(opened.connect(), {
      limits: { concurrency: 1, perSecond: 2 },
    });
    const { segmentId } = await people(1, 5);
    const { campaignId, postId } = await launch([segmentId]);
    await time.settle(kit);
    expect(mail.accepted).toHaveLength(2);
    // Another process, whose host has forgotten the channel.
    const other = createCampaignKit({
      storage: opened.connect(),
      channels: { pigeon: scriptedChannel({ reach: "direct" }) },
      runtime: time.runtime,
    });
    const elsewhere = other.workspace("shop");
    await expect(
      elsewhere.posts.create(campaignId, { channel: "mail" as never, content: { text: "More" } as never }),
    ).rejects.toMatchObject({ code: "CONFIGURATION_INVALID", message: expect.stringContaining("pigeon") });
    await time.advance("10m", other);
    expect(await shop.posts.progress(postId)).toMatchObject({ sent: 2, pending: 3 });
    const warnings = time.log.filter(({ level, fields }) => level === "warn" && fields["channel"] === "mail");
    expect(warnings).toHaveLength(1);
    await time.advance("10m", kit);
    expect(reached(mail)).toEqual(once(1, 5));
    await other.stop();
    await kit.stop();
  });
});
