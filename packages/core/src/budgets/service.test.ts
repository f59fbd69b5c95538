import { money } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { ledgerBench } from "@campaignkit/test-support/ledger-bench";
import { expect, it } from "vitest";

const eur = (amount: number | string) => money("EUR", amount);

describeEachDatabase("budgets", (database) => {
  it("BUD-1: opens with the campaign and says what it says", async () => {
    const bench = await ledgerBench(await database(), {
      campaign: { budget: { total: eur(500), daily: eur(50) } },
    });
    expect(await bench.shop.budgets.get(bench.campaignId)).toMatchObject({
      currency: "EUR",
      timeZone: "Europe/Berlin",
      total: { limit: eur(500), available: eur(500), overspend: eur(0), exhausted: false },
      daily: { limit: eur(50), day: "2027-03-01", endsAt: new Date("2027-03-01T23:00:00Z") },
      channels: {},
      contingency: { percent: 0, amount: eur(0) },
      alertPercents: [75, 90, 100],
      alerts: [],
      version: 1,
    });
    await bench.stop();
  });

  it("BUD-1: plans total, day, channels and contingency as one, or says all that is wrong", async () => {
    const bench = await ledgerBench(await database());
    const { budgets } = bench.shop;
    const planned = await budgets.set(bench.campaignId, {
      total: eur(100),
      daily: eur(20),
      channels: { email: eur(60), social: eur(30) },
      contingencyPercent: 10,
    });
    expect(planned).toMatchObject({
      total: { limit: eur(100), available: eur(90) },
      channels: { email: { available: eur(60) }, social: { available: eur(30) } },
      contingency: { percent: 10, amount: eur(10) },
      version: 2,
    });
    await expect(
      budgets.set(bench.campaignId, {
        total: eur(80),
        daily: money("USD", 90),
        alertPercents: [50],
        contingencyPercent: 20,
      }),
    ).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: {
        issues: [
          { path: ["daily"], message: expect.stringContaining("USD") },
          {
            path: ["contingencyPercent"],
            message: expect.stringContaining("26.00 EUR more than the total of 80.00 EUR"),
          },
          { path: ["daily"] },
        ],
      },
    });
    await expect(
      budgets.set(bench.campaignId, {
        total: { currency: "eur", amountMicros: 1.5 },
        contingencyPercent: 101,
        alertPercents: [0, 75, 75],
      }),
    ).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect(await budgets.get(bench.campaignId)).toEqual(planned);
    await bench.stop();
  });

  it("BUD-1: keeps campaign and budget saying the same, whichever is changed", async () => {
    const bench = await ledgerBench(await database(), { campaign: { budget: { total: eur(100) } } });
    const { shop, campaignId } = bench;
    await shop.budgets.set(campaignId, { total: eur(200), daily: eur(20) });
    const followed = await shop.campaigns.get(campaignId);
    expect(followed).toMatchObject({ budget: { total: eur(200), daily: eur(20) }, version: 2 });
    await shop.campaigns.update(campaignId, {
      version: 2,
      budget: { total: eur(150) },
      timeZone: "America/New_York",
    });
    expect(await shop.budgets.get(campaignId)).toMatchObject({
      total: { limit: eur(150) },
      daily: { limit: eur(20) },
      timeZone: "America/New_York",
    });
    await shop.budgets.recordCost(campaignId, { key: "ad", kind: "media", amount: eur(140) });
    await expect(
      shop.campaigns.update(campaignId, { version: 3, budget: { total: eur(100), daily: eur(10) } }),
    ).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: {
        subject: "campaign",
        issues: [{ path: ["budget", "total"] }, { path: ["budget", "daily"] }],
      },
    });
    await expect(
      shop.campaigns.update(campaignId, {
        version: 3,
        currency: "USD",
        budget: { total: money("USD", 500), daily: null },
      }),
    ).rejects.toMatchObject({ details: { issues: [{ path: ["currency"] }] } });
    expect(await shop.campaigns.get(campaignId)).toMatchObject({ version: 3, budget: { total: eur(150) } });
    await bench.stop();
  });

  it("BUD-1: a copy has the plan of its source, and nothing of its spend", async () => {
    const bench = await ledgerBench(await database(), {
      budget: { total: eur(100), channels: { email: eur(60) }, contingencyPercent: 5, alertPercents: [50] },
    });
    const { shop, campaignId } = bench;
    await shop.budgets.recordCost(campaignId, {
      key: "ad",
      kind: "media",
      amount: eur(40),
      channel: "email",
    });
    const copy = await shop.campaigns.duplicate(campaignId, {});
    expect(await shop.budgets.get(copy.id)).toMatchObject({
      total: { limit: eur(100), committed: eur(0) },
      channels: { email: { limit: eur(60), committed: eur(0) } },
      contingency: { percent: 5 },
      alertPercents: [50],
    });
    const small = await shop.campaigns.duplicate(campaignId, { budget: { total: eur(50) } });
    expect(await shop.budgets.get(small.id)).toMatchObject({ total: { limit: eur(50) }, channels: {} });
    await bench.stop();
  });

  it("BUD-1: refuses a change on top of somebody else's, and a foreign campaign", async () => {
    const bench = await ledgerBench(await database());
    const { budgets } = bench.shop;
    await budgets.set(bench.campaignId, { total: eur(5), version: 1 });
    await expect(budgets.set(bench.campaignId, { total: eur(6), version: 1 })).rejects.toMatchObject({
      code: "STALE_VERSION",
      details: { expected: 1, actual: 2 },
    });
    const foreign = bench.kit.workspace("other").budgets;
    for (const attempt of [
      () => foreign.get(bench.campaignId),
      () => foreign.set(bench.campaignId, { total: eur(5) }),
      () => foreign.recordCost(bench.campaignId, { key: "x", kind: "ai", amount: eur(1) }),
      () => foreign.reserve(bench.campaignId, { key: "x", kind: "ai", amount: eur(1) }),
      () => foreign.adjust(bench.campaignId, { key: "x", kind: "ai", amount: eur(1), note: "why" }),
      () => foreign.movements(bench.campaignId),
      () => foreign.reservations(bench.campaignId),
      () => budgets.get("no-id"),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: "NOT_FOUND", details: { entity: "campaign" } });
    await bench.stop();
  });

  it("BUD-2: money set aside by hand is spent, given back, and traceable to its cause", async () => {
    const bench = await ledgerBench(await database(), { budget: { total: eur(100) } });
    const shop = bench.kit.workspace("shop", { actor: "ann" });
    const cause = { type: "generation", id: "g-1" };
    const order = { key: "images", kind: "ai", amount: eur(30), channel: "social", cause } as const;
    const reservation = await shop.budgets.reserve(bench.campaignId, order);
    expect(reservation).toMatchObject({
      amount: eur(30),
      open: eur(30),
      day: "2027-03-01",
      cause,
      expiresAt: null,
    });
    expect(await shop.budgets.reserve(bench.campaignId, order)).toEqual(reservation);
    await shop.budgets.commit(reservation.id, { key: "images", amount: eur(20), note: "two of three" });
    const settled = await shop.budgets.release(reservation.id, { key: "rest" });
    expect(settled.open).toEqual(eur(0));
    await shop.budgets.release(reservation.id, { key: "rest" });
    const { items } = await shop.budgets.movements(bench.campaignId, { cause });
    expect(
      items.map(({ kind, key, amount, committed, reserved, actor, note }) => [
        kind,
        key,
        amount,
        committed,
        reserved,
        actor,
        note,
      ]),
    ).toEqual([
      ["release", "rest", eur(10), eur(0), eur(-10), "ann", null],
      ["commit", "images", eur(20), eur(20), eur(-20), "ann", "two of three"],
      ["reserve", "images", eur(30), eur(0), eur(30), "ann", null],
    ]);
    expect(
      items.every(
        ({ reservationId, channel, costKind, day }) =>
          reservationId === reservation.id &&
          channel === "social" &&
          costKind === "ai" &&
          day === "2027-03-01",
      ),
    ).toBe(true);
    await bench.check();
    await bench.stop();
  });

  it("BUD-2: a key names one movement; with other content it is refused and nothing moves", async () => {
    const bench = await ledgerBench(await database(), { budget: { total: eur(100) } });
    const { budgets } = bench.shop;
    const reservation = await budgets.reserve(bench.campaignId, { key: "a", kind: "media", amount: eur(30) });
    await budgets.commit(reservation.id, { key: "b", amount: eur(10) });
    await budgets.recordCost(bench.campaignId, { key: "c", kind: "tool", amount: eur(5) });
    const before = await budgets.get(bench.campaignId);
    const other = await budgets.reserve(bench.campaignId, { key: "other", kind: "media", amount: eur(1) });
    for (const attempt of [
      () => budgets.reserve(bench.campaignId, { key: "a", kind: "media", amount: eur(31) }),
      () => budgets.reserve(bench.campaignId, { key: "a", kind: "ai", amount: eur(30) }),
      () => budgets.commit(reservation.id, { key: "b", amount: eur(11) }),
      () => budgets.commit(other.id, { key: "b", amount: eur(10) }),
      () => budgets.recordCost(bench.campaignId, { key: "b", kind: "media", amount: eur(10) }),
      () => budgets.recordCost(bench.campaignId, { key: "c", kind: "tool", amount: eur(6) }),
      () => budgets.recordCost(bench.campaignId, { key: "c", kind: "labour", amount: eur(5) }),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: "CONFLICT" });
    await budgets.release(other.id, { key: "undo" });
    expect(await budgets.get(bench.campaignId)).toEqual(before);
    await bench.check();
    await bench.stop();
  });

  it("BUD-2: refuses what does not fit, naming the scope and what it has, and keeps the contingency for those who ask for it", async () => {
    const bench = await ledgerBench(await database(), {
      budget: { total: eur(100), channels: { email: eur(20) }, contingencyPercent: 10, daily: eur(95) },
    });
    const { budgets } = bench.shop;
    const order = { kind: "media", channel: "email" } as const;
    await expect(
      budgets.reserve(bench.campaignId, { ...order, key: "a", amount: eur(21) }),
    ).rejects.toMatchObject({
      code: "BUDGET_EXCEEDED",
      details: {
        scope: "channel:email",
        requestedMicros: 21_000_000,
        availableMicros: 20_000_000,
        currency: "EUR",
      },
    });
    const large = { key: "b", kind: "media", amount: eur(91) } as const;
    await expect(budgets.reserve(bench.campaignId, large)).rejects.toMatchObject({
      details: { scope: "total" },
    });
    await expect(
      budgets.reserve(bench.campaignId, { ...large, amount: eur(96), useContingency: true }),
    ).rejects.toMatchObject({
      details: { scope: "daily:2027-03-01" },
    });
    await budgets.reserve(bench.campaignId, { ...large, useContingency: true });
    expect(await budgets.get(bench.campaignId)).toMatchObject({
      total: { available: eur(0), overspend: eur(0), exhausted: false },
    });
    await bench.check();
    await bench.stop();
  });

  it("BUD-2: gives back no more than is open, settles nothing twice, but books all that was spent", async () => {
    const bench = await ledgerBench(await database(), { budget: { total: eur(10) } });
    const { budgets } = bench.shop;
    const { id } = await budgets.reserve(bench.campaignId, { key: "a", kind: "ai", amount: eur(4) });
    await expect(budgets.release(id, { key: "b", amount: eur(5) })).rejects.toMatchObject({
      code: "CONFLICT",
    });
    await budgets.commit(id, { key: "c", amount: eur(12) });
    await expect(budgets.commit(id, { key: "d" })).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await budgets.get(bench.campaignId)).toMatchObject({
      total: { committed: eur(12), reserved: eur(0), available: eur(0), overspend: eur(2) },
    });
    await bench.check({ overspendAllowed: true });
    await bench.stop();
  });

  it("BUD-2: corrects what was booked, with a reason, within the limits and never below nothing", async () => {
    const bench = await ledgerBench(await database(), { budget: { total: eur(10), contingencyPercent: 10 } });
    const { budgets } = bench.shop;
    const booked = { kind: "media", channel: "email" } as const;
    await budgets.recordCost(bench.campaignId, { ...booked, key: "ad", amount: eur(5) });
    const refund = { ...booked, key: "refund", amount: eur(-2), note: "Credit note 7" };
    const movement = await budgets.adjust(bench.campaignId, refund);
    expect(await budgets.adjust(bench.campaignId, refund)).toEqual(movement);
    expect(movement).toMatchObject({
      kind: "adjust",
      amount: eur(-2),
      committed: eur(-2),
      note: "Credit note 7",
    });
    await budgets.adjust(bench.campaignId, {
      ...booked,
      key: "more",
      amount: eur(7),
      note: "Invoice was wrong",
    });
    await expect(
      budgets.adjust(bench.campaignId, { ...booked, key: "most", amount: eur(1), note: "again" }),
    ).rejects.toMatchObject({ code: "BUDGET_EXCEEDED", details: { scope: "total" } });
    for (const wrong of [{ channel: "social" }, { kind: "labour" as const }, { day: "2027-02-27" }]) {
      const input = { ...booked, key: "wrong", amount: eur(-1), note: "elsewhere", ...wrong };
      await expect(budgets.adjust(bench.campaignId, input)).rejects.toMatchObject({ code: "CONFLICT" });
    }
    await expect(
      budgets.adjust(bench.campaignId, { ...booked, key: "none", amount: eur(0), note: " " }),
    ).rejects.toMatchObject({
      details: { issues: [{ path: ["note"] }, { path: ["amount", "amountMicros"] }] },
    });
    expect((await budgets.get(bench.campaignId)).total.committed).toEqual(eur(10));
    await bench.check();
    await bench.stop();
  });

  it("BUD-2: lists the ledger page by page, by kind, cost, channel, day, actor and reservation", async () => {
    const bench = await ledgerBench(await database());
    const { budgets } = bench.kit.workspace("shop", { actor: "ann" });
    const { id } = await budgets.reserve(bench.campaignId, {
      key: "r",
      kind: "ai",
      amount: eur(3),
      channel: "social",
    });
    for (let n = 1; n <= 5; n++)
      await budgets.recordCost(bench.campaignId, {
        key: `c${n}`,
        kind: "media",
        amount: eur(n),
        channel: n > 3 ? "email" : null,
      });
    await bench.shop.budgets.commit(id, { key: "s" });
    const pages: string[][] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await budgets.movements(bench.campaignId, {
        limit: 3,
        ...(cursor === undefined ? {} : { cursor }),
      });
      pages.push(page.items.map(({ key }) => key));
      cursor = page.nextCursor;
    }
    expect(pages).toEqual([["s", "c5", "c4"], ["c3", "c2", "c1"], ["r"]]);
    const keysOf = async (query: object) =>
      (await budgets.movements(bench.campaignId, query)).items.map(({ key }) => key);
    expect(await keysOf({ kind: "reserve" })).toEqual(["r"]);
    expect(await keysOf({ channel: "email" })).toEqual(["c5", "c4"]);
    expect(await keysOf({ costKind: "ai" })).toEqual(["s", "r"]);
    expect(await keysOf({ actor: "ann", kind: "commit", channel: "social" })).toEqual([]);
    expect(await keysOf({ reservationId: id })).toEqual(["s", "r"]);
    expect(await keysOf({ day: "2027-02-28" })).toEqual([]);
    expect(await keysOf({ cause: { type: "cost", id: "c2" } })).toEqual(["c2"]);
    await expect(budgets.movements(bench.campaignId, { cursor: "bm9uc2Vuc2U" })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    await expect(keysOf({ kind: "theft", limit: 0 })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await bench.stop();
  });

  it("BUD-1: who may only look can't move money", async () => {
    const bench = await ledgerBench(await database());
    await bench.shop.team.setMember("ann", "owner");
    await bench.shop.team.setMember("vic", "viewer");
    const { budgets, exchangeRates } = bench.kit.workspace("shop", { actor: "vic" });
    expect((await budgets.get(bench.campaignId)).total.limit).toBeNull();
    for (const attempt of [
      () => budgets.set(bench.campaignId, { total: eur(1) }),
      () => budgets.reserve(bench.campaignId, { key: "a", kind: "ai", amount: eur(1) }),
      () => budgets.commit(bench.campaignId, { key: "a" }),
      () => budgets.release(bench.campaignId, { key: "a" }),
      () => budgets.adjust(bench.campaignId, { key: "a", kind: "ai", amount: eur(1), note: "why" }),
      () => budgets.recordCost(bench.campaignId, { key: "a", kind: "ai", amount: eur(1) }),
      () => exchangeRates.set({ from: "USD", to: "EUR", date: "2027-03-01", rate: 1 }),
    ])
      await expect(attempt()).rejects.toMatchObject({
        code: "FORBIDDEN",
        details: { permission: "budgets:write" },
      });
    await bench.stop();
  });
});
