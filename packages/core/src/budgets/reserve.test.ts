import { createCampaignKit, definePlugin, money, type Scope } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";
import { reserveUnits, settleReservation } from "./index.ts";

const ledger = definePlugin({ id: "ledger", workspace: (scope: Scope) => scope });

describeEachDatabase("budgets", (database) => {
  it("BUD-2: grants whole units up to the limit, then settles", async () => {
    const time = virtualTime();
    const kit = createCampaignKit({
      storage: (await database()).connect(),
      channels: {},
      plugins: { ledger },
      runtime: time.runtime,
    });
    const shop = kit.workspace("shop");
    const campaign = await shop.campaigns.create({
      name: "Spring",
      timeZone: "Europe/Berlin",
      startsAt: new Date("2027-03-01T08:00:00Z"),
      budget: { total: money("EUR", 10) },
    });
    const scope = shop.plugins.ledger;
    const order = { campaignId: campaign.id, channel: "email", unitMicros: 3_000_000, count: 5, key: "a" };
    const grant = await scope.write("budgets:write", (unit) => reserveUnits(unit, order));
    expect(grant).toMatchObject({ granted: 3, exhausted: "total", retryAt: null });
    expect(await scope.write("budgets:write", (unit) => reserveUnits(unit, order))).toEqual(grant);
    await scope.write("budgets:write", (unit) =>
      settleReservation(unit, {
        reservationId: grant.reservationId ?? "",
        key: "b",
        commitMicros: 8_000_000,
        releaseMicros: 1_000_000,
      }),
    );
    const budget = await shop.budgets.get(campaign.id);
    expect(budget).toMatchObject({
      total: {
        limit: money("EUR", 10),
        committed: money("EUR", 8),
        reserved: money("EUR", 0),
        available: money("EUR", 2),
        exhausted: true,
      },
      daily: { committed: money("EUR", 8), day: "2027-03-01" },
      channels: { email: { committed: money("EUR", 8), limit: null } },
      alerts: [{ scope: "total", percent: 75 }],
    });
    const after = await shop.budgets.set(campaign.id, { total: money("EUR", 20), daily: money("EUR", 9) });
    expect(after).toMatchObject({ total: { exhausted: false }, alerts: [], version: 2 });
    const last = await scope.write("budgets:write", (unit) => reserveUnits(unit, { ...order, key: "c" }));
    expect(last).toMatchObject({
      granted: 0,
      exhausted: "daily",
      retryAt: Date.parse("2027-03-01T23:00:00Z"),
    });
    await time.settle(kit);
    const types = (await shop.activity.list({ limit: 20 })).items.map(({ type }) => type);
    expect(types.filter((type) => type.startsWith("budget.")).toReversed()).toEqual([
      "budget.exhausted",
      "budget.threshold",
      "budget.replenished",
      "budget.set",
      "budget.day-exhausted",
    ]);
    await kit.stop();
  });
});
