import { createCampaignKit, defineJob, handleJob } from "@campaignkit/core";
import { describeEachDatabase, type TestDatabase } from "@campaignkit/test-support/each-database";
import { type Host, hostsOf } from "@campaignkit/test-support/host-transactions";
import { probeEngine } from "@campaignkit/test-support/probe-engine";
import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";

const note = defineJob<{ text: string }>("probe.note");

/** Runs the test with each kind of host on the database. */
async function withEachHost(database: TestDatabase, test: (host: Host, n: number) => Promise<void>) {
  const hosts = await hostsOf(database);
  for (const [n, host] of hosts.entries()) {
    try {
      await test(host, n);
    } catch (error) {
      throw new Error(`with ${host.name}`, { cause: error });
    }
  }
  for (const host of hosts) await host.close();
}

async function setup(database: TestDatabase) {
  const time = virtualTime();
  const ran: string[] = [];
  const told: string[] = [];
  const engine = probeEngine({
    storage: database.connect(),
    time,
    jobs: [handleJob(note, async ({ payload }) => void ran.push(payload.text))],
  });
  await engine.kit.migrate();
  engine.kit.on("member.set", ({ member }) => told.push(member));
  const shop = engine.kit.workspace("shop");
  const order = (handle: unknown, text: string) =>
    shop
      .within(handle)
      .plugins.probe.write("team:write", async (unit) => unit.enqueue(note, { payload: { text } }));
  return { ...engine, time, ran, told, shop, order };
}

