import { DEFAULT_POLICIES } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { openCampaigns } from "@campaignkit/test-support/open-campaigns";
import { expect, it } from "vitest";

describeEachDatabase("policies", (database) => {
  it("CAM-8: have the defaults of the specification", async () => {
    const { kit, policies } = await openCampaigns(database);
    expect(await policies.get()).toEqual({
      maxActiveCampaigns: 10,
      minExperimentContacts: 100,
      maxEmailsPerContactPerWeek: 3,
      approvalRequiredAbove: 1_000,
      pauseWhenBudgetExhausted: true,
      requireConsent: true,
      misfire: { policy: "ask", graceMs: 3_600_000 },
      bounces: { suppressHard: true, softLimit: 5, softDays: 30 },
      quietHours: null,
      defaultCurrency: "USD",
      version: 0,
    });
    await kit.stop();
  });

  it("CAM-8: are set one by one, kept per workspace, and recorded", async () => {
    const { kit, policies, other, events, shop } = await openCampaigns(database);
    await policies.set({ version: 0, maxActiveCampaigns: 3 });
    expect(
      await policies.set({ version: 1, requireConsent: false, maxEmailsPerContactPerWeek: null }),
    ).toEqual({
      ...DEFAULT_POLICIES,
      maxActiveCampaigns: 3,
      requireConsent: false,
      maxEmailsPerContactPerWeek: null,
      version: 2,
    });
    expect(await other.policies.get()).toEqual({ ...DEFAULT_POLICIES, version: 0 });
    expect(events).toMatchObject([
      { type: "policies.changed", changed: ["maxActiveCampaigns"] },
      { type: "policies.changed", changed: ["maxEmailsPerContactPerWeek", "requireConsent"] },
    ]);
    expect((await shop.activity.list({ limit: 1 })).items[0]).toMatchObject({
      before: { requireConsent: true, maxEmailsPerContactPerWeek: 3 },
      after: { requireConsent: false, maxEmailsPerContactPerWeek: null },
    });
    await kit.stop();
  });

  it("CAM-8: are refused with every problem at once", async () => {
    const { kit, policies } = await openCampaigns(database);
    const wrong = {
      version: 0,
      maxActiveCampaigns: -1,
      approvalRequiredAbove: 1.5,
      requireConsent: "no",
      misfire: { policy: "maybe", graceMs: Number.POSITIVE_INFINITY },
      quietHours: { from: "21:00", to: "25:00" },
      defaultCurrency: "euro",
      colour: "blue",
    };
    await expect(policies.set(wrong as never)).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: {
        issues: [
          { path: ["maxActiveCampaigns"] },
          { path: ["approvalRequiredAbove"] },
          { path: ["requireConsent"] },
          { path: ["misfire", "policy"] },
          { path: ["misfire", "graceMs"] },
          { path: ["quietHours", "to"] },
          { path: ["defaultCurrency"] },
          { path: [] },
        ],
      },
    });
    expect((await policies.get()).version).toBe(0);
    await kit.stop();
  });

  it("CAM-8: refuse a stale change; of racing ones exactly one wins", async () => {
    const { kit, policies } = await openCampaigns(database);
    const results = await Promise.allSettled(
      [1, 2, 3, 4].map((maxActiveCampaigns) => policies.set({ version: 0, maxActiveCampaigns })),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expect(policies.set({ version: 0 })).rejects.toMatchObject({
      code: "STALE_VERSION",
      details: { expected: 0, actual: 1 },
    });
    await kit.stop();
  });
});
