import { CampaignKitError, money, type SqlDriver } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { ledgerBench } from "@campaignkit/test-support/ledger-bench";
import { expect, it } from "vitest";
import { recordCost, releaseExpired, reserveUnits, settleReservation } from "./index.ts";

const eur = (amount: number | string) => money("EUR", amount);
const UNIT = 10_000;

/** A small generator of its own for each engine, so that a race has the same parts in every run. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

/** Counts the transactions that lost against others. */
function countingContention(): { readonly wrap: (driver: SqlDriver) => SqlDriver; lost(): number } {
  let lost = 0;
  const wrap = (driver: SqlDriver): SqlDriver => ({
    ...driver,
    family: driver.family,
    execute: (statement) => driver.execute(statement),
    close: () => driver.close(),
    transaction: (work) =>
      driver.transaction(work).catch((error: unknown) => {
        if (CampaignKitError.is(error, "STORAGE_FAILED") && error.details.kind === "contention") lost += 1;
        throw error;
      }),
  });
  return { wrap, lost: () => lost };
}

describeEachDatabase("racing for a budget", (database, family) => {
  const engines = family === "postgres" ? 8 : 3;

  it("BUD-2: eight engines reserve, spend, give back and change one budget: nothing is overspent, the sum is the ledger", async () => {
    const contention = countingContention();
    const bench = await ledgerBench(await database(), {
      engines,
      wrap: contention.wrap,
      budget: {
        total: eur(20),
        daily: eur(15),
        channels: { email: eur(8), social: eur(6) },
        contingencyPercent: 5,
      },
    });
    const { campaignId } = bench;
    const channels = ["email", "social", "sms", null];
    await Promise.all(
      bench.engines.map(async (engine, index) => {
        const pick = chance(index + 1);
        for (let n = 0; n < 25; n++) {
          const key = `${index}:${n}`;
          const order = {
            campaignId,
            channel: channels[pick(4)] ?? null,
            unitMicros: UNIT * (1 + pick(5)),
            count: 1 + pick(50),
            key,
          };
          const { granted, reservationId } = await engine.write((unit) => reserveUnits(unit, order));
          if (reservationId === null) continue;
          const sent = pick(granted + 1);
          const parts = [Math.floor(sent / 2), sent - Math.floor(sent / 2)];
          for (const [part, units] of parts.entries()) {
            const releaseMicros = part === 1 ? (granted - sent) * order.unitMicros : 0;
            await engine.write((unit) =>
              settleReservation(unit, {
                reservationId,
                key: `${key}:${part}`,
                commitMicros: units * order.unitMicros,
                releaseMicros,
              }),
            );
          }
          if (n % 10 === 9)
            await engine.shop.budgets.set(campaignId, { total: eur(20 + n), channels: { email: eur(9) } });
        }
      }),
    );
    await bench.check();
    const { total } = await bench.shop.budgets.get(campaignId);
    expect(total.reserved).toEqual(eur(0));
    expect(total.overspend).toEqual(eur(0));
    // The order of the locks leaves nothing to lose: they wait, and never for each other.
    if (family === "postgres") expect(contention.lost()).toBe(0);
    await bench.stop();
  });

  it("BUD-2: all of them spend a budget to its last unit, and not one more", async () => {
    const bench = await ledgerBench(await database(), { engines, budget: { total: eur("7.77") } });
    const order = { campaignId: bench.campaignId, channel: "email", unitMicros: UNIT, count: 50 };
    const grants = await Promise.all(
      bench.engines.flatMap((engine, index) =>
        Array.from({ length: 6 }, (_, n) =>
          engine.write((unit) => reserveUnits(unit, { ...order, key: `${index}:${n}` })),
        ),
      ),
    );
    const wanted = 50 * grants.length;
    expect(grants.reduce((sum, { granted }) => sum + granted, 0)).toBe(Math.min(777, wanted));
    expect(grants.filter(({ exhausted }) => exhausted === "total").length).toBe(
      grants.filter(({ granted }) => granted < 50).length,
    );
    await bench.check();
    await bench.stop();
  });

  it("BUD-2: one key in many hands reserves once, spends once and costs once", async () => {
    const bench = await ledgerBench(await database(), { engines, budget: { total: eur(10) } });
    const { campaignId } = bench;
    const order = { campaignId, channel: "email", unitMicros: UNIT, count: 100, key: "one" };
    const grants = await Promise.all(
      bench.engines.map((engine) => engine.write((unit) => reserveUnits(unit, order))),
    );
    expect(new Set(grants.map(({ reservationId }) => reservationId)).size).toBe(1);
    expect(grants.every(({ granted }) => granted === 100)).toBe(true);
    const reservationId = grants[0]?.reservationId ?? "";
    const settlement = { reservationId, key: "one", commitMicros: 60 * UNIT, releaseMicros: 0 };
    await Promise.all(
      bench.engines.map((engine) => engine.write((unit) => settleReservation(unit, settlement))),
    );
    const cost = { key: "invoice", kind: "tool", amount: eur(1) } as const;
    await Promise.all(
      bench.engines.map((engine) => engine.write((unit) => recordCost(unit, campaignId, cost))),
    );
    expect(await bench.shop.budgets.get(campaignId)).toMatchObject({
      total: { committed: eur("1.6"), reserved: eur("0.4") },
    });
    await bench.check();
    await bench.stop();
  });

  it("BUD-2: a settlement and the expiry race for one reservation, and every micro of it goes one way", async () => {
    const bench = await ledgerBench(await database(), { engines, budget: { total: eur(10) } });
    const { campaignId, time } = bench;
    for (let round = 0; round < 5; round++) {
      const order = { campaignId, channel: "email", unitMicros: UNIT, count: 100, key: `r${round}` };
      const { reservationId } = await bench.write((unit) =>
        reserveUnits(unit, { ...order, expiresAt: unit.now + 1 }),
      );
      time.jumpTo(new Date(time.now().getTime() + 1_000));
      await Promise.all(
        bench.engines.map((engine, index) =>
          index % 2 === 0
            ? engine.write((unit) => releaseExpired(unit))
            : engine.write((unit) =>
                settleReservation(unit, {
                  reservationId: reservationId ?? "",
                  key: `s${round}:${index}`,
                  commitMicros: 10 * UNIT,
                  releaseMicros: 10 * UNIT,
                }),
              ),
        ),
      );
    }
    const settled = Math.floor(engines / 2) * 10 * 5;
    expect(await bench.shop.budgets.get(campaignId)).toMatchObject({
      total: { committed: { amountMicros: settled * UNIT }, reserved: eur(0) },
    });
    await bench.check();
    await bench.stop();
  });

  it("BUD-2: several campaigns in one unit, in the order of their ids, never wait for each other", async () => {
    const contention = countingContention();
    const bench = await ledgerBench(await database(), { engines, wrap: contention.wrap });
    const { shop, time } = bench;
    const others = await Promise.all(
      [1, 2].map((n) =>
        shop.campaigns.create({ name: `Other ${n}`, timeZone: "UTC", startsAt: time.now(), currency: "EUR" }),
      ),
    );
    const ids = [bench.campaignId, ...others.map(({ id }) => id)].toSorted();
    await Promise.all(
      bench.engines.map(async (engine, index) => {
        for (let n = 0; n < 10; n++) {
          await engine.write(async (unit) => {
            for (const campaignId of ids)
              await reserveUnits(unit, {
                campaignId,
                channel: "email",
                unitMicros: UNIT,
                count: 3,
                key: `${index}:${n}`,
              });
          });
        }
      }),
    );
    for (const id of ids)
      expect((await shop.budgets.get(id)).total.reserved).toEqual(
        money("EUR", (3 * UNIT * 10 * engines) / 1_000_000),
      );
    if (family === "postgres") expect(contention.lost()).toBe(0);
    await bench.check();
    await bench.stop();
  });
});
