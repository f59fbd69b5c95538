/**
 * What sending costs, counted in pages that PostgreSQL touches and read off SQLite's plans, never in time: it depends on the batch, and not on
 * what else is in the tables. No statistics are gathered, as in the first minutes of a table's life.
 */
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

const HOT = [
  "ck_deliveries",
  "ck_delivery_ready",
  "ck_delivery_claims",
  "ck_delivery_counts",
  "ck_contact_frequency",
  "ck_dispatches",
  "ck_delivery_pace",
  "ck_channel_days",
];
const PEOPLE = 150;
const ELSE = 20_000;
const BATCH = 50;

/** By statement: the most pages that it touched (PostgreSQL), and the steps of its plan (SQLite). */
type Costs = Map<string, { readonly pages: number; readonly steps: readonly string[] }>;

/** A driver that has each statement on the hot tables explained before it runs. */
class ExplainingDriver implements SqlDriver {
  readonly family: SqlDriver["family"];
  readonly #inner: SqlDriver;
  costs: Costs = new Map();

  constructor(inner: SqlDriver) {
    this.#inner = inner;
    this.family = inner.family;
  }

  async execute(statement: SqlStatement): Promise<SqlResult> {
    if (isHot(statement))
      await this.#inner.transaction((transaction) => this.#explain(transaction, statement));
    return this.#inner.execute(statement);
  }

  transaction<Result>(work: (transaction: SqlExecutor) => Promise<Result>): Promise<Result> {
    return this.#inner.transaction((transaction) =>
      work({
        execute: async (statement) => {
          if (isHot(statement)) await this.#explain(transaction, statement);
          return transaction.execute(statement);
        },
      }),
    );
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #explain(transaction: SqlExecutor, { sql, parameters }: SqlStatement): Promise<void> {
    const text = sql.replace(/\s+/g, " ").trim();
    const run = (wanted: string): Promise<SqlResult> => transaction.execute({ sql: wanted, parameters: [] });
    if (this.family === "sqlite") {
      const { rows } = await transaction.execute({ sql: `explain query plan ${sql}`, parameters });
      this.costs.set(text, { pages: 0, steps: rows.map(({ detail }) => String(detail)) });
      return;
    }
    // Carried out for its cost, and taken back.
    await run("savepoint cost");
    const { rows } = await transaction.execute({
      sql: `explain (analyze, buffers, format json) ${sql}`,
      parameters,
    });
    await run("rollback to savepoint cost");
    await run("release savepoint cost");
    const plan: unknown = rows[0]?.["QUERY PLAN"];
    const [root] = (typeof plan === "string" ? JSON.parse(plan) : plan) as readonly {
      readonly Plan: Readonly<Record<string, number>>;
    }[];
    const pages = (root?.Plan["Shared Hit Blocks"] ?? 0) + (root?.Plan["Shared Read Blocks"] ?? 0);
    this.costs.set(text, { pages: Math.max(pages, this.costs.get(text)?.pages ?? 0), steps: [] });
  }
}

function isHot({ sql }: SqlStatement): boolean {
  return /^\s*(?:select|insert|update|delete)/i.test(sql) && HOT.some((table) => sql.includes(table));
}

/** So many rows of other posts, finished and pending, and rows of one post that fall due tomorrow. */
async function fill(
  driver: SqlDriver,
  post: { readonly id: string; readonly campaignId: string; readonly at: number },
): Promise<void> {
  const [id, from] =
    driver.family === "postgres"
      ? ["gen_random_uuid()", `generate_series(1, ${ELSE}) as n`]
      : [
          "lower(printf('%s-%s-7%s-8%s-%s', hex(randomblob(4)), hex(randomblob(2)), substr(hex(randomblob(2)), 2), substr(hex(randomblob(2)), 2), hex(randomblob(6))))",
          `(with recursive counted(n) as (select 1 union all select n + 1 from counted where n < ${ELSE}) select n from counted) as n`,
        ];
  const run = (sql: string) => driver.execute({ sql, parameters: [] });
  const other = (await run(`select ${id} as id`)).rows[0]?.["id"];
  const row = (
    postId: string,
    state: string,
  ) => `insert into ck_deliveries (id, workspace_id, campaign_id, post_id, contact_id, state, reason,
    attempts, on_unknown, cost_micros, created_at) select ${id}, 'shop', '${post.campaignId}', '${postId}', ${id}, '${state}', '', 1, 'hold', 0, 0 from ${from}`;
  await run(row(String(other), "sent"));
  await run(row(String(other), "pending"));
  await run(
    `insert into ck_delivery_ready (post_id, due_at, delivery_id) select '${other}', ${post.at - 1_000}, ${id} from ${from}`,
  );
  await run(
    `insert into ck_delivery_ready (post_id, due_at, delivery_id) select '${post.id}', ${post.at + 86_400_000}, ${id} from ${from}`,
  );
}

