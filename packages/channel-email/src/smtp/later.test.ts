import { createCampaignKit } from "@campaignkit/core";
import { describeEachDatabase, type TestDatabase } from "@campaignkit/test-support/each-database";
import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";
import { startScripted } from "../../test/scripted-server.ts";
import { email, smtp } from "../index.ts";

/** Attempts after which a message that only failed for now would be given up. */
const MANY = 12;

/** An engine that sends one post to Ann over that port, a connection for each attempt. */
async function sendingTo(port: number, database: TestDatabase) {
  const time = virtualTime();
  const newsletter = email({
    transport: smtp({ host: "127.0.0.1", port, pool: { connections: 1, messagesPerConnection: 1 } }),
    from: "hello@shop.example",
  });
  const kit = createCampaignKit({
    storage: database.connect(),
    channels: { newsletter },
    runtime: time.runtime,
  });
  const shop = kit.workspace("shop");
  const consents = [{ channel: "email", state: "granted", source: "form" }] as const;
  const { contact } = await shop.contacts.upsert({ email: "ann@example.com", consents });
  const everybody = await shop.segments.create({ name: "Everybody", kind: "static" });
  await shop.segments.addMembers(everybody.id, [contact.id]);
  const { id } = await shop.campaigns.create({
    name: "Spring",
    timeZone: "UTC",
    startsAt: time.now(),
    channels: ["newsletter"],
    segmentIds: [everybody.id],
  });
  const post = await shop.posts.create(id, { channel: "newsletter", content: { subject: "Hi", text: "Hi" } });
  await shop.campaigns.launch(id);
  return {
    kit,
    time,
    async delivery() {
      const { items } = await shop.deliveries.list({ postId: post.id });
      const [only] = items;
      if (only === undefined) throw new Error("There is no delivery.");
      return only;
    },
  };
}

describeEachDatabase("mail that is put off", (database) => {
  it.each([
    "421 4.7.0 Try again later, closing connection",
    "421 4.3.2 Service shutting down",
    "451 4.7.500 Server busy. Please try again later",
    "454 4.7.0 Throttling failure: Maximum sending rate exceeded",
  ])("CHN-8: %s only makes it later, however often it is said: it is no failure", async (rcpt) => {
    await using server = await startScripted((connection) => (connection < MANY ? { rcpt } : {}));
    const { kit, time, delivery } = await sendingTo(server.port, await database());
    await time.advance("1m", kit);
    expect(await delivery()).toMatchObject({ state: "pending", reason: "" });
    await time.advance("12h", kit);
    expect(server.reached.get("rcpt")).toBe(MANY + 1);
    expect(await delivery()).toMatchObject({ state: "sent", attempts: 1 });
    await kit.stop();
  });

  it("CHN-8: greylisting is waited for, as long as the server asks or five minutes", async () => {
    const answers = ["451 4.7.1 Greylisted, please try again in 600 seconds", "450 4.2.0 Greylisted"];
    await using server = await startScripted((connection) => {
      const rcpt = answers[connection];
      return rcpt === undefined ? {} : { rcpt };
    });
    const { kit, time, delivery } = await sendingTo(server.port, await database());
    await time.advance("9m", kit);
    expect(server.reached.get("rcpt")).toBe(1);
    await time.advance("5m", kit);
    expect(server.reached.get("rcpt")).toBe(2);
    expect(await delivery()).toMatchObject({ state: "pending" });
    await time.advance("5m", kit);
    expect(await delivery()).toMatchObject({ state: "sent" });
    await kit.stop();
  });
});
