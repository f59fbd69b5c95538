import { type BudgetChanges, money } from "@campaignkit/core";
import { describeEachDatabase, type TestDatabase } from "@campaignkit/test-support/each-database";
import { openCampaigns } from "@campaignkit/test-support/open-campaigns";
import { expect, it } from "vitest";
import { reserveUnits, settleReservation } from "../budgets/index.ts";

const eur = (amount: number) => money("EUR", amount);
const ONE = eur(1).amountMicros;

/** Campaigns whose messages cost one euro each. */
async function openPaidCampaigns(database: () => Promise<TestDatabase>) {
  const world = await openCampaigns(database);
  const { scope, shop } = world;
  /** Spends all that there is, and asks for one message more. */
  const spendAll = async (campaignId: string): Promise<void> => {
    const order = { campaignId, channel: "wall", unitMicros: ONE, count: 1_000 };
    await scope.write("budgets:write", async (unit) => {
      const key = unit.newId();
      const { granted, reservationId } = await reserveUnits(unit, { ...order, key });
      if (reservationId === null) return;
      const commitMicros = granted * ONE;
      await settleReservation(unit, { reservationId, key, commitMicros, releaseMicros: 0 });
    });
  };
  const topUp = async (campaignId: string, changes: BudgetChanges): Promise<void> => {
    await shop.budgets.set(campaignId, changes);
  };
  return { ...world, spendAll, topUp };
}

describeEachDatabase("campaigns and their money", (database) => {
  it("BUD-3: pauses when the total is spent, and goes on when it is topped up", async () => {
    const { kit, time, campaigns, draft, spendAll, topUp } = await openPaidCampaigns(database);
    const { id } = await draft({ budget: { total: eur(2) } });
    await campaigns.launch(id);
    await spendAll(id);
    await time.settle(kit);
    expect(await campaigns.get(id)).toMatchObject({ state: "paused", stateReason: "budget-exhausted" });
    await topUp(id, { total: eur(3) });
    await time.settle(kit);
    expect(await campaigns.get(id)).toMatchObject({ state: "active", stateReason: "budget-replenished" });
    await spendAll(id);
    await topUp(id, { total: eur(4) });
    await time.settle(kit);
    expect(await campaigns.get(id)).toMatchObject({ state: "active", stateReason: "budget-replenished" });
    await kit.stop();
  });

  it("BUD-3: goes on with its other channels when one has spent its share", async () => {
    const { kit, time, campaigns, draft, spendAll, topUp } = await openPaidCampaigns(database);
    const { id } = await draft({ budget: { total: eur(5) } });
    await topUp(id, { channels: { wall: eur(2) } });
    await campaigns.launch(id);
    await spendAll(id);
    await time.settle(kit);
    expect((await campaigns.get(id)).state).toBe("active");
    await kit.stop();
  });

  it("BUD-3: does not resume what a person paused", async () => {
    const { kit, time, campaigns, draft, spendAll, topUp } = await openPaidCampaigns(database);
    const { id } = await draft({ budget: { total: eur(2) } });
    await campaigns.launch(id);
    await campaigns.pause(id, { reason: "holidays" });
    await spendAll(id);
    await time.settle(kit);
    await topUp(id, { total: eur(3) });
    await time.settle(kit);
    expect(await campaigns.get(id)).toMatchObject({ state: "paused", stateReason: "holidays" });
    await kit.stop();
  });

  it("CAM-8: pauses nothing when the policy says not to", async () => {
    const { kit, time, campaigns, draft, policies, spendAll } = await openPaidCampaigns(database);
    await policies.set({ version: 0, pauseWhenBudgetExhausted: false });
    const { id } = await draft({ budget: { total: eur(2) } });
    await campaigns.launch(id);
    await spendAll(id);
    await time.settle(kit);
    expect((await campaigns.get(id)).state).toBe("active");
    await kit.stop();
  });

  it("CAM-8: after a top-up waits for room among the active campaigns, unless the money goes again", async () => {
    const { kit, time, campaigns, draft, policies, spendAll, topUp } = await openPaidCampaigns(database);
    await policies.set({ version: 0, maxActiveCampaigns: 1 });
    const [first, second] = [await draft({ budget: { total: eur(2) } }), await draft()];
    await campaigns.launch(first.id);
    await spendAll(first.id);
    await time.settle(kit);
    await campaigns.launch(second.id);
    await topUp(first.id, { total: eur(3) });
    await time.advance("5m", kit);
    expect((await campaigns.get(first.id)).state).toBe("paused");
    await spendAll(first.id);
    await time.settle(kit);
    await campaigns.cancel(second.id);
    await time.advance("5m", kit);
    expect((await campaigns.get(first.id)).state).toBe("paused");
    const third = await draft();
    await campaigns.launch(third.id);
    await topUp(first.id, { total: eur(4) });
    await campaigns.cancel(third.id);
    await time.advance("2m", kit);
    expect((await campaigns.get(first.id)).state).toBe("active");
    await kit.stop();
  });
});
