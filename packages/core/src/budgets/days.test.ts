import { money } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { ledgerBench } from "@campaignkit/test-support/ledger-bench";
import { expect, it } from "vitest";
import { localDay } from "../math/time-zone.ts";
import { reserveUnits, settleReservation } from "./index.ts";

const eur = (amount: number) => money("EUR", amount);
const UNIT = 1_000_000;

/** Days that are not what they seem: zone, an instant in the day, the day, and when the next one starts. */
const DAYS: readonly (readonly [zone: string, at: string, day: string, next: string])[] = [
  ["UTC", "2027-03-01T23:59:59.999Z", "2027-03-01", "2027-03-02T00:00:00Z"],
  ["Europe/Berlin", "2027-03-27T23:00:00Z", "2027-03-28", "2027-03-28T22:00:00Z"], // 23 hours
  ["Europe/Berlin", "2027-10-30T22:00:00Z", "2027-10-31", "2027-10-31T23:00:00Z"], // 25 hours
  ["America/New_York", "2027-03-14T05:00:00Z", "2027-03-14", "2027-03-15T04:00:00Z"], // 23 hours
  ["America/New_York", "2027-11-07T05:30:00Z", "2027-11-07", "2027-11-08T05:00:00Z"], // 25 hours
  ["Australia/Lord_Howe", "2027-10-02T14:00:00Z", "2027-10-03", "2027-10-03T13:00:00Z"], // 23.5 hours
  ["Asia/Beirut", "2027-03-28T00:30:00Z", "2027-03-28", "2027-03-28T21:00:00Z"], // there is no midnight before it
  ["America/Santiago", "2027-09-05T05:00:00Z", "2027-09-05", "2027-09-06T03:00:00Z"], // there is no midnight before it
  ["Asia/Kathmandu", "2027-03-01T18:14:59Z", "2027-03-01", "2027-03-01T18:15:00Z"],
  ["Pacific/Kiritimati", "2027-03-01T10:00:00Z", "2027-03-02", "2027-03-02T10:00:00Z"],
  ["Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29", "2011-12-30T10:00:00Z"], // the 30th was left out
];

