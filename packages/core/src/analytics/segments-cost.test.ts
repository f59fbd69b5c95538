/**
 * What figures by segment cost, counted in rows that PostgreSQL visits and read off SQLite's plans, never in time: it depends on the campaign, and
 * not on what else was recorded.
 */
import {
  createCampaignKit,
  definePlugin,
  type Scope,
  type SqlDriver,
  type SqlStatement,
} from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";
import type { NewEvent } from "./event.ts";
import { recordEvents } from "./record.ts";
import { keepSegmentSets, segmentSetOf } from "./segment-sets.ts";

const TABLES = ["ck_events", "ck_event_rollups", "ck_first_touches", "ck_segment_sets"];
const OWN_EVENTS = 300;
const OTHER_EVENTS = 20_000;

/** A driver that keeps the reading statements it was given. */
function listening(inner: SqlDriver, heard: Map<string, SqlStatement>): SqlDriver {
  return {
    family: inner.family,
    execute: (statement) => {
      const reads =
        /^\s*select/i.test(statement.sql) && TABLES.some((table) => statement.sql.includes(table));
      if (reads) heard.set(statement.sql, statement);
      return inner.execute(statement);
    },
    transaction: (work) => inner.transaction(work),
    close: () => inner.close(),
  };
}

interface PlanNode {
  readonly "Relation Name"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly "Rows Removed by Index Recheck"?: number;
  readonly Plans?: readonly PlanNode[];
}

function visited(node: PlanNode): number {
  const below = (node.Plans ?? []).reduce((sum, each) => sum + visited(each), 0);
  if (!TABLES.includes(node["Relation Name"] ?? "")) return below;
  const removed = (node["Rows Removed by Filter"] ?? 0) + (node["Rows Removed by Index Recheck"] ?? 0);
  return below + (node["Actual Rows"] + removed) * node["Actual Loops"];
}

/** The rows of results that the statement visits. */
async function rowsVisited(driver: SqlDriver, { sql, parameters }: SqlStatement): Promise<number> {
  const { rows } = await driver.execute({ sql: `explain (analyze, format json) ${sql}`, parameters });
  const plan: unknown = rows[0]?.["QUERY PLAN"];
  const roots = (typeof plan === "string" ? JSON.parse(plan) : plan) as readonly {
    readonly Plan: PlanNode;
  }[];
  return roots.reduce((sum, { Plan }) => sum + visited(Plan), 0);
}

/** The steps of the plan that go through more of a table than a campaign, a set or a segment. */
async function walks(driver: SqlDriver, { sql, parameters }: SqlStatement): Promise<readonly string[]> {
  const { rows } = await driver.execute({ sql: `explain query plan ${sql}`, parameters });
  return rows
    .map(({ detail }) => String(detail))
    .filter((step) => /^(SCAN|SEARCH) (cell|event|first|member|ck_)/.test(step))
    .filter((step) => !/campaign_id=\?|set_id=\?|segment=\?/.test(step));
}

describeEachDatabase("what figures by segment cost", (database, family) => {
  it("ANA-2, ANA-13: depends, like a whole report, on the campaign's events and people, and not on those of others", async () => {
    const time = virtualTime();
    const opened = await database();
    const heard = new Map<string, SqlStatement>();
    const kit = createCampaignKit({
      storage: listening(opened.connect(), heard),
      channels: {},
      plugins: { door: definePlugin<Scope>({ id: "door", workspace: (scope) => scope }) },
      runtime: time.runtime,
    });
    const shop = kit.workspace("shop");
    const plan = { name: "Spring", timeZone: "UTC", startsAt: time.now() };
    const [own, other] = [await shop.campaigns.create(plan), await shop.campaigns.create(plan)];
    const sets = [["a"], ["a", "b"], ["b", "c"]];
    const uuid = (n: number): string => `00000000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
    const record = async (campaignId: string, from: number, count: number): Promise<void> => {
      for (let start = from; start < from + count; start += 1_000) {
        await shop.plugins.door.write("events:write", async (unit) => {
          await keepSegmentSets(unit, sets);
          const events = Array.from({ length: Math.min(1_000, from + count - start) }, (_, n): NewEvent => {
            const number = start + n;
            return {
              id: `e${number}`,
              type: ["sent", "click", "conversion"][number % 3] ?? "sent",
              at: unit.now - (number % 5_000) * 60_000,
              campaignId,
              machine: number % 5 === 0 ? "link-burst" : null,
              contactId: uuid(number % (count / 2)),
              channel: "mail",
              segmentSet: segmentSetOf(sets[number % 7] ?? []),
            };
          });
          await recordEvents(unit, events);
        });
      }
    };
    const report = async () => {
      heard.clear();
      const campaignIds = [own.id];
      await shop.analytics.metrics({ campaignIds, groupBy: ["segment"] });
      await shop.analytics.metrics({ campaignIds, groupBy: ["segment", "variant"] });
      await shop.analytics.metrics({ campaignIds, groupBy: ["segment", "day"], segment: "b" });
      await shop.analytics.trends({ campaignIds, interval: "day", segment: "b" });
      await shop.analytics.report(own.id);
      const statements = [...heard.values()];
      expect(statements.length).toBeGreaterThan(8);
      return statements;
    };
    const driver = opened.connect();
    const rowsOf = async (): Promise<number> => {
      await driver.execute({ sql: "analyze", parameters: [] });
      let sum = 0;
      for (const statement of await report()) sum += await rowsVisited(driver, statement);
      return sum;
    };
    await record(own.id, 0, OWN_EVENTS);
    if (family === "postgres") {
      const alone = await rowsOf();
      await record(other.id, OWN_EVENTS, OTHER_EVENTS);
      const crowded = await rowsOf();
      expect(alone).toBeGreaterThan(OWN_EVENTS);
      expect(crowded).toBeLessThanOrEqual(1.2 * alone);
    } else {
      await record(other.id, OWN_EVENTS, OTHER_EVENTS);
      for (const statement of await report())
        expect(await walks(driver, statement), statement.sql).toEqual([]);
    }
    await driver.close();
    await kit.stop();
  });
});
