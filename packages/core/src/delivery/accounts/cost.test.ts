import {
  createCampaignKit,
  type SqlDriver,
  type SqlExecutor,
  type SqlResult,
  type SqlStatement,
} from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { scriptedChannel, virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";

/** A driver that keeps the statements on the accounts' tables. */
class WatchedDriver implements SqlDriver {
  readonly family: SqlDriver["family"];
  readonly #inner: SqlDriver;
  readonly statements: string[] = [];

  constructor(inner: SqlDriver) {
    this.#inner = inner;
    this.family = inner.family;
  }

  execute(statement: SqlStatement): Promise<SqlResult> {
    this.#note(statement);
    return this.#inner.execute(statement);
  }

  transaction<Result>(work: (transaction: SqlExecutor) => Promise<Result>): Promise<Result> {
    return this.#inner.transaction((transaction) =>
      work({
        execute: (statement) => {
          this.#note(statement);
          return transaction.execute(statement);
        },
      }),
    );
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #note({ sql }: SqlStatement): void {
    if (/(?:insert into|update|delete from)\s+"?ck_channel_/.test(sql)) this.statements.push(sql);
  }
}

describeEachDatabase("what the accounts of channels cost", (database) => {
  const send = async (limits: Parameters<typeof scriptedChannel>[0]["limits"], people: number) => {
    const time = virtualTime();
    const driver = new WatchedDriver((await database()).connect());
    const mail = scriptedChannel({ reach: "direct", ...(limits === undefined ? {} : { limits }) });
    const kit = createCampaignKit({
      storage: driver,
      channels: { mail },
      runtime: time.runtime,
      workers: { lanes: 1, batchSize: 50 },
    });
    const shop = kit.workspace("shop");
    const consents = [{ channel: "email", state: "granted", source: "form" }] as const;
    const contacts = Array.from({ length: people }, (_, n) => ({ email: `p${n}@example.com`, consents }));
    const { items } = await shop.contacts.upsertMany(contacts);
    const segment = await shop.segments.create({ name: "All", kind: "static" });
    await shop.segments.addMembers(
      segment.id,
      items.flatMap((item) => ("contactId" in item ? [item.contactId] : [])),
    );
    const campaign = await shop.campaigns.create({
      name: "C",
      timeZone: "UTC",
      startsAt: time.now(),
      channels: ["mail"],
      segmentIds: [segment.id],
    });
    await shop.posts.create(campaign.id, { channel: "mail", content: { text: "Hello" } });
    await shop.campaigns.launch(campaign.id);
    await time.advance("1h", kit);
    expect(mail.accepted).toHaveLength(people);
    await kit.stop();
    return driver.statements.length;
  };

  it("CHN-9: without limits and trouble, nothing is written", async () => {
    expect(await send(undefined, 300)).toBe(0);
  });

  it("CHN-9: with a rate and a daily limit, a few statements a batch, however many messages it has", async () => {
    const limits = { concurrency: 8, perSecond: 1_000, perDay: { timeZone: "UTC", max: 10_000 } };
    // Six batches, and what it takes to find that there is no seventh.
    expect(await send(limits, 300)).toBeLessThanOrEqual(6 * 4 + 10);
  });
});
