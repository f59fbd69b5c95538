import { money } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";
import { reached, type SendingShop, sendingShop } from "./shop.fixture.ts";

const NIGHT = { from: "21:00", to: "08:00" };

/** A segment of contacts in these zones, named after their place in the list. */
async function peopleIn({ shop }: SendingShop, zones: readonly (string | null)[]): Promise<string> {
  const consents = [{ channel: "email", state: "granted", source: "form" }] as const;
  const people = zones.map((timeZone, n) => ({ email: `p${n}@example.com`, timeZone, consents }));
  const { items } = await shop.contacts.upsertMany(people);
  const segment = await shop.segments.create({ name: "All", kind: "static" });
  const contactIds = items.flatMap((item) => ("contactId" in item ? [item.contactId] : []));
  await shop.segments.addMembers(segment.id, contactIds);
  return segment.id;
}

async function setNight({ shop }: SendingShop): Promise<void> {
  const { version } = await shop.policies.get();
  await shop.policies.set({ version, quietHours: NIGHT });
}

/** When each was really written to. */
function times({ mail }: SendingShop): Readonly<Record<string, string>> {
  return Object.fromEntries(
    mail.accepted.map(({ at, message }) => [
      message.to?.address.split("@")[0],
      at.toISOString().slice(0, 16),
    ]),
  );
}

