import type { Unit } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { openCampaigns } from "@campaignkit/test-support/open-campaigns";
import { expect, it } from "vitest";

/** What the budget records when the total, or one channel, has no room any more, and when it has room again. */
function tell(
  unit: Unit,
  type: "budget.exhausted" | "budget.replenished",
  campaignId: string,
  channel?: string,
) {
  unit.record(type, {
    subject: { type: "campaign", id: campaignId },
    data: { campaignId, scope: channel === undefined ? "total" : "channel", channel: channel ?? null },
  });
}

describeEachDatabase("campaigns and their money", (database) => {
  it("BUD-3: pauses when the total is spent, and goes on when it is topped up", async () => {
    const { kit, campaigns, draft, scope } = await openCampaigns(database);
    const { id } = await draft();
    await campaigns.launch(id);
    await scope.write("budgets:write", async (unit) => tell(unit, "budget.exhausted", id, "wall"));
    expect((await campaigns.get(id)).state).toBe("active");
    await scope.write("budgets:write", async (unit) => tell(unit, "budget.exhausted", id));
    expect(await campaigns.get(id)).toMatchObject({ state: "paused", stateReason: "budget-exhausted" });
    await scope.write("budgets:write", async (unit) => tell(unit, "budget.exhausted", id));
    await scope.write("budgets:write", async (unit) => tell(unit, "budget.replenished", id));
    expect(await campaigns.get(id)).toMatchObject({ state: "active", stateReason: "budget-replenished" });
    await kit.stop();
  });

  it("BUD-3: does not resume what a person paused", async () => {
    const { kit, campaigns, draft, scope } = await openCampaigns(database);
    const { id } = await draft();
    await campaigns.launch(id);
    await campaigns.pause(id, { reason: "holidays" });
    await scope.write("budgets:write", async (unit) => tell(unit, "budget.exhausted", id));
    await scope.write("budgets:write", async (unit) => tell(unit, "budget.replenished", id));
    expect(await campaigns.get(id)).toMatchObject({ state: "paused", stateReason: "holidays" });
    await kit.stop();
  });

  it("CAM-8: pauses nothing when the policy says not to", async () => {
    const { kit, campaigns, draft, policies, scope } = await openCampaigns(database);
    await policies.set({ version: 0, pauseWhenBudgetExhausted: false });
    const { id } = await draft();
    await campaigns.launch(id);
    await scope.write("budgets:write", async (unit) => tell(unit, "budget.exhausted", id));
    expect((await campaigns.get(id)).state).toBe("active");
    await kit.stop();
  });

  it("CAM-8: after a top-up waits for room among the active campaigns, unless the money goes again", async () => {
    const { kit, time, campaigns, draft, policies, scope } = await openCampaigns(database);
    await policies.set({ version: 0, maxActiveCampaigns: 1 });
    const [first, second] = [await draft(), await draft()];
    const say = (type: "budget.exhausted" | "budget.replenished") =>
      scope.write("budgets:write", async (unit) => tell(unit, type, first.id));
    await campaigns.launch(first.id);
    await say("budget.exhausted");
    await campaigns.launch(second.id);
    await say("budget.replenished");
    await time.advance("5m", kit);
    expect((await campaigns.get(first.id)).state).toBe("paused");
    await say("budget.exhausted");
    await campaigns.cancel(second.id);
    await time.advance("5m", kit);
    expect((await campaigns.get(first.id)).state).toBe("paused");
    await campaigns.launch((await draft()).id);
    await say("budget.replenished");
    const [other] = (await campaigns.list({ state: "active" })).items;
    await campaigns.cancel(other?.id ?? "");
    await time.advance("2m", kit);
    expect((await campaigns.get(first.id)).state).toBe("active");
    await kit.stop();
  });
});
