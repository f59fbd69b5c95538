import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { hours, openCampaigns } from "@campaignkit/test-support/open-campaigns";
import { expect, it } from "vitest";

describeEachDatabase("putting campaigns away", (database) => {
  it("CAM-5: archives what is at rest, with its history kept and searchable", async () => {
    const { kit, campaigns, draft, shop } = await openCampaigns(database);
    const { id } = await draft({ tags: ["spring"] });
    await campaigns.launch(id);
    await expect(campaigns.archive(id)).rejects.toMatchObject({ code: "CONFLICT" });
    await campaigns.cancel(id, { reason: "done" });
    expect(await campaigns.archive(id)).toMatchObject({ archivedAt: hours(0), state: "cancelled" });
    expect(await campaigns.archive(id)).toMatchObject({ version: 4 });
    expect((await campaigns.list({ search: "spring" })).items).toEqual([]);
    expect((await campaigns.list({ search: "spring", archived: true })).items).toMatchObject([{ id }]);
    expect((await campaigns.list({ tag: "spring", archived: "any" })).items).toMatchObject([{ id }]);
    expect((await shop.activity.list({ subject: { type: "campaign", id } })).items).toHaveLength(4);
    await expect(campaigns.update(id, { version: 4, name: "x" })).rejects.toMatchObject({
      code: "CONFLICT",
      details: { reason: "archived" },
    });
    expect(await campaigns.unarchive(id)).toMatchObject({ archivedAt: null });
    expect((await campaigns.list()).items).toMatchObject([{ id }]);
    await kit.stop();
  });

  it("CAM-5: moves nothing that is archived", async () => {
    const { kit, campaigns, draft } = await openCampaigns(database);
    const { id } = await draft();
    await campaigns.archive(id);
    expect((await campaigns.readiness(id)).ready).toBe(false);
    for (const work of ["launch", "schedule", "cancel"] as const)
      await expect(campaigns[work](id)).rejects.toMatchObject({ code: "CONFLICT" });
    await kit.stop();
  });

  it("CAM-2: deletes softly, and restores to where it was", async () => {
    const { kit, campaigns, draft, types } = await openCampaigns(database);
    const { id } = await draft();
    await campaigns.archive(id);
    await campaigns.softDelete(id);
    await expect(campaigns.get(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    for (const work of ["launch", "archive", "softDelete", "duplicate"] as const)
      await expect(campaigns[work](id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await campaigns.list({ archived: "any" })).items).toEqual([]);
    expect((await campaigns.list({ deleted: true })).items).toMatchObject([{ id, deletedAt: hours(0) }]);
    expect(await campaigns.restore(id)).toMatchObject({ deletedAt: null, archivedAt: hours(0) });
    expect((await campaigns.list({ archived: true })).items).toMatchObject([{ id }]);
    await campaigns.restore(id);
    expect(types()).toEqual([
      "campaign.created",
      "campaign.archived",
      "campaign.deleted",
      "campaign.restored",
    ]);
    await kit.stop();
  });

  it("CAM-2: deletes nothing that is live or scheduled", async () => {
    const { kit, campaigns, draft } = await openCampaigns(database);
    const { id } = await draft();
    await campaigns.schedule(id);
    await expect(campaigns.softDelete(id)).rejects.toMatchObject({ code: "CONFLICT" });
    await campaigns.launch(id);
    await expect(campaigns.softDelete(id)).rejects.toMatchObject({ code: "CONFLICT" });
    await campaigns.complete(id);
    await campaigns.softDelete(id);
    await kit.stop();
  });
});
