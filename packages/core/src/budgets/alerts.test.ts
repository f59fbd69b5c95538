import { type EngineEvent, money } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { type BenchEngine, type LedgerBench, ledgerBench } from "@campaignkit/test-support/ledger-bench";
import { openCampaigns } from "@campaignkit/test-support/open-campaigns";
import { expect, it } from "vitest";
import { reserveUnits, settleReservation } from "./index.ts";

const eur = (amount: number | string) => money("EUR", amount);
const UNIT = 1_000_000;

/** Everything that the bench's engines tell of budgets, as short texts. */
function listen({ engines }: LedgerBench): string[] {
  const told: string[] = [];
  const scopeOf = ({ scope, channel }: { scope: string; channel: string | null }) =>
    channel === null ? scope : `${scope}:${channel}`;
  for (const { kit } of engines) {
    kit.on("budget.threshold", (event) => void told.push(`${scopeOf(event)} ${event.percent}%`));
    kit.on("budget.exhausted", (event) => void told.push(`${scopeOf(event)} exhausted`));
    kit.on("budget.replenished", (event) => void told.push(`${scopeOf(event)} replenished`));
    kit.on("budget.day-exhausted", (event) => void told.push(`${event.day} exhausted`));
  }
  return told;
}

/** Reserves units of 1 EUR, spends what is granted and says how many that were. */
async function spend(
  { write }: BenchEngine,
  { campaignId }: LedgerBench,
  order: {
    readonly key: string;
    readonly count: number;
    readonly channel?: string;
    readonly released?: number;
  },
): Promise<number> {
  const { key, count, channel = "email", released = 0 } = order;
  const { granted, reservationId } = await write((unit) =>
    reserveUnits(unit, { campaignId, channel, unitMicros: UNIT, count, key }),
  );
  if (reservationId === null) return 0;
  await write((unit) =>
    settleReservation(unit, {
      reservationId,
      key,
      commitMicros: (granted - released) * UNIT,
      releaseMicros: released * UNIT,
    }),
  );
  return granted - released;
}