describeEachDatabase("host transactions", (database) => {
  it("is part of the host's commit: what was changed stays, events are told, jobs run", async () => {
    const db = await database();
    const { kit, time, shop, order, ran, told } = await setup(db);
    await shop.team.setMember("owner", "owner");
    told.length = 0;
    await withEachHost(db, async (host, n) => {
      await host.transact(async ({ handle, order: hostOrder }) => {
        await hostOrder(n);
        expect(await shop.within(handle).team.setMember(`ann-${n}`, "editor")).toMatchObject({
          role: "editor",
        });
        await order(handle, `job-${n}`);
        expect((await shop.within(handle).team.list()).map(({ actor }) => actor)).toContain(`ann-${n}`);
        expect((await shop.within(handle).activity.list({ limit: 1 })).items).toMatchObject([
          { type: "member.set", subject: { id: `ann-${n}` }, after: { role: "editor" } },
        ]);
        expect(told).toEqual([]);
      }, "commit");
      expect(await host.orders()).toContain(n);
      await time.settle(kit);
      expect(told.splice(0)).toEqual([`ann-${n}`]);
      expect(ran.splice(0)).toEqual([`job-${n}`]);
      expect((await shop.team.list()).map(({ actor }) => actor)).toContain(`ann-${n}`);
    });
    expect(await shop.activity.verify()).toMatchObject({ intact: true, sealed: 4 });
    await kit.stop();
  });

  it("is part of the host's rollback: nothing happened, jobs and events included", async () => {
    const db = await database();
    const { kit, time, shop, order, ran, told } = await setup(db);
    await shop.team.setMember("owner", "owner");
    told.length = 0;
    await withEachHost(db, async (host, n) => {
      await host.transact(async ({ handle, order: hostOrder }) => {
        await hostOrder(n);
        await shop.within(handle).team.setMember(`ann-${n}`, "editor");
        await order(handle, `job-${n}`);
      }, "rollback");
      await time.advance("2h", kit);
      expect(await host.orders()).toEqual([]);
    });
    expect(told).toEqual([]);
    expect(ran).toEqual([]);
    expect(await shop.team.list()).toHaveLength(1);
    expect((await shop.activity.list()).items).toHaveLength(1);
    await kit.stop();
  });

  it("undoes only our part when a call fails, also one that the database refused", async () => {
    const db = await database();
    const { kit, time, shop, told } = await setup(db);
    await shop.team.setMember("owner", "owner");
    told.length = 0;
    await withEachHost(db, async (host, n) => {
      await host.transact(async ({ handle, order }) => {
        const inside = shop.within(handle);
        await order(n);
        await inside.team.setMember(`ann-${n}`, "editor");
        await expect(inside.team.setMember("bob", "pope")).rejects.toMatchObject({
          code: "VALIDATION_FAILED",
        });
        await expect(inside.team.removeMember("owner")).rejects.toMatchObject({ code: "CONFLICT" });
        const twice = inside.plugins.probe.write("team:write", async (unit) => {
          unit.record("member.removed", { subject: { type: "member", id: "x" }, data: { member: "x" } });
          const row = { workspace_id: "shop", actor: "owner", role: "viewer", created_at: 0 };
          await unit.db.insertInto("ck_members").values(row).execute();
        });
        await expect(twice).rejects.toMatchObject({ code: "STORAGE_FAILED", details: { kind: "unique" } });
        const broken = inside.plugins.probe.read("team:read", async (look) => {
          await look
            .selectFrom("ck_no_such_table" as "ck_members")
            .selectAll()
            .execute();
        });
        await expect(broken).rejects.toMatchObject({ code: "STORAGE_FAILED", details: { kind: "invalid" } });
        await order(n + 100);
        expect(await inside.team.list()).toHaveLength(n + 2);
      }, "commit");
      expect(await host.orders()).toEqual(expect.arrayContaining([n, n + 100]));
      await time.settle(kit);
      expect(told.splice(0)).toEqual([`ann-${n}`]);
    });
    expect(await shop.team.list()).toHaveLength(4);
    expect(await shop.activity.verify()).toMatchObject({ intact: true, sealed: 4 });
    await kit.stop();
  });

  it("takes turns when the host makes several calls at once", async () => {
    const db = await database();
    const { kit, shop } = await setup(db);
    await withEachHost(db, async (host, n) => {
      const other = kit.workspace(`other-${n}`);
      await host.transact(async ({ handle }) => {
        const results = await Promise.allSettled([
          shop.within(handle).team.setMember(`ann-${n}`, "owner"),
          shop.within(handle).team.setMember(`bob-${n}`, "pope"),
          other.within(handle).team.setMember(`cyd-${n}`, "owner"),
          shop.within(handle).team.list(),
          other.within(handle).team.removeMember("nobody"),
        ]);
        expect(results.map(({ status }) => status)).toEqual([
          "fulfilled",
          "rejected",
          "fulfilled",
          "fulfilled",
          "rejected",
        ]);
      }, "commit");
      expect((await shop.team.list()).map(({ actor }) => actor)).toContain(`ann-${n}`);
      expect((await other.team.list()).map(({ actor }) => actor)).toEqual([`cyd-${n}`]);
    });
    await kit.stop();
  });

  it("checks the actor inside, and sees what the transaction changed about him", async () => {
    const db = await database();
    const { kit, shop } = await setup(db);
    await shop.team.setMember("owner", "owner");
    await withEachHost(db, async (host, n) => {
      await host.transact(async ({ handle }) => {
        await shop.within(handle).team.setMember(`eve-${n}`, "viewer");
        const eve = kit.workspace("shop", { actor: `eve-${n}` }).within(handle);
        expect(await eve.team.list()).not.toEqual([]);
        await expect(eve.team.removeMember("owner")).rejects.toMatchObject({ code: "FORBIDDEN" });
      }, "rollback");
    });
    await kit.stop();
  });

  it("refuses what is no transaction of this database", async () => {
    const { kit, shop } = await setup(await database());
    for (const stranger of [undefined, null, {}, "transaction", { query: 1 }]) {
      expect(() => shop.within(stranger)).toThrow(expect.objectContaining({ code: "CONFIGURATION_INVALID" }));
    }
    await kit.stop();
  });

  it("refuses a client on which no transaction is open", async () => {
    const db = await database();
    const { kit, shop } = await setup(db);
    await withEachHost(db, async (host) => {
      let handle: unknown;
      await host.transact(async (work) => {
        handle = work.handle;
      }, "commit");
      await expect(shop.within(handle).team.setMember("ann", "owner")).rejects.toMatchObject({
        code: "STORAGE_FAILED",
        details: { kind: "invalid" },
      });
    });
    expect(await shop.team.list()).toEqual([]);
    await kit.stop();
  });
});

it("works in a transaction on the very handle that the engine was given, from the first call on", async () => {
  const { DatabaseSync } = await import("node:sqlite");
  const { sqlite } = await import("@campaignkit/adapter-sqlite");
  const handle = new DatabaseSync(":memory:");
  const first = createCampaignKit({ storage: sqlite(handle), channels: {} });
  await first.migrate();
  const kit = createCampaignKit({ storage: sqlite(handle), channels: {} });
  handle.exec("begin immediate");
  await kit.workspace("shop").within(handle).team.setMember("ann", "owner");
  handle.exec("commit");
  expect(await kit.workspace("shop").team.list()).toHaveLength(1);
  await kit.stop();
});
