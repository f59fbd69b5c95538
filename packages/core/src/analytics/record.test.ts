import {
  CampaignKitError,
  createCampaignKit,
  definePlugin,
  type Scope,
  type SqlDriver,
} from "@campaignkit/core";
import { describeEachDatabase, type TestDatabase } from "@campaignkit/test-support/each-database";
import { virtualTime } from "@campaignkit/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { NewEvent } from "./event.ts";
import { recordEvents } from "./record.ts";
import { verifyRollups } from "./recount.ts";

const START = Date.parse("2027-03-01T08:00:00Z");
const uuid = (n: number): string => `00000000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;

/** A driver that counts the transactions that lost against others. */
function counting(driver: SqlDriver, losses: { count: number }): SqlDriver {
  return {
    family: driver.family,
    execute: (statement) => driver.execute(statement),
    close: () => driver.close(),
    transaction: async (work) => {
      try {
        return await driver.transaction(work);
      } catch (error) {
        const lost = CampaignKitError.is(error, "STORAGE_FAILED") && error.details.kind === "contention";
        losses.count += lost ? 1 : 0;
        throw error;
      }
    },
  };
}

/** An engine, and the scope of one workspace as features have it. */
function open(database: TestDatabase, losses = { count: 0 }) {
  const time = virtualTime();
  const probe = definePlugin<Scope>({ id: "probe", workspace: (scope) => scope });
  const kit = createCampaignKit({
    storage: counting(database.connect(), losses),
    channels: {},
    plugins: { probe },
    runtime: time.runtime,
  });
  const scope = (workspace: string): Scope => kit.workspace(workspace).plugins.probe;
  return {
    kit,
    record: (events: readonly NewEvent[], workspace = "shop") =>
      scope(workspace).write("events:write", (unit) => recordEvents(unit, events)),
    verify: (campaignId: string | null, workspace = "shop") =>
      scope(workspace).read("analytics:read", (db) => verifyRollups(db, workspace, campaignId)),
    count: (table: "ck_events" | "ck_event_rollups" | "ck_first_touches") =>
      scope("shop").read("analytics:read", async (db) => {
        const rows = await db.selectFrom(table).selectAll().execute();
        return rows.length;
      }),
    scope,
  };
}

const anEvent: fc.Arbitrary<NewEvent> = fc
  .record({
    id: fc.integer({ min: 0, max: 40 }),
    type: fc.constantFrom("sent", "open", "click", "conversion", "like"),
    at: fc.integer({ min: -200, max: 200 }).map((minutes) => START + minutes * 60_000),
    campaign: fc.constantFrom(null, 1, 2),
    post: fc.constantFrom(null, 11, 12),
    contact: fc.constantFrom(null, 21, 22, 23),
    channel: fc.constantFrom(null, "mail", "web"),
    variant: fc.constantFrom(null, "a", "b"),
    count: fc.constantFrom(0, 1, 1, 1, 250),
    micros: fc.constantFrom(null, 0, 5_000_000, -2_000_000),
    currency: fc.constantFrom("EUR", "USD"),
    machine: fc.constantFrom(null, null, "prefetch"),
  })
  .map((given) => {
    const id = (n: number | null): string | null => (n === null ? null : uuid(n));
    return {
      id: `event-${given.id}`,
      type: given.type,
      at: given.at,
      campaignId: id(given.campaign),
      postId: id(given.post),
      contactId: id(given.contact),
      channel: given.channel,
      variant: given.variant,
      count: given.count,
      value: given.micros === null ? null : { currency: given.currency, amountMicros: given.micros },
      machine: given.machine,
    };
  });

describeEachDatabase("recording events", (database, family) => {
  it("ANA-1: records an event once, however often and with whatever it is told again", async () => {
    const { kit, record, count, verify } = open(await database());
    const event = { id: "order-1", type: "conversion", at: START, campaignId: uuid(1), contactId: uuid(21) };
    expect(await record([event, { ...event, count: 7 }])).toEqual(new Set(["order-1"]));
    expect(await record([{ ...event, at: START + 1 }])).toEqual(new Set());
    expect(await record([event], "other-shop")).toEqual(new Set(["order-1"]));
    expect(await count("ck_events")).toBe(2);
    expect(await verify(uuid(1))).toEqual({ exact: true, events: 1, differences: [] });
    await kit.stop();
  });

  it("ANA-13, I9: sums equal a recount for any order, repetition and split of late and punctual events", async () => {
    const { kit, record, verify } = open(await database());
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(anEvent, { maxLength: 12 }), { maxLength: 5 }), async (batches) => {
        run += 1;
        const workspace = `shop-${run}`;
        for (const batch of batches) await record(batch, workspace);
        for (const campaign of [null, uuid(1), uuid(2)]) {
          expect(await verify(campaign, workspace)).toMatchObject({ exact: true, differences: [] });
        }
      }),
      { numRuns: family === "sqlite" ? 150 : 60 },
    );
    await kit.stop();
  });

  it("ANA-13: a sum that was tampered with is found", async () => {
    const { kit, record, verify, scope } = open(await database());
    await record([{ id: "a", type: "open", at: START, campaignId: uuid(1), contactId: uuid(21) }]);
    await scope("shop").write("events:write", async ({ db }) => {
      await db.updateTable("ck_event_rollups").set({ count: 3 }).where("span", "=", 1).execute();
      await db
        .updateTable("ck_first_touches")
        .set({ first_at: START + 5 })
        .execute();
    });
    const verdict = await verify(uuid(1));
    expect(verdict.exact).toBe(false);
    expect(verdict.differences.map(({ kind, off }) => [kind, ...off])).toEqual([
      ["rollup", 2, 0],
      ["first-touch", 5, 0],
    ]);
    await kit.stop();
  });

  it("ANA-13, T4: four ingesters racing over the same keys neither deadlock nor lose a count", async () => {
    const shared = await database();
    const losses = { count: 0 };
    const ingesters = Array.from({ length: 4 }, () => open(shared, losses));
    await ingesters[0]?.kit.migrate();
    const events = (ingester: number): NewEvent[] =>
      Array.from({ length: 2_400 }, (_, i) => {
        const n = (i * 7 + ingester * 13) % 2_000;
        return {
          id: `event-${n}`,
          type: ["sent", "open", "click"][n % 3] ?? "sent",
          at: START + ((n * 37) % 500) * 60_000,
          campaignId: uuid(1 + (n % 5)),
          postId: uuid(11 + (n % 5)),
          contactId: uuid(100 + (n % 70)),
          channel: "mail",
        };
      });
    const recorded = await Promise.all(
      ingesters.map(async ({ record }, ingester) => {
        let fresh = 0;
        const all = events(ingester);
        for (let start = 0; start < all.length; start += 300) {
          fresh += (await record(all.slice(start, start + 300))).size;
        }
        return fresh;
      }),
    );
    expect(recorded.reduce((sum, n) => sum + n, 0)).toBe(2_000);
    // SQLite has one writer at a time, and others may find it busy; on PostgreSQL a loss would be a deadlock.
    if (family === "postgres") expect(losses.count).toBe(0);
    let total = 0;
    for (let campaign = 1; campaign <= 5; campaign++) {
      const verdict = await ingesters[0]?.verify(uuid(campaign));
      expect(verdict).toMatchObject({ exact: true, differences: [] });
      total += verdict?.events ?? 0;
    }
    expect(total).toBe(2_000);
    for (const { kit } of ingesters) await kit.stop();
  });

  it("ANA-1: any text that can be stored goes through, and a batch may exceed one statement", async () => {
    const { kit, record, verify } = open(await database());
    const odd = ["ü", "日本", "a'b\"c\\", "\n\t", "🧡", "x".repeat(200), "%", "$1", "?"];
    const events = Array.from({ length: 2_300 }, (_, i) => ({
      id: `${odd[i % odd.length]}${i}`.slice(0, 200),
      type: "open",
      at: START + i,
      campaignId: uuid(1),
      channel: odd[i % odd.length] ?? "",
      properties: { note: odd[i % odd.length], deep: [{ i }] },
    }));
    const distinct = new Set(events.map(({ id }) => id)).size;
    expect((await record(events)).size).toBe(distinct);
    expect(await verify(uuid(1))).toMatchObject({ exact: true, events: distinct });
    await kit.stop();
  });
});