describeEachDatabase("budget days", (database) => {
  it("BUD-1: a daily limit holds for the local day, however long that is, and says when the next one starts", async () => {
    const bench = await ledgerBench(await database());
    for (const [timeZone, at, day, next] of DAYS) {
      bench.time.jumpTo(new Date(at));
      const { id: campaignId } = await bench.shop.campaigns.create({
        name: timeZone,
        timeZone,
        startsAt: new Date(at),
        budget: { daily: eur(3) },
      });
      const spend = async (key: string) => {
        const order = { campaignId, channel: null, unitMicros: UNIT, count: 2, key };
        const grant = await bench.write((unit) => reserveUnits(unit, order));
        const { reservationId, granted } = grant;
        if (reservationId === null) return grant;
        const settlement = { reservationId, key, commitMicros: granted * UNIT, releaseMicros: 0 };
        await bench.write((unit) => settleReservation(unit, settlement));
        return grant;
      };
      expect(await spend("a")).toMatchObject({ granted: 2, exhausted: null });
      const nextDay = Date.parse(next);
      expect(await spend("b"), `${timeZone} ${day}`).toMatchObject({
        granted: 1,
        exhausted: "daily",
        retryAt: nextDay,
      });
      expect(await bench.shop.budgets.get(campaignId)).toMatchObject({
        daily: { day, endsAt: new Date(next), available: eur(0), exhausted: true },
        total: { exhausted: false },
      });
      bench.time.jumpTo(new Date(nextDay - 1));
      expect(await spend("c")).toMatchObject({
        reservationId: null,
        granted: 0,
        exhausted: "daily",
        retryAt: nextDay,
      });
      bench.time.jumpTo(new Date(nextDay));
      expect(await spend("d")).toMatchObject({ granted: 2, exhausted: null, retryAt: null });
      expect((await bench.shop.budgets.get(campaignId)).daily.day).toBe(localDay(nextDay, timeZone));
    }
    await bench.check();
    await bench.stop();
  });

  it("BUD-1: a day that is spent is told once, pauses nothing, and a raised limit opens it again", async () => {
    const bench = await ledgerBench(await database(), { budget: { daily: eur(2), total: eur(100) } });
    const told: string[] = [];
    bench.kit.onAny(({ type }) => void (/exhausted|replenished/.test(type) && told.push(type)));
    const order = { campaignId: bench.campaignId, channel: null, unitMicros: UNIT, count: 5 };
    const { reservationId } = await bench.write((unit) => reserveUnits(unit, { ...order, key: "a" }));
    await bench.write((unit) => reserveUnits(unit, { ...order, key: "b" }));
    expect(told).toEqual([]);
    await bench.write((unit) =>
      settleReservation(unit, {
        reservationId: reservationId ?? "",
        key: "a",
        commitMicros: 2 * UNIT,
        releaseMicros: 0,
      }),
    );
    await bench.write((unit) => reserveUnits(unit, { ...order, key: "c" }));
    expect(told).toEqual(["budget.day-exhausted"]);
    await bench.shop.budgets.set(bench.campaignId, { daily: eur(4) });
    expect(told.slice(1)).toEqual(["budget.replenished"]);
    expect(await bench.write((unit) => reserveUnits(unit, { ...order, key: "d" }))).toMatchObject({
      granted: 2,
    });
    await bench.stop();
  });

  it("BUD-2: what was reserved before midnight is settled on its day, and the new day is not touched", async () => {
    const bench = await ledgerBench(await database(), {
      startAt: new Date("2027-03-01T22:59:59Z"),
      budget: { daily: eur(2) },
    });
    const { campaignId, time } = bench;
    const order = { campaignId, channel: "email", unitMicros: UNIT, count: 2 };
    const { reservationId } = await bench.write((unit) => reserveUnits(unit, { ...order, key: "a" }));
    await time.advance("2s");
    expect(await bench.write((unit) => reserveUnits(unit, { ...order, key: "b" }))).toMatchObject({
      granted: 2,
    });
    await bench.write((unit) =>
      settleReservation(unit, {
        reservationId: reservationId ?? "",
        key: "a",
        commitMicros: UNIT,
        releaseMicros: UNIT,
      }),
    );
    expect((await bench.shop.budgets.get(campaignId)).daily).toMatchObject({
      day: "2027-03-02",
      committed: eur(0),
      reserved: eur(2),
    });
    const { items } = await bench.shop.budgets.movements(campaignId, { day: "2027-03-01" });
    expect(items.map(({ kind }) => kind)).toEqual(["release", "commit", "reserve"]);
    await bench.check();
    await bench.stop();
  });

  it("BUD-1: the total outweighs the day, and a channel outweighs the day too", async () => {
    const bench = await ledgerBench(await database(), {
      budget: { total: eur(5), daily: eur(5), channels: { email: eur(5) } },
    });
    const order = { campaignId: bench.campaignId, unitMicros: UNIT, count: 6 };
    const email = await bench.write((unit) => reserveUnits(unit, { ...order, channel: "email", key: "a" }));
    expect(email).toMatchObject({ granted: 5, exhausted: "total", retryAt: null });
    await bench.shop.budgets.set(bench.campaignId, { total: eur(50) });
    const again = await bench.write((unit) => reserveUnits(unit, { ...order, channel: "email", key: "b" }));
    expect(again).toMatchObject({ granted: 0, exhausted: "channel", retryAt: null });
    const social = await bench.write((unit) => reserveUnits(unit, { ...order, channel: "social", key: "c" }));
    expect(social).toMatchObject({
      granted: 0,
      exhausted: "daily",
      retryAt: Date.parse("2027-03-01T23:00:00Z"),
    });
    await bench.stop();
  });
});
