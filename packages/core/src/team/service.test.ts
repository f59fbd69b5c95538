import { createCampaignKit } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";

describeEachDatabase("team", (database) => {
  it("leaves access to the host until the first member, then checks every call", async () => {
    const time = virtualTime();
    const kit = createCampaignKit({
      storage: (await database()).connect(),
      channels: {},
      runtime: time.runtime,
    });
    const events: string[] = [];
    kit.on("member.set", (event) => void events.push(`${event.member}:${event.role}`));
    await kit.workspace("shop", { actor: "ann" }).team.setMember("ann", "owner");
    await kit.workspace("shop", { actor: "ann" }).team.setMember("bob", "viewer");
    await expect(
      kit.workspace("shop", { actor: "bob" }).team.setMember("eve", "owner"),
    ).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(kit.workspace("shop", { actor: "eve" }).team.list()).rejects.toMatchObject({
      code: "FORBIDDEN",
    });
    await expect(kit.workspace("shop", { actor: "ann" }).team.removeMember("ann")).rejects.toMatchObject({
      code: "CONFLICT",
    });
    expect(events).toEqual(["ann:owner", "bob:viewer"]);
    expect(await kit.workspace("shop").activity.verify()).toMatchObject({
      intact: true,
      sealed: 0,
      unsealed: 2,
    });
    await time.settle(kit);
    expect(await kit.workspace("shop").activity.verify()).toMatchObject({
      intact: true,
      sealed: 2,
      unsealed: 0,
    });
    expect((await kit.workspace("shop").activity.list({ limit: 1 })).items[0]).toMatchObject({
      type: "member.set",
      seq: 2,
      after: { role: "viewer" },
    });
    await kit.stop();
  });
});