describeEachDatabase("budget alerts", (database, family) => {
  it("BUD-3: tells 75, 90 and 100 % once each, of the total and of each channel", async () => {
    const bench = await ledgerBench(await database(), {
      budget: { total: eur(200), channels: { email: eur(100) } },
    });
    const told = listen(bench);
    for (let n = 1; n <= 20; n++) await spend(bench, bench, { key: `e${n}`, count: 5 });
    expect(told).toEqual(["channel:email 75%", "channel:email 90%", "channel:email 100%"]);
    for (let n = 1; n <= 20; n++) await spend(bench, bench, { key: `s${n}`, count: 5, channel: "social" });
    expect(told.slice(3)).toEqual(["total 75%", "total 90%", "total 100%"]);
    expect((await bench.shop.budgets.get(bench.campaignId)).alerts).toMatchObject([
      { scope: "total", channel: null, percent: 75 },
      { scope: "total", channel: null, percent: 90 },
      { scope: "total", channel: null, percent: 100 },
      { scope: "channel", channel: "email", percent: 75 },
      { scope: "channel", channel: "email", percent: 90 },
      { scope: "channel", channel: "email", percent: 100 },
    ]);
    await bench.stop();
  });

  it("BUD-3: tells the percents that the host wants, several at once when a single cost passes them", async () => {
    const bench = await ledgerBench(await database(), {
      budget: { total: eur(100), alertPercents: [120, 10, 50] },
    });
    const told = listen(bench);
    await bench.shop.budgets.recordCost(bench.campaignId, { key: "a", kind: "media", amount: eur(60) });
    expect(told).toEqual(["total 10%", "total 50%"]);
    await bench.shop.budgets.set(bench.campaignId, { alertPercents: [55, 58, 90] });
    expect(told.slice(2)).toEqual(["total 55%", "total 58%"]);
    expect((await bench.shop.budgets.get(bench.campaignId)).alertPercents).toEqual([55, 58, 90]);
    await bench.stop();
  });

  it("BUD-3: arms what a top-up leaves unspent again, and tells at once what a cut has passed", async () => {
    const bench = await ledgerBench(await database(), { budget: { total: eur(100) } });
    const told = listen(bench);
    const { budgets } = bench.shop;
    await spend(bench, bench, { key: "a", count: 95 });
    await budgets.set(bench.campaignId, { total: eur(125) });
    await spend(bench, bench, { key: "b", count: 10 });
    await spend(bench, bench, { key: "c", count: 10 });
    await budgets.set(bench.campaignId, { total: eur(115) });
    expect(told).toEqual(["total 75%", "total 90%", "total 90%", "total 100%"]);
    await bench.stop();
  });

  it("BUD-3: a refund does not take an alert back, nor raise it a second time", async () => {
    const bench = await ledgerBench(await database(), { budget: { total: eur(100) } });
    const told = listen(bench);
    const cost = { kind: "media", amount: eur(80) } as const;
    await bench.shop.budgets.recordCost(bench.campaignId, { ...cost, key: "a" });
    await bench.shop.budgets.adjust(bench.campaignId, {
      ...cost,
      key: "b",
      amount: eur(-20),
      note: "refund",
    });
    await bench.shop.budgets.recordCost(bench.campaignId, { ...cost, key: "c", amount: eur(20) });
    expect(told).toEqual(["total 75%"]);
    await bench.stop();
  });

  it("BUD-3: tells that nothing is left once, and that there is room again once it is enough", async () => {
    const bench = await ledgerBench(await database(), { budget: { total: eur(10) } });
    const told = listen(bench);
    const { budgets } = bench.shop;
    expect(await spend(bench, bench, { key: "a", count: 10 })).toBe(10);
    expect(told).toEqual(["total 75%", "total 90%", "total 100%"]);
    expect(await spend(bench, bench, { key: "b", count: 3 })).toBe(0);
    expect(await spend(bench, bench, { key: "c", count: 3 })).toBe(0);
    expect(told.slice(3)).toEqual(["total exhausted"]);
    await budgets.set(bench.campaignId, { total: eur("10.5") });
    expect(told.slice(4)).toEqual([]);
    await budgets.set(bench.campaignId, { total: eur(20) });
    expect(told.slice(4)).toEqual(["total replenished"]);
    expect(await spend(bench, bench, { key: "b", count: 3 })).toBe(3);
    expect(await spend(bench, bench, { key: "d", count: 8 })).toBe(7);
    expect(told.slice(5)).toEqual(["total 75%", "total 90%", "total 100%", "total exhausted"]);
    await bench.stop();
  });

  it("BUD-3: pauses the campaign when its total is spent and resumes it when topped up; resumed by hand, it pauses again", async () => {
    const { kit, time, shop, campaigns, scope, draft } = await openCampaigns(database);
    const { id } = await draft({ budget: { total: eur(2) } });
    await campaigns.launch(id);
    const spendAll = async (key: string) => {
      const order = { campaignId: id, channel: "wall", unitMicros: UNIT, count: 3, key };
      const { granted, reservationId } = await scope.write("budgets:write", (unit) =>
        reserveUnits(unit, order),
      );
      if (reservationId === null) return time.settle(kit);
      expect((await campaigns.get(id)).state).toBe("active");
      const settlement = { reservationId, key, commitMicros: granted * UNIT, releaseMicros: 0 };
      await scope.write("budgets:write", (unit) => settleReservation(unit, settlement));
      await time.settle(kit);
    };
    await spendAll("a");
    expect(await campaigns.get(id)).toMatchObject({ state: "paused", stateReason: "budget-exhausted" });
    await shop.budgets.set(id, { total: eur(4) });
    await time.settle(kit);
    expect((await campaigns.get(id)).state).toBe("active");
    await spendAll("b");
    expect((await campaigns.get(id)).state).toBe("paused");
    await campaigns.resume(id);
    await spendAll("c");
    expect((await campaigns.get(id)).state).toBe("paused");
    await kit.stop();
  });

  it("BUD-3: is not exhausted while what is in flight may come back, and says how that ended", async () => {
    const bench = await ledgerBench(await database(), { budget: { total: eur(10) } });
    const told = listen(bench);
    const { campaignId } = bench;
    const order = { campaignId, channel: "email", unitMicros: 2 * UNIT };
    const held = await bench.write((unit) => reserveUnits(unit, { ...order, key: "held", count: 5 }));
    const refused = await bench.write((unit) => reserveUnits(unit, { ...order, key: "refused", count: 1 }));
    expect(refused).toMatchObject({ granted: 0, exhausted: "total" });
    const settle = (key: string, commitMicros: number, releaseMicros: number) =>
      bench.write((unit) =>
        settleReservation(unit, {
          reservationId: held.reservationId ?? "",
          key,
          commitMicros,
          releaseMicros,
        }),
      );
    await settle("a", 2 * UNIT, UNIT);
    expect(told).toEqual([]);
    await settle("b", 0, UNIT);
    expect(told).toEqual(["total replenished"]);
    expect(
      await bench.write((unit) => reserveUnits(unit, { ...order, key: "again", count: 2 })),
    ).toMatchObject({ granted: 1 });
    await settle("c", 4 * UNIT, 0);
    expect(told.slice(1)).toEqual([]);
    await settle("d", 2 * UNIT - 1, 0);
    expect((await bench.shop.budgets.get(campaignId)).total.exhausted).toBe(false);
    const { items } = await bench.shop.budgets.reservations(campaignId);
    await bench.shop.budgets.commit(items.find(({ key }) => key === "again")?.id ?? "", { key: "e" });
    expect(told.slice(1)).toEqual(["total 75%", "total 90%", "total exhausted"]);
    await bench.check();
    await bench.stop();
  });

  it("BUD-3: is exhausted at once when a person holds what is left, and remembers the smallest price it refused", async () => {
    const bench = await ledgerBench(await database(), { budget: { total: eur(10) } });
    const told = listen(bench);
    const { campaignId, shop } = bench;
    const { id } = await shop.budgets.reserve(campaignId, { key: "held", kind: "media", amount: eur(10) });
    const refuse = (key: string, price: number) =>
      bench.write((unit) =>
        reserveUnits(unit, { campaignId, channel: null, unitMicros: price * UNIT, count: 1, key }),
      );
    for (const [key, price] of [
      ["a", 3],
      ["b", 2],
      ["c", 5],
    ] as const)
      await refuse(key, price);
    expect(told).toEqual(["total exhausted"]);
    await shop.budgets.release(id, { key: "one", amount: eur(1) });
    expect(told).toEqual(["total exhausted"]);
    await shop.budgets.release(id, { key: "two", amount: eur(1) });
    expect(told).toEqual(["total exhausted", "total replenished"]);
    await bench.stop();
  });

  it("BUD-3: a channel that is spent stops by itself, the others go on", async () => {
    const bench = await ledgerBench(await database(), {
      budget: { total: eur(100), channels: { email: eur(5) } },
    });
    const told = listen(bench);
    const { campaignId } = bench;
    const order = { campaignId, unitMicros: UNIT, count: 8 };
    const email = await bench.write((unit) => reserveUnits(unit, { ...order, channel: "email", key: "a" }));
    const social = await bench.write((unit) => reserveUnits(unit, { ...order, channel: "social", key: "b" }));
    expect([email, social]).toMatchObject([
      { granted: 5, exhausted: "channel", retryAt: null },
      { granted: 8, exhausted: null },
    ]);
    expect(told).toEqual([]);
    await bench.write((unit) =>
      settleReservation(unit, {
        reservationId: email.reservationId ?? "",
        key: "a",
        commitMicros: 5 * UNIT,
        releaseMicros: 0,
      }),
    );
    expect(told).toEqual([
      "channel:email 75%",
      "channel:email 90%",
      "channel:email 100%",
      "channel:email exhausted",
    ]);
    await bench.shop.budgets.set(campaignId, { channels: {} });
    expect(told.slice(4)).toEqual(["channel:email replenished"]);
    await bench.stop();
  });

  it("BUD-3: a refusal by hand is the caller's to handle; it tells and pauses nothing", async () => {
    const bench = await ledgerBench(await database(), { budget: { total: eur(10) } });
    const told = listen(bench);
    const { budgets } = bench.shop;
    await expect(
      budgets.reserve(bench.campaignId, { key: "a", kind: "ai", amount: eur(11) }),
    ).rejects.toMatchObject({ code: "BUDGET_EXCEEDED" });
    expect(told).toEqual([]);
    expect((await budgets.get(bench.campaignId)).total.exhausted).toBe(false);
    await bench.stop();
  });

  it("BUD-3: eight racing engines raise each alert exactly once, and spend the last micro but no more", async () => {
    const engines = family === "postgres" ? 8 : 4;
    const bench = await ledgerBench(await database(), {
      engines,
      budget: { total: eur(100), channels: { email: eur(80) } },
    });
    const told: EngineEvent[] = [];
    for (const { kit } of bench.engines)
      kit.onAny((event) => void (event.type.startsWith("budget.") && told.push(event)));
    const spent = await Promise.all(
      bench.engines.map(async (engine, index) => {
        let sum = 0;
        for (let n = 0; n < 12; n++) {
          const channel = (n + index) % 2 === 0 ? "email" : "social";
          sum += await spend(engine, bench, {
            key: `${index}:${n}`,
            count: 3,
            channel,
            released: n % 4 === 3 ? 1 : 0,
          });
        }
        return sum;
      }),
    );
    const budget = await bench.shop.budgets.get(bench.campaignId);
    expect(budget.total.committed).toEqual(eur(spent.reduce((sum, units) => sum + units, 0)));
    expect(budget.total.reserved).toEqual(eur(0));
    const thresholds = told.filter(
      (event): event is EngineEvent<"budget.threshold"> => event.type === "budget.threshold",
    );
    const names = thresholds.map(({ scope, channel, percent }) => `${scope}:${channel}:${percent}`);
    expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
    expect(names).toEqual(expect.arrayContaining(["total:null:75", "total:null:90"]));
    await bench.check();
    await bench.stop();
  });
});