describeEachDatabase("what sending costs", (database, family) => {
  it("CHN-9: depends on the batch, not on rows that are finished, due later, or of other posts", async () => {
    const time = virtualTime();
    const connected = (await database()).connect();
    const driver = new ExplainingDriver(connected);
    const perDay = { timeZone: "UTC", max: 100_000 };
    const mail = scriptedChannel({ reach: "direct", limits: { concurrency: 10, perSecond: BATCH, perDay } });
    const kit = createCampaignKit({
      storage: driver,
      channels: { mail },
      runtime: time.runtime,
      workers: { lanes: 1, batchSize: BATCH },
    });
    const shop = kit.workspace("shop");
    const consents = [{ channel: "email", state: "granted", source: "form" }] as const;
    const people = Array.from({ length: PEOPLE }, (_, n) => ({ email: `p${n}@example.com`, consents }));
    const { items } = await shop.contacts.upsertMany(people);
    const segment = await shop.segments.create({ name: "All", kind: "static" });
    const contactIds = items.flatMap((item) => ("contactId" in item ? [item.contactId] : []));
    await shop.segments.addMembers(segment.id, contactIds);
    if (family === "postgres")
      for (const table of HOT)
        await driver.execute({
          sql: `alter table ${table} set (autovacuum_enabled = false)`,
          parameters: [],
        });

    const begin = async () => {
      const campaign = await shop.campaigns.create({
        name: "C",
        timeZone: "UTC",
        startsAt: time.now(),
        channels: ["mail"],
        segmentIds: [segment.id],
      });
      const post = await shop.posts.create(campaign.id, { channel: "mail", content: { text: "Hello" } });
      await shop.campaigns.launch(campaign.id);
      await time.settle(kit);
      return { id: post.id, campaignId: campaign.id, at: time.now().getTime() };
    };
    // A second at a time, so that the rate allows whole batches and not each message by itself.
    const seconds = async (count: number): Promise<void> => {
      for (let second = 0; second < count; second++) {
        time.pass("1s");
        await time.settle(kit);
      }
    };
    const first = await begin();
    await seconds(4);
    expect(await shop.posts.progress(first.id)).toMatchObject({ audience: PEOPLE, sent: PEOPLE });
    const alone = driver.costs;
    const second = await begin();
    await fill(connected, second);
    driver.costs = new Map();
    await seconds(4);
    const third = await begin();
    await seconds(4);
    expect(await shop.posts.progress(third.id)).toMatchObject({ audience: PEOPLE, sent: PEOPLE });
    expect(mail.accepted).toHaveLength(3 * PEOPLE);
    const crowded = driver.costs;

    const claims = [...crowded].filter(([sql]) => sql.startsWith("delete from ck_delivery_ready"));
    expect(claims.length).toBeGreaterThan(0);
    if (family === "sqlite") {
      for (const [sql, { steps }] of claims) {
        expect(steps.join("\n"), sql).toContain(
          "SEARCH ck_delivery_ready USING PRIMARY KEY (post_id=? AND due_at<?)",
        );
        expect(steps.join("\n"), sql).not.toContain("TEMP B-TREE");
      }
      for (const [sql, { steps }] of crowded) {
        const walks = steps.filter((step) =>
          /^SCAN (ck_deliveries|ck_delivery_ready|ck_contact_frequency|ck_delivery_pace|ck_channel_days|d)\b/.test(
            step,
          ),
        );
        expect(walks, sql).toEqual([]);
      }
      return kit.stop();
    }
    for (const [sql, { pages }] of crowded) {
      const before = alone.get(sql)?.pages;
      if (before !== undefined) expect(pages, sql).toBeLessThanOrEqual(2 * before + 4 * BATCH);
    }
    await kit.stop();
  });
});
