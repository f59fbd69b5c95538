import { money, type SqlDriver } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { ledgerBench } from "@campaignkit/test-support/ledger-bench";
import { expect, it } from "vitest";
import { reserveUnits, settleReservation } from "./index.ts";

const eur = (amount: number) => money("EUR", amount);
const UNIT = 3_000_000;

describeEachDatabase("reserving", (database) => {
  it("BUD-2: grants whole units up to the limit, settles them in parts, and shows where every micro is", async () => {
    const bench = await ledgerBench(await database(), { budget: { total: eur(10) } });
    const { shop, campaignId } = bench;
    const order = { campaignId, channel: "email", unitMicros: UNIT, count: 5, key: "a" };
    const grant = await bench.write((unit) => reserveUnits(unit, order));
    expect(grant).toMatchObject({ granted: 3, exhausted: "total", retryAt: null });
    expect(await bench.write((unit) => reserveUnits(unit, order))).toEqual(grant);
    expect((await shop.budgets.get(campaignId)).total).toMatchObject({ reserved: eur(9), available: eur(1) });
    const reservationId = grant.reservationId ?? "";
    const settle = (key: string, sent: number, failed: number) =>
      bench.write((unit) =>
        settleReservation(unit, {
          reservationId,
          key,
          commitMicros: sent * UNIT,
          releaseMicros: failed * UNIT,
        }),
      );
    expect(await settle("first", 1, 1)).toEqual({ openMicros: UNIT });
    expect(await settle("second", 1, 0)).toEqual({ openMicros: 0 });
    expect(await settle("first", 1, 1)).toEqual({ openMicros: 0 });
    expect(await shop.budgets.get(campaignId)).toMatchObject({
      total: { committed: eur(6), reserved: eur(0), available: eur(4), exhausted: false },
      daily: { committed: eur(6), limit: null, available: null },
      channels: { email: { committed: eur(6), limit: null } },
    });
    await bench.check();
    await bench.stop();
  });

  it("BUD-2: reserves without a limit whatever is asked for, and records it", async () => {
    const bench = await ledgerBench(await database());
    const order = { campaignId: bench.campaignId, channel: null, unitMicros: UNIT, count: 1_000, key: "a" };
    expect(await bench.write((unit) => reserveUnits(unit, order))).toMatchObject({
      granted: 1_000,
      exhausted: null,
    });
    expect((await bench.shop.budgets.get(bench.campaignId)).total).toMatchObject({
      reserved: eur(3_000),
      available: null,
    });
    await bench.check();
    await bench.stop();
  });

  it("BUD-2: grants what costs nothing without a reservation, also when the budget is spent", async () => {
    const bench = await ledgerBench(await database(), { budget: { total: eur(0) } });
    const order = { campaignId: bench.campaignId, channel: "email", unitMicros: 0, count: 7, key: "a" };
    const free = { reservationId: null, granted: 7, exhausted: null, retryAt: null };
    expect(await bench.write((unit) => reserveUnits(unit, order))).toEqual(free);
    expect((await bench.shop.budgets.movements(bench.campaignId)).items).toEqual([]);
    await bench.stop();
  });

  it("BUD-2: an order that was refused whole is tried again under its key; one that was granted answers as before", async () => {
    const bench = await ledgerBench(await database(), { budget: { total: eur(2) } });
    const order = { campaignId: bench.campaignId, channel: "email", unitMicros: UNIT, count: 2, key: "a" };
    const reserve = () => bench.write((unit) => reserveUnits(unit, order));
    expect(await reserve()).toMatchObject({ reservationId: null, granted: 0, exhausted: "total" });
    await bench.shop.budgets.set(bench.campaignId, { total: eur(4) });
    const granted = await reserve();
    expect(granted).toMatchObject({ granted: 1, exhausted: "total" });
    await bench.shop.budgets.set(bench.campaignId, { total: eur(40) });
    expect(await reserve()).toEqual({ ...granted, exhausted: null });
    await bench.check();
    await bench.stop();
  });

  it("BUD-2: refuses a key of another order, what is no amount, and what is not of this workspace", async () => {
    const bench = await ledgerBench(await database(), { budget: { total: eur(100) } });
    const order = { campaignId: bench.campaignId, channel: "email", unitMicros: UNIT, count: 2, key: "a" };
    const { reservationId } = await bench.write((unit) => reserveUnits(unit, order));
    for (const other of [{ count: 3 }, { unitMicros: 1 }, { channel: "sms" }, { costKind: "ai" as const }])
      await expect(bench.write((unit) => reserveUnits(unit, { ...order, ...other }))).rejects.toMatchObject({
        code: "CONFLICT",
      });
    for (const wrong of [
      { count: -1 },
      { unitMicros: 0.5 },
      { count: Number.NaN },
      { count: 2 ** 52, unitMicros: 8 },
    ])
      await expect(
        bench.write((unit) => reserveUnits(unit, { ...order, key: "b", ...wrong })),
      ).rejects.toMatchObject({ code: "MONEY_INVALID" });
    const settlement = { reservationId: reservationId ?? "", key: "s", commitMicros: UNIT, releaseMicros: 0 };
    await expect(
      bench.write((unit) => settleReservation(unit, { ...settlement, commitMicros: -1 })),
    ).rejects.toMatchObject({ code: "MONEY_INVALID" });
    const foreign = bench.kit.workspace("other").plugins.bench;
    await expect(foreign.write("budgets:write", (unit) => reserveUnits(unit, order))).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    await expect(
      foreign.write("budgets:write", (unit) => settleReservation(unit, settlement)),
    ).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await bench.shop.budgets.get(bench.campaignId)).total.reserved).toEqual(eur(6));
    await bench.check();
    await bench.stop();
  });

  it("BUD-2: costs the same few statements for one message as for five hundred", async () => {
    let statements = 0;
    const counting = (driver: SqlDriver): SqlDriver => ({
      family: driver.family,
      execute: (statement) => driver.execute(statement),
      close: () => driver.close(),
      transaction: (work) =>
        driver.transaction((transaction) =>
          work({
            execute: (statement) => {
              statements += 1;
              return transaction.execute(statement);
            },
          }),
        ),
    });
    const bench = await ledgerBench(await database(), { wrap: counting, budget: { total: eur(9_000) } });
    const costs: number[] = [];
    for (const [index, count] of [1, 1, 500].entries()) {
      const order = {
        campaignId: bench.campaignId,
        channel: "email",
        unitMicros: UNIT,
        count,
        key: `${index}`,
      };
      statements = 0;
      const { reservationId } = await bench.write((unit) => reserveUnits(unit, order));
      costs.push(statements);
      statements = 0;
      const settlement = {
        reservationId: reservationId ?? "",
        key: order.key,
        commitMicros: count * UNIT,
        releaseMicros: 0,
      };
      await bench.write((unit) => settleReservation(unit, settlement));
      costs.push(statements);
    }
    // The first of a day adds its counters.
    expect(costs.slice(2)).toEqual([4, 6, 4, 6]);
    await bench.stop();
  });
});
