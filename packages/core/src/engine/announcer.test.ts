import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { hostsOf } from "@campaignkit/test-support/host-transactions";
import { probeEngine } from "@campaignkit/test-support/probe-engine";
import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";

describeEachDatabase("announcing the host's commits", (database) => {
  it("looks less and less often for a commit that does not come, and gives up after an hour", async () => {
    const db = await database();
    const time = virtualTime();
    const { kit } = probeEngine({ storage: db.connect(), time });
    await kit.migrate();
    const [host, ...others] = await hostsOf(db);
    await host?.transact(async ({ handle }) => {
      await kit.workspace("shop").within(handle).team.setMember("ann", "owner");
    }, "rollback");
    let looks = 0;
    const counting = {
      tick: () => {
        looks += 1;
        return kit.tick();
      },
    };
    await time.advance("59m", counting);
    expect(looks).toBeLessThan(100);
    expect((await kit.tick()).nextDueAt).not.toBeNull();
    await time.advance("30m", counting);
    expect((await kit.tick()).nextDueAt).toBeNull();
    for (const each of [host, ...others]) await each?.close();
    await kit.stop();
  });

  it("tells in the order of the work, and what was begun later without waiting for what is open", async () => {
    const db = await database();
    const time = virtualTime();
    const { kit } = probeEngine({ storage: db.connect(), time });
    await kit.migrate();
    const told: string[] = [];
    kit.on("member.set", ({ member }) => told.push(member));
    const [host, ...others] = await hostsOf(db);
    const shop = kit.workspace("shop");
    await host?.transact(async ({ handle }) => {
      await shop.within(handle).team.setMember("ann", "owner");
      await shop.within(handle).team.setMember("bob", "viewer");
      await kit.tick();
      expect(told).toEqual([]);
    }, "commit");
    await shop.team.setMember("cyd", "viewer");
    expect(told).toEqual(["cyd"]);
    await time.settle(kit);
    expect(told).toEqual(["cyd", "ann", "bob"]);
    for (const each of [host, ...others]) await each?.close();
    await kit.stop();
  });
});
