import {
  createCampaignKit,
  DEFAULT_MACHINE_RULES,
  definePlugin,
  type Scope,
  type SqlDriver,
  type SqlStatement,
} from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";
import { countLinks } from "../tracking/index.ts";
import { requestEvent } from "./machines/judged.fixture.ts";
import { recordEvents } from "./record.ts";

/** A driver that keeps the statements it was given. */
function listening(driver: SqlDriver, heard: SqlStatement[]): SqlDriver {
  return {
    family: driver.family,
    execute: (statement) => {
      heard.push(statement);
      return driver.execute(statement);
    },
    transaction: (work) =>
      driver.transaction((transaction) =>
        work({
          execute: (statement) => {
            heard.push(statement);
            return transaction.execute(statement);
          },
        }),
      ),
    close: () => driver.close(),
  };
}

const TABLES =
  /ck_events|ck_event_rollups|ck_event_requests|ck_first_touches|ck_segment_sets|ck_deliveries|ck_links/;

/** Whether a table is walked through, or a whole workspace of it: only totals, of which there are few, may be. */
function walksInSqlite(sql: string, plan: string): boolean {
  const steps = plan
    .split("\n")
    .filter((step) =>
      /^(SCAN|SEARCH) (cell|event|first|kept|touch|member|request|d|ck_events|ck_event_requests|ck_first_touches|ck_segment_sets|ck_deliveries|ck_links)\b/.test(
        step,
      ),
    );
  const byKey = /campaign_id=\?|contact_id=\?|delivery_id=\?|post_id=\?|set_id=\?|segment=\?|\bid=\?/;
  // Judging everything again goes through what was kept, page by page along the key.
  if (sql.includes('order by "request"."delivery_id"'))
    return !plan.includes("PRIMARY KEY") || plan.includes("TEMP B-TREE");
  return steps.some(
    (step) => !byKey.test(step) && !(step.startsWith("SEARCH cell") && sql.includes("cell.span = 0")),
  );
}

describeEachDatabase("query plans of results", (database, family) => {
  it("ANA-13: no report and no ingest walks through a whole table of events or sums", async () => {
    const time = virtualTime();
    const shared = await database();
    const heard: SqlStatement[] = [];
    const kit = createCampaignKit({
      storage: listening(shared.connect(), heard),
      channels: {},
      plugins: { door: definePlugin<Scope>({ id: "door", workspace: (scope) => scope }) },
      runtime: time.runtime,
    });
    const shop = kit.workspace("shop");
    const campaign = await shop.campaigns.create({ name: "Spring", timeZone: "UTC", startsAt: time.now() });
    const [ann, bob] = [
      (await shop.contacts.upsert({ externalId: "ann" })).contact.id,
      (await shop.contacts.upsert({ externalId: "bob" })).contact.id,
    ];
    const campaignIds = [campaign.id];
    const types = ["sent", "open", "click", "conversion"];
    const from = new Date(time.now().getTime() - 7 * 86_400_000 + 1);
    heard.length = 0;
    await shop.events.trackMany(
      types.map((type, place) => ({
        type,
        campaignId: campaign.id,
        contactId: ann,
        channel: "mail",
        ...(place % 2 === 0 ? {} : { segment: "vip" }),
      })),
    );
    const links = ["a", "b", "c"];
    const judging = { rules: DEFAULT_MACHINE_RULES, linkCounts: countLinks };
    // The third corrects the first two, and one of them is judged otherwise by other rules.
    for (const [n, link] of links.entries()) {
      const event = requestEvent({ delivery: 1, after: n * 100, link, network: "203.0.113.0/24" });
      await shop.plugins.door.write("events:write", (unit) =>
        recordEvents(
          unit,
          [{ ...event, at: unit.now + n * 100, contactId: ann, campaignId: campaign.id }],
          judging,
        ),
      );
    }
    await shop.events.reclassify({ rules: { burst: null, unopenedBurst: null } });
    await shop.events.reclassify({ since: from });
    await shop.events.forgetRequests({ before: from });
    await shop.analytics.report(campaign.id);
    await shop.analytics.metrics();
    await shop.analytics.metrics({ campaignIds, groupBy: ["channel", "post"] });
    await shop.analytics.metrics({ groupBy: ["campaign", "day"], from, to: time.now() });
    await shop.analytics.metrics({ campaignIds, groupBy: ["variant"], from });
    await shop.analytics.metrics({ campaignIds, groupBy: ["segment", "variant", "day"] });
    await shop.analytics.metrics({ groupBy: ["segment"], segment: "vip", from });
    await shop.analytics.trends({ campaignIds, interval: "hour" });
    await shop.analytics.trends({ interval: "month", timeZone: "Asia/Kathmandu" });
    await shop.analytics.funnel({ campaignIds, stages: types });
    await shop.analytics.funnel({ campaignIds, stages: [{ type: "open", channel: "mail" }, "open"], from });
    await shop.analytics.roi(campaign.id);
    await shop.events.list({ contactId: ann });
    await shop.events.list({ campaignId: campaign.id, type: "click" });
    await shop.contacts.merge({ into: bob, from: ann });
    await shop.contacts.erase(bob);
    const statements = new Map(
      heard
        .filter(({ sql }) => TABLES.test(sql) && !sql.startsWith("create"))
        .map((statement) => [statement.sql, statement]),
    );
    expect(statements.size).toBeGreaterThan(15);
    await kit.stop();

    const driver = shared.connect();
    const walks: string[] = [];
    for (const { sql, parameters } of statements.values()) {
      const plan = await driver.transaction(async (transaction) => {
        // Where a walk is the only way, it is planned even then.
        if (family === "postgres")
          await transaction.execute({ sql: "set local enable_seqscan = off", parameters: [] });
        const explain = family === "sqlite" ? "explain query plan" : "explain";
        const { rows } = await transaction.execute({ sql: `${explain} ${sql}`, parameters });
        return rows.map((row) => String(row["detail"] ?? row["QUERY PLAN"])).join("\n");
      });
      const walked =
        family === "sqlite"
          ? walksInSqlite(sql, plan)
          : /Seq Scan on (ck_event|ck_first|ck_segment_sets|ck_deliveries|ck_links)/.test(plan);
      if (walked) walks.push(`${sql}\n${plan}`);
    }
    expect(walks).toEqual([]);
    await driver.close();
  });
});
