import { money } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { ledgerBench } from "@campaignkit/test-support/ledger-bench";
import { expect, it } from "vitest";
import { spendByDay, spendOf } from "./index.ts";

const eur = (amount: number | string) => money("EUR", amount);

describeEachDatabase("costs", (database) => {
  it("BUD-5: books media, AI, messages, tools and labour, each by its kind", async () => {
    const bench = await ledgerBench(await database());
    const { shop, campaignId } = bench;
    const kinds = ["media", "ai", "message", "tool", "labour"] as const;
    for (const [index, kind] of kinds.entries())
      await shop.budgets.recordCost(campaignId, {
        key: kind,
        kind,
        amount: eur(index + 1),
        ...(kind === "media" ? { channel: "radio" } : {}),
      });
    await shop.budgets.reserve(campaignId, { key: "later", kind: "media", amount: eur(50) });
    const other = await shop.campaigns.create({
      name: "Other",
      timeZone: "UTC",
      startsAt: bench.time.now(),
      currency: "USD",
    });
    const spend = await shop.plugins.bench.read("budgets:read", (db) =>
      spendOf(db, "shop", [campaignId, other.id]),
    );
    expect(Object.fromEntries(spend)).toEqual({
      [campaignId]: {
        currency: "EUR",
        committedMicros: 15_000_000,
        byKind: { media: 1_000_000, ai: 2_000_000, message: 3_000_000, tool: 4_000_000, labour: 5_000_000 },
        byChannel: { radio: 1_000_000 },
      },
      [other.id]: {
        currency: "USD",
        committedMicros: 0,
        byKind: { media: 0, ai: 0, message: 0, tool: 0, labour: 0 },
        byChannel: {},
      },
    });
    await bench.check();
    await bench.stop();
  });

  it("BUD-5: converts at the rate in force on the day of the cost, and keeps what was given", async () => {
    const bench = await ledgerBench(await database(), { startAt: new Date("2027-03-10T10:00:00Z") });
    const { shop, campaignId } = bench;
    await shop.exchangeRates.set({ from: "USD", to: "EUR", date: "2027-03-01", rate: "0.92040" });
    await shop.exchangeRates.set({ from: "USD", to: "EUR", date: "2027-03-08", rate: "0.9300000001" });
    const cost = { kind: "ai", amount: money("USD", "10.000001") } as const;
    const today = await shop.budgets.recordCost(campaignId, { ...cost, key: "today" });
    const before = await shop.budgets.recordCost(campaignId, {
      ...cost,
      key: "before",
      incurredAt: new Date("2027-03-07T22:59:00Z"),
    });
    expect([today.movement, before.movement]).toMatchObject([
      {
        amount: eur("9.300001"),
        original: cost.amount,
        exchange: { rate: "0.9300000001", date: "2027-03-08" },
        day: "2027-03-10",
      },
      {
        amount: eur("9.204001"),
        original: cost.amount,
        exchange: { rate: "0.9204", date: "2027-03-01" },
        day: "2027-03-07",
      },
    ]);
    // A corrected rate is for what comes; what is booked stays, and its key still names it.
    await shop.exchangeRates.set({ from: "USD", to: "EUR", date: "2027-03-08", rate: "0.5" });
    expect(await shop.budgets.recordCost(campaignId, { ...cost, key: "today" })).toEqual(today);
    expect((await shop.budgets.get(campaignId)).total.committed).toEqual(eur("18.504002"));
    const days = await shop.plugins.bench.read("budgets:read", (db) =>
      spendByDay(db, "shop", [campaignId], { from: "2027-03-01", to: "2027-03-10" }),
    );
    expect(days).toEqual([
      { campaignId, day: "2027-03-07", committedMicros: 9_204_001 },
      { campaignId, day: "2027-03-10", committedMicros: 9_300_001 },
    ]);
    await bench.check();
    await bench.stop();
  });

  it("BUD-5: without a rate nothing is booked, and the error names the pair and the day", async () => {
    const bench = await ledgerBench(await database());
    const { shop, campaignId } = bench;
    await shop.exchangeRates.set({ from: "EUR", to: "USD", date: "2027-01-01", rate: "1.08" });
    await shop.exchangeRates.set({ from: "USD", to: "EUR", date: "2027-03-02", rate: "0.92" });
    const cost = { key: "ai", kind: "ai", amount: money("USD", 10) } as const;
    const missing = {
      code: "EXCHANGE_RATE_MISSING",
      details: { from: "USD", to: "EUR", date: "2027-03-01" },
    };
    await expect(shop.budgets.recordCost(campaignId, cost)).rejects.toMatchObject(missing);
    await expect(shop.budgets.reserve(campaignId, cost)).rejects.toMatchObject(missing);
    await expect(shop.exchangeRates.convert(cost.amount, "EUR", "2027-03-01")).rejects.toMatchObject(missing);
    expect(await shop.exchangeRates.convert(cost.amount, "EUR", "2027-03-02")).toEqual(eur("9.2"));
    expect((await shop.budgets.movements(campaignId)).items).toEqual([]);
    await bench.stop();
  });

  it("BUD-5: sets money aside in one currency and settles it in another", async () => {
    const bench = await ledgerBench(await database(), { budget: { total: eur(100) } });
    const { shop, campaignId } = bench;
    await shop.exchangeRates.set({ from: "USD", to: "EUR", date: "2027-03-01", rate: "0.5" });
    const { id, open } = await shop.budgets.reserve(campaignId, {
      key: "a",
      kind: "ai",
      amount: money("USD", 30),
    });
    expect(open).toEqual(eur(15));
    const settled = await shop.budgets.commit(id, { key: "b", amount: money("USD", 10) });
    expect(settled.open).toEqual(eur(10));
    expect(await shop.budgets.commit(id, { key: "b", amount: money("USD", 10) })).toEqual(settled);
    await shop.budgets.release(id, { key: "c" });
    expect(await shop.budgets.get(campaignId)).toMatchObject({
      total: { committed: eur(5), reserved: eur(0) },
    });
    await bench.check();
    await bench.stop();
  });

  it("BUD-5: a cost that has happened is booked beyond the limits, shows, and stops further reservations", async () => {
    const bench = await ledgerBench(await database(), {
      budget: { total: eur(10), daily: eur(8), channels: { email: eur(5) } },
    });
    const { shop, campaignId } = bench;
    const told: string[] = [];
    bench.kit.on(
      "budget.overspent",
      ({ scope, channel, overspendMicros }) => void told.push(`${scope} ${channel} ${overspendMicros}`),
    );
    const first = await shop.budgets.recordCost(campaignId, {
      key: "a",
      kind: "media",
      amount: eur(7),
      channel: "email",
    });
    expect(first.overspend).toEqual([{ scope: "channel", channel: "email", amount: eur(2) }]);
    const second = await shop.budgets.recordCost(campaignId, { key: "b", kind: "media", amount: eur(4) });
    expect(second.overspend).toMatchObject([
      { scope: "total", amount: eur(1) },
      { scope: "daily", amount: eur(3) },
    ]);
    await shop.budgets.recordCost(campaignId, { key: "c", kind: "media", amount: eur(1) });
    expect(told).toEqual(["channel email 2000000", "total null 1000000", "daily null 3000000"]);
    expect(await shop.budgets.get(campaignId)).toMatchObject({
      total: { committed: eur(12), available: eur(0), overspend: eur(2) },
      channels: { email: { overspend: eur(2), available: eur(0) } },
    });
    await expect(
      shop.budgets.reserve(campaignId, { key: "d", kind: "ai", amount: money("EUR", "0.000001") }),
    ).rejects.toMatchObject({
      code: "BUDGET_EXCEEDED",
      details: { availableMicros: 0 },
    });
    await bench.check({ overspendAllowed: true });
    await bench.stop();
  });

  it("BUD-5: refuses costs that are none", async () => {
    const bench = await ledgerBench(await database());
    const { budgets } = bench.shop;
    const cost = { key: "a", kind: "media", amount: eur(1) } as const;
    const refused = (input: object) =>
      expect(budgets.recordCost(bench.campaignId, { ...cost, ...input })).rejects.toMatchObject({
        code: "VALIDATION_FAILED",
      });
    await refused({ amount: eur(-1) });
    await refused({ amount: { currency: "EUR", amountMicros: 1.5 } });
    await refused({ key: "" });
    await refused({ kind: "bribe" });
    await refused({ channel: "\u0000" });
    await refused({ incurredAt: new Date(Number.NaN) });
    await refused({ incurredAt: new Date("2027-03-01T23:00:00Z") });
    // Later today is today still.
    await budgets.recordCost(bench.campaignId, { ...cost, incurredAt: new Date("2027-03-01T22:59:59Z") });
    await bench.stop();
  });

  it("BUD-5: keeps one rate for a pair and a day, and lists the latest first", async () => {
    const bench = await ledgerBench(await database());
    const { exchangeRates } = bench.kit.workspace("shop", { actor: "ann" });
    const events: string[] = [];
    bench.kit.on(
      "exchange-rate.set",
      ({ from, to, date, rate }) => void events.push(`${from}/${to} ${date} ${rate}`),
    );
    await exchangeRates.set({ from: "USD", to: "EUR", date: "2027-03-01", rate: "0.9204" });
    await exchangeRates.set({ from: "USD", to: "EUR", date: "2027-03-01", rate: "0.92040" });
    await exchangeRates.set({ from: "USD", to: "EUR", date: "2027-03-01", rate: 0.93 });
    await exchangeRates.set({ from: "GBP", to: "EUR", date: "2027-03-01", rate: "1.17" });
    await exchangeRates.set({ from: "USD", to: "EUR", date: "2027-02-28", rate: "0.9" });
    expect(events).toHaveLength(4);
    const first = await exchangeRates.list({ limit: 2 });
    expect(first.items).toMatchObject([
      { from: "GBP", rate: "1.17", setBy: "ann" },
      { from: "USD", rate: "0.93" },
    ]);
    const second = await exchangeRates.list({ limit: 2, cursor: first.nextCursor });
    expect(second).toMatchObject({ items: [{ date: "2027-02-28" }], nextCursor: null });
    expect((await exchangeRates.list({ from: "GBP" })).items).toHaveLength(1);
    expect((await bench.kit.workspace("other").exchangeRates.list()).items).toEqual([]);
    for (const wrong of [
      { from: "EUR", to: "EUR", date: "2027-03-01", rate: "1" },
      { from: "usd", to: "EUR", date: "2027-03-01", rate: "1" },
      { from: "USD", to: "EUR", date: "2027-02-29", rate: "1" },
      { from: "USD", to: "EUR", date: "1 March", rate: "1" },
      { from: "USD", to: "EUR", date: "2027-03-01", rate: "0" },
      { from: "USD", to: "EUR", date: "2027-03-01", rate: "1e3" },
    ])
      await expect(exchangeRates.set(wrong)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await expect(exchangeRates.list({ cursor: "WzFd" })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await bench.stop();
  });
});
