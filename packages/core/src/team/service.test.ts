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

  it("TEAM-1: keeps one owner, also when two take each other's role at the same moment", async () => {
    const db = await database();
    const { runtime } = virtualTime();
    const kits = [1, 2].map(() => createCampaignKit({ storage: db.connect(), channels: {}, runtime }));
    const [first, second] = kits.map((kit) => kit.workspace("shop").team);
    for (let round = 0; round < 10; round++) {
      await first?.setMember("ann", "owner");
      await first?.setMember("bob", "owner");
      const results = await Promise.allSettled([
        first?.setMember("bob", "viewer"),
        round % 2 === 0 ? second?.setMember("ann", "viewer") : second?.removeMember("ann"),
      ]);
      expect(results.filter(({ status }) => status === "rejected")).toMatchObject([
        { reason: { code: "CONFLICT" } },
      ]);
      expect((await first?.list())?.filter(({ role }) => role === "owner")).toHaveLength(1);
    }
    for (const kit of kits) await kit.stop();
  });

  it("TEAM-1: refuses members who can't be, and roles that are none", async () => {
    const kit = createCampaignKit({
      storage: (await database()).connect(),
      channels: {},
      roles: { intern: ["team:read"] },
    });
    const { team } = kit.workspace("shop");
    await team.setMember("ann", "owner");
    expect(await team.setMember("ivy", "intern")).toMatchObject({ role: "intern" });
    for (const actor of ["", "system", "a\u0000b", "half \ud800", "x".repeat(201)]) {
      await expect(team.setMember(actor, "viewer")).rejects.toMatchObject({
        code: "VALIDATION_FAILED",
        details: { issues: [{ path: ["actor"] }] },
      });
      await expect(team.removeMember(actor)).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
    await expect(team.setMember("bob", "pope")).rejects.toMatchObject({
      details: { issues: [{ path: ["role"] }] },
    });
    await expect(team.setMember("bob", "constructor")).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await expect(kit.workspace("new").team.setMember("eve", "editor")).rejects.toMatchObject({
      code: "CONFLICT",
    });
    await kit.stop();
  });
});
