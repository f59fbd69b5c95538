import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { hours, openCampaigns } from "@campaignkit/test-support/open-campaigns";
import { sql } from "kysely";
import { expect, it } from "vitest";
import type { SqlDriver, SqlExecutor } from "../../ports/storage.ts";
import type { Db } from "../../storage/db.ts";

const MANY = 100_000;

/** A hundred thousand campaigns, most of them completed, as a long life leaves them behind. */
async function fill(db: Db, family: "sqlite" | "postgres", template: string): Promise<void> {
  const series =
    family === "postgres"
      ? sql`generate_series(1, ${sql.lit(MANY)}) as g(n)`
      : sql`(with recursive g(n) as (select 1 union all select n + 1 from g where n < ${sql.lit(MANY)}) select n from g) as g`;
  const uuid = family === "postgres" ? sql`lpad(to_hex(g.n), 12, '0')` : sql`printf('%012x', g.n)`;
  const id =
    family === "postgres"
      ? sql`('00000000-0000-7000-8000-' || ${uuid})::uuid`
      : sql`'00000000-0000-7000-8000-' || ${uuid}`;
  await sql`
    insert into ck_campaigns (id, workspace_id, name, name_key, description, type, state, time_zone, starts_at, ends_at, ends_key, currency,
      owner, details, shelf, version, created_at, updated_at)
    select ${id}, workspace_id, 'Campaign ' || g.n, 'campaign ' || g.n, '',
      case when g.n % 5000 = 0 then 'event' else 'email' end,
      case when g.n % 10000 = 0 then 'active' else 'completed' end, time_zone,
      starts_at + g.n * 1000, starts_at + g.n * 1000 + 500, starts_at + g.n * 1000 + 500, currency,
      case when g.n % 20000 = 0 then 'ann' else 'ben' end, details, 'open', 1, created_at + g.n, created_at + (g.n * 7919) % 1000003
    from ck_campaigns, ${series} where ck_campaigns.id = ${template}
  `.execute(db);
  for (const [kind, term, every] of [
    ["word", "campaign", 1],
    ["word", "rare", 25_000],
    ["tag", "often", 2],
    ["tag", "seldom", 10_000],
    ["channel", "wall", 1],
  ] as const)
    await sql`
      insert into ck_campaign_terms (workspace_id, kind, term, campaign_id)
      select 'shop', ${sql.lit(kind)}, ${sql.lit(term)}, ${id} from ${series} where g.n % ${sql.lit(every)} = 0
    `.execute(db);
}

/** Statistics over every row, not over a sample by chance: the same plans in every run. */
async function analyze(storage: SqlDriver): Promise<void> {
  const say = (executor: SqlExecutor, text: string): Promise<unknown> =>
    executor.execute({ sql: text, parameters: [] });
  await storage.transaction(async (transaction) => {
    if (storage.family === "postgres") await say(transaction, "set local default_statistics_target = 2000");
    await say(transaction, "analyze ck_campaigns");
    await say(transaction, "analyze ck_campaign_terms");
  });
}

/** Rows that the nodes of a plan touched, as PostgreSQL measured it. */
function visited(node: Record<string, unknown>): number {
  const own = [
    "Actual Rows",
    "Rows Removed by Filter",
    "Rows Removed by Index Recheck",
    "Rows Removed by Join Filter",
  ]
    .map((name) => Number(node[name] ?? 0))
    .reduce((sum, rows) => sum + rows, 0);
  const inner = (node["Plans"] as Record<string, unknown>[] | undefined) ?? [];
  return own * Number(node["Actual Loops"] ?? 1) + inner.reduce((sum, plan) => sum + visited(plan), 0);
}

describeEachDatabase("lists of a hundred thousand campaigns", (database, family) => {
  it("CAM-2: are read in a time that does not grow with them", async () => {
    const { kit, campaigns, draft, scope, storage } = await openCampaigns(database);
    const template = await draft();
    await scope.read("campaigns:read", (db) => fill(db, family, template.id));
    await analyze(storage);
    const statements: { sql: string; parameters: readonly unknown[] }[] = [];
    const execute = storage.execute.bind(storage);
    storage.execute = async (statement) => {
      statements.push(statement);
      return execute(statement);
    };
    const queries = {
      newest: {},
      oldest: { sort: { by: "createdAt", direction: "asc" } },
      "by name": { sort: { by: "name" } },
      "by end": { sort: { by: "endsAt" } },
      "lately changed": { sort: { by: "updatedAt" } },
      "a rare state": { state: ["active", "paused"] },
      "a common state": { state: "completed", sort: { by: "startsAt" } },
      "a rare type": { type: "event", sort: { by: "updatedAt" } },
      "a rare owner": { owner: "ann", sort: { by: "name" } },
      "a rare tag": { tag: "seldom", sort: { by: "startsAt" } },
      "a common tag": { tag: "often" },
      "a common channel": { channel: "wall", sort: { by: "name" } },
      "a rare word": { search: "rare", sort: { by: "endsAt" } },
      "a common word": { search: "camp", sort: { by: "updatedAt" } },
      "common words, and a rare one": { search: "camp rare", tag: "often" },
      "a time span long ago": { overlaps: { to: hours(1.01) } },
      "a time span to come": { overlaps: { from: new Date(hours(1).getTime() + MANY * 1000 - 5_000) } },
      "decisions to make": { needsDecision: true },
      "no folder": { folderId: null },
    } as const;
    const costs: Record<string, number> = {};
    for (const [name, query] of Object.entries(queries)) {
      statements.length = 0;
      const page = await campaigns.list({ ...query, limit: 50 } as never);
      if (name !== "decisions to make") expect([name, page.items.length > 0]).toEqual([name, true]);
      for (const { sql: text, parameters } of statements.splice(0)) {
        if (family === "sqlite") {
          const { rows } = await execute({
            sql: `explain query plan ${text}`,
            parameters: parameters as never,
          });
          const scans = rows
            .map(({ detail }) => String(detail))
            .filter(
              (detail) =>
                /^SCAN/.test(detail) &&
                !/^SCAN (candidate|found|bounded|CONSTANT|\d|\(subquery)/.test(detail),
            );
          const walks = text.startsWith("select c.*");
          const sorts = rows.filter(({ detail }) => /TEMP B-TREE/.test(String(detail)));
          if (walks) expect([name, sorts]).toEqual([name, []]);
          expect([name, scans]).toEqual([name, []]);
        } else {
          const { rows } = await execute({
            sql: `explain (analyze, format json) ${text}`,
            parameters: parameters as never,
          });
          const answer = rows[0]?.["QUERY PLAN"];
          const [explained] = (typeof answer === "string" ? JSON.parse(answer) : answer) as [
            { Plan: Record<string, unknown> },
          ];
          const { Plan: plan } = explained;
          costs[name] = (costs[name] ?? 0) + visited(plan);
        }
      }
    }
    // Each filter is asked for a thousand ids at most, through a few nodes; a walk finds its page among a few thousand.
    for (const [name, rows] of Object.entries(costs)) expect([name, rows < 10_000]).toEqual([name, true]);
    storage.execute = execute;
    await kit.stop();
  });
});