describeEachDatabase("quiet hours and local time", (database) => {
  it("CHN-9, SCH-8: nobody is written to at night, by the own clock; an unknown zone falls back to the campaign's and is counted", async () => {
    const time = virtualTime({ startAt: new Date("2027-03-01T20:30:00Z") });
    const w = sendingShop((await database()).connect(), {}, time);
    await setNight(w);
    const zones = ["Europe/Berlin", "America/New_York", "Asia/Tokyo", null];
    const segmentId = await peopleIn(w, zones);
    const { campaignId, postId } = await w.launch([segmentId], { campaign: { timeZone: "Europe/Berlin" } });
    await time.settle(w.kit);
    expect(times(w)).toEqual({ p1: "2027-03-01T20:30" });
    // Whoever finds nothing due while another has a batch in hand looks again a moment later.
    await time.advance("5s", w.kit);
    expect(await w.shop.posts.get(postId)).toMatchObject({
      state: "sending",
      held: { reason: "quiet-hours", until: new Date("2027-03-01T23:00:00Z") },
    });
    expect(await w.shop.posts.progress(postId)).toMatchObject({ sent: 1, pending: 3, zoneFallbacks: 1 });
    await expect(w.shop.posts.resume(postId)).rejects.toMatchObject({ code: "CONFLICT" });
    await time.advance("1d", w.kit);
    expect(times(w)).toEqual({
      p0: "2027-03-02T07:00",
      p1: "2027-03-01T20:30",
      p2: "2027-03-01T23:00",
      p3: "2027-03-02T07:00",
    });
    expect(await w.shop.deliveries.progress(campaignId)).toMatchObject({
      audience: 4,
      sent: 4,
      failed: 0,
      estimatedEndAt: null,
      noEstimate: "ended",
    });
    await w.kit.stop();
  });

  it("CHN-9: what the night overtakes waits for the morning; its place and its money are given back, and nobody gets it twice", async () => {
    const time = virtualTime({ startAt: new Date("2027-03-01T20:59:57Z") });
    const options = { limits: { concurrency: 1, perSecond: 1 }, costMicros: 1_000_000 };
    const w = sendingShop((await database()).connect(), options, time);
    await setNight(w);
    const segmentId = await peopleIn(w, Array(8).fill("UTC"));
    const { campaignId, postId } = await w.launch([segmentId], {
      campaign: { budget: { total: money("USD", 8) } },
    });
    await time.advance("1h", w.kit);
    const evening = w.mail.accepted.length;
    expect(evening).toBeGreaterThan(0);
    expect(w.mail.accepted.every(({ at }) => at < new Date("2027-03-01T21:00:00Z"))).toBe(true);
    expect(await w.shop.posts.progress(postId)).toMatchObject({ sent: evening, pending: 8 - evening });
    const { total } = await w.shop.budgets.get(campaignId);
    expect([total.committed.amountMicros, total.reserved.amountMicros]).toEqual([evening * 1_000_000, 0]);
    await time.advance("12h", w.kit);
    expect(Object.values(reached(w.mail))).toEqual(Array(8).fill(1));
    expect(w.mail.accepted[evening]?.at).toEqual(new Date("2027-03-02T08:00:00Z"));
    expect(await w.shop.posts.get(postId)).toMatchObject({ state: "sent", held: null });
    await w.kit.stop();
  });

  it("CHN-9: a transactional post goes out at night; a post can add hours of its own, and not take the workspace's away", async () => {
    const time = virtualTime({ startAt: new Date("2027-03-01T23:00:00Z") });
    const w = sendingShop((await database()).connect(), {}, time);
    await setNight(w);
    const segmentId = await peopleIn(w, ["UTC"]);
    await w.launch([segmentId], { post: { purpose: "transactional", quietHours: NIGHT } });
    await time.settle(w.kit);
    expect(w.mail.accepted).toHaveLength(1);
    const { postId } = await w.launch([segmentId], { post: { quietHours: { from: "07:00", to: "10:00" } } });
    expect(await w.shop.posts.get(postId)).toMatchObject({ quietHours: { from: "07:00", to: "10:00" } });
    await time.advance("12h", w.kit);
    expect(w.mail.accepted[1]?.at).toEqual(new Date("2027-03-02T10:00:00Z"));
    await w.kit.stop();
  });

  it("CHN-10: pausing and cancelling hold also what waits for the morning", async () => {
    const time = virtualTime({ startAt: new Date("2027-03-01T22:00:00Z") });
    const w = sendingShop((await database()).connect(), {}, time);
    await setNight(w);
    const segmentId = await peopleIn(w, Array(20).fill("UTC"));
    const { campaignId, postId } = await w.launch([segmentId]);
    await time.advance("1h", w.kit);
    await w.shop.campaigns.pause(campaignId);
    await time.advance("1d", w.kit);
    expect(w.mail.attempts).toHaveLength(0);
    expect(await w.shop.posts.get(postId)).toMatchObject({ held: { reason: "campaign-paused" } });
    await w.shop.campaigns.resume(campaignId);
    await time.advance("1h", w.kit);
    expect(w.mail.attempts).toHaveLength(0);
    await w.shop.campaigns.cancel(campaignId);
    await time.advance("1d", w.kit);
    expect(w.mail.attempts).toHaveLength(0);
    expect(await w.shop.posts.progress(postId)).toMatchObject({
      audience: 20,
      skipped: 20,
      pending: 0,
      reasons: { skipped: { "campaign-cancelled": 20 } },
    });
    await w.kit.stop();
  });

  it("SCH-8: a post at nine by the contact's clock starts with the first clock on earth, and is right where clocks are moved", async () => {
    const time = virtualTime({ startAt: new Date("2027-03-26T00:00:00Z") });
    const w = sendingShop((await database()).connect(), {}, time);
    const zones = ["Pacific/Kiritimati", "Europe/Berlin", "America/New_York", "Pacific/Pago_Pago", null];
    const segmentId = await peopleIn(w, zones);
    const { postId } = await w.launch([segmentId], { post: { localTime: { at: "2027-03-28T02:30" } } });
    expect(await w.shop.posts.get(postId)).toMatchObject({
      state: "planned",
      localTime: { at: "2027-03-28T02:30", passed: "send-now" },
    });
    await time.advance("36h", w.kit);
    expect(w.mail.accepted).toHaveLength(0);
    await time.advance("1h", w.kit);
    expect((await w.shop.posts.get(postId)).held).toMatchObject({
      reason: "local-time",
      until: new Date("2027-03-28T01:30:00Z"),
    });
    await time.advance("2d", w.kit);
    expect(times(w)).toEqual({
      p0: "2027-03-27T12:30",
      // Half past two does not exist in Berlin on that day: it is as far past the gap.
      p1: "2027-03-28T01:30",
      p2: "2027-03-28T06:30",
      p3: "2027-03-28T13:30",
      p4: "2027-03-28T02:30",
    });
    expect(await w.shop.posts.progress(postId)).toMatchObject({ sent: 5, zoneFallbacks: 1 });
    await w.kit.stop();
  });

  it.each([
    ["send-now", "2027-03-02T12:00", "2027-03-02T14:00"],
    ["next-day", "2027-03-03T08:00", "2027-03-02T14:00"],
  ] as const)(
    "SCH-8: whose clock is past the time when the post starts gets it by the option: %s",
    async (passed, berlin, newYork) => {
      const time = virtualTime({ startAt: new Date("2027-03-02T12:00:00Z") });
      const w = sendingShop((await database()).connect(), {}, time);
      const segmentId = await peopleIn(w, ["Europe/Berlin", "America/New_York"]);
      await w.launch([segmentId], { post: { localTime: { at: "2027-03-02T09:00", passed } } });
      await time.advance("2d", w.kit);
      expect(times(w)).toEqual({ p0: berlin, p1: newYork });
      await w.kit.stop();
    },
  );

  it("SCH-8: refuses a time with a zone, one that no calendar has, and local time on a public channel", async () => {
    const w = sendingShop((await database()).connect(), { reach: "public" });
    const { id } = await w.shop.campaigns.create({
      name: "C",
      timeZone: "UTC",
      startsAt: w.time.now(),
      channels: ["mail"],
    });
    const create = (at: string) =>
      w.shop.posts.create(id, { channel: "mail", content: { text: "Hello" }, localTime: { at } });
    for (const at of ["2027-03-28T09:00Z", "2027-02-30T09:00", "09:00"])
      await expect(create(at)).rejects.toMatchObject({
        details: { issues: [{ path: ["localTime", "at"] }] },
      });
    await expect(create("2027-03-28T09:00")).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: { issues: [{ path: ["localTime"], message: expect.stringContaining("public") }] },
    });
    await w.kit.stop();
  });
});
