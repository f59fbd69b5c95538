import { money } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { ledgerBench } from "@campaignkit/test-support/ledger-bench";
import { expect, it } from "vitest";
import { releaseExpired, reserveUnits, settleReservation } from "./index.ts";

const eur = (amount: number) => money("EUR", amount);
const UNIT = 1_000_000;

describeEachDatabase("expired reservations", (database) => {
  it("BUD-2: come back by themselves once they have expired, not before, and once only", async () => {
    const bench = await ledgerBench(await database(), { budget: { total: eur(10) } });
    const { shop, campaignId, time, kit } = bench;
    const told: string[] = [];
    kit.on("budget.replenished", ({ scope }) => void told.push(scope));
    const expiresAt = new Date(time.now().getTime() + 3_600_000);
    const { id } = await shop.budgets.reserve(campaignId, {
      key: "a",
      kind: "ai",
      amount: eur(6),
      expiresAt,
    });
    const order = { campaignId, channel: null, unitMicros: UNIT, count: 4, expiresAt: expiresAt.getTime() };
    await bench.write((unit) => reserveUnits(unit, { ...order, key: "b" }));
    await bench.write((unit) => reserveUnits(unit, { ...order, key: "c", count: 1 }));
    await shop.budgets.commit(id, { key: "part", amount: eur(2) });
    await time.advance("59m", kit);
    expect((await shop.budgets.get(campaignId)).total.reserved).toEqual(eur(8));
    await time.advance("2m", kit);
    expect((await shop.budgets.get(campaignId)).total).toMatchObject({
      reserved: eur(0),
      committed: eur(2),
      available: eur(8),
    });
    expect(told).toEqual(["total"]);
    await time.advance("1d", kit);
    const { items } = await shop.budgets.movements(campaignId, { kind: "release" });
    expect(items.map(({ amount, note, actor }) => [amount, note, actor])).toEqual([
      [eur(4), "The reservation expired unsettled.", "system"],
      [eur(4), "The reservation expired unsettled.", "system"],
    ]);
    expect((await shop.budgets.reservations(campaignId)).items).toEqual([]);
    await bench.check();
    await bench.stop();
  });

  it("BUD-2: what turns out to be spent after all is booked, and what comes back late comes back no second time", async () => {
    const bench = await ledgerBench(await database(), { budget: { total: eur(10) } });
    const { shop, campaignId, time, kit } = bench;
    const order = { campaignId, channel: "email", unitMicros: UNIT, count: 10, key: "batch" };
    const grant = await bench.write((unit) => reserveUnits(unit, { ...order, expiresAt: unit.now + 60_000 }));
    await time.advance("10m", kit);
    const settlement = {
      reservationId: grant.reservationId ?? "",
      key: "late",
      commitMicros: 7 * UNIT,
      releaseMicros: 3 * UNIT,
    };
    expect(await bench.write((unit) => settleReservation(unit, settlement))).toEqual({ openMicros: 0 });
    expect(await bench.write((unit) => settleReservation(unit, settlement))).toEqual({ openMicros: 0 });
    expect((await shop.budgets.get(campaignId)).total).toMatchObject({
      committed: eur(7),
      reserved: eur(0),
      available: eur(3),
    });
    await bench.check();
    await bench.stop();
  });

  it("BUD-2: are left alone when they were settled in time, and when they never expire", async () => {
    const bench = await ledgerBench(await database(), { budget: { total: eur(10) } });
    const { shop, campaignId, time, kit } = bench;
    const soon = new Date(time.now().getTime() + 1_000);
    const { id } = await shop.budgets.reserve(campaignId, {
      key: "a",
      kind: "ai",
      amount: eur(4),
      expiresAt: soon,
    });
    await shop.budgets.reserve(campaignId, { key: "b", kind: "ai", amount: eur(5) });
    await shop.budgets.commit(id, { key: "a" });
    await expect(
      shop.budgets.reserve(campaignId, { key: "c", kind: "ai", amount: eur(1), expiresAt: time.now() }),
    ).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await time.advance("30d", kit);
    expect((await shop.budgets.get(campaignId)).total).toMatchObject({ committed: eur(4), reserved: eur(5) });
    await bench.check();
    await bench.stop();
  });

  it("BUD-2: come back in any number, of several campaigns, whoever races for them", async () => {
    const bench = await ledgerBench(await database(), { engines: 3 });
    const { shop, time } = bench;
    const second = await shop.campaigns.create({
      name: "Second",
      timeZone: "UTC",
      startsAt: time.now(),
      currency: "EUR",
    });
    const campaigns = [bench.campaignId, second.id];
    for (let n = 0; n < 60; n++) {
      const campaignId = campaigns[n % 2] ?? "";
      await bench.write((unit) =>
        reserveUnits(unit, {
          campaignId,
          channel: "email",
          unitMicros: UNIT,
          count: 1,
          key: `${n}`,
          expiresAt: unit.now + n + 1,
        }),
      );
    }
    time.jumpTo(new Date(time.now().getTime() + 60_000));
    const released = await Promise.all(
      bench.engines.map((engine) => engine.write((unit) => releaseExpired(unit))),
    );
    expect(Math.max(...released)).toBe(25);
    await bench.check();
    await time.advance("5m", ...bench.engines.map(({ kit }) => kit));
    for (const campaignId of campaigns)
      expect((await shop.budgets.get(campaignId)).total.reserved).toEqual(eur(0));
    for (const campaignId of campaigns) {
      const { items } = await shop.budgets.movements(campaignId, { kind: "release", limit: 500 });
      expect(items).toHaveLength(30);
      expect(items.every(({ reserved }) => reserved.amountMicros === -UNIT)).toBe(true);
    }
    await bench.check();
    await bench.stop();
  });
});
