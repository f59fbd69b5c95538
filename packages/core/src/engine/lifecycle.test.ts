import { sqlite } from "@campaignkit/adapter-sqlite";
import {
  CampaignKitError,
  createCampaignKit,
  defineChannel,
  defineJob,
  definePlugin,
  handleJob,
  type SqlDriver,
  StorageError,
} from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { probeEngine } from "@campaignkit/test-support/probe-engine";
import { scriptedChannel, virtualTime } from "@campaignkit/testing";
import { describe, expect, it } from "vitest";

const note = defineJob<{ text: string }>("probe.note");

/** A driver whose database can be away. */
function withOutages(real: SqlDriver) {
  const state = { away: false };
  const guarded = <Result>(run: () => Promise<Result>): Promise<Result> =>
    state.away ? Promise.reject(new StorageError("unavailable", "The database is away.")) : run();
  const driver: SqlDriver = {
    family: real.family,
    execute: (statement) => guarded(() => real.execute(statement)),
    transaction: (work) => guarded(() => real.transaction(work)),
    close: () => real.close(),
  };
  return { driver, state };
}

describeEachDatabase("the engine's life", (database, family) => {
  it("RUN-1: works while started, of its own accord, and stops cleanly", async () => {
    const ran: string[] = [];
    const told: string[] = [];
    const { kit, scope } = probeEngine({
      storage: (await database()).connect(),
      time: virtualTime(),
      jobs: [handleJob(note, async ({ payload }) => void ran.push(payload.text))],
    });
    kit.subscribe("crm", ({ type }) => void told.push(type));
    await kit.start();
    await kit.start();
    await scope.write("team:write", async (unit) => {
      unit.enqueue(note, { payload: { text: "now" } });
      unit.record("member.removed", { subject: { type: "member", id: "x" }, data: { member: "x" } });
    });
    await expect.poll(() => [ran, told]).toEqual([["now"], ["member.removed"]]);
    const stops = [kit.stop(), kit.stop()];
    await Promise.all(stops);
    await kit.stop();
    const stopped = { code: "ENGINE_STOPPED" };
    await expect(kit.start()).rejects.toMatchObject(stopped);
    await expect(kit.tick()).rejects.toMatchObject(stopped);
    await expect(kit.workspace("shop").team.list()).rejects.toMatchObject(stopped);
    await expect(kit.workspace("shop").team.setMember("ann", "owner")).rejects.toMatchObject(stopped);
  });

  it("lets what runs finish before it stops: jobs, rounds and their transactions", async () => {
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const order: string[] = [];
    const storage = (await database()).connect();
    const close = storage.close.bind(storage);
    storage.close = async () => {
      order.push("closed");
      await close();
    };
    const { kit, scope } = probeEngine({
      storage,
      time: virtualTime(),
      jobs: [
        handleJob(note, async (run) => {
          begun.resolve();
          await gate.promise;
          await run.step({ next: "finish" }, async (unit) => {
            await unit.db.insertInto("ck_settings").values({ key: run.payload.text, value: "1" }).execute();
          });
          order.push("finished");
        }),
      ],
    });
    await scope.write("team:write", async (unit) => unit.enqueue(note, { payload: { text: "effect" } }));
    const round = kit.tick();
    await begun.promise;
    const stopping = kit.stop();
    gate.resolve();
    await Promise.all([round, stopping]);
    expect(order).toEqual(["finished", "closed"]);
  });

  it("goes on when the database was away, and says so meanwhile", async () => {
    const time = virtualTime();
    const { driver, state } = withOutages((await database()).connect());
    const ran: string[] = [];
    const { kit, scope } = probeEngine({
      storage: driver,
      time,
      jobs: [handleJob(note, async ({ payload }) => void ran.push(payload.text))],
    });
    await kit.start();
    state.away = true;
    time.pass("2s");
    await expect
      .poll(() => time.log.filter(({ message }) => message === "A background round failed."))
      .not.toEqual([]);
    await expect(kit.workspace("shop").team.list()).rejects.toMatchObject({ code: "STORAGE_FAILED" });
    state.away = false;
    await scope.write("team:write", async (unit) => unit.enqueue(note, { payload: { text: "later" } }));
    for (let n = 0; n < 5; n++) {
      time.pass("2s");
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => ran).toEqual(["later"]);
    await kit.stop();
  });

  it("starts when the database comes back, not before", async () => {
    const { driver, state } = withOutages((await database()).connect());
    state.away = true;
    const { kit } = probeEngine({ storage: driver, time: virtualTime() });
    await expect(kit.start()).rejects.toMatchObject({ code: "STORAGE_FAILED" });
    await expect(kit.tick()).rejects.toMatchObject({ code: "STORAGE_FAILED" });
    state.away = false;
    await kit.start();
    await kit.stop();
  });

  it("RUN-1: lives twice in one process, on one database, and neither knows of the other's end", async () => {
    const { connect } = await database();
    const time = virtualTime();
    const told: string[] = [];
    const [a, b] = ["a", "b"].map((name) => {
      const engine = probeEngine({ storage: connect(), time });
      engine.kit.on("member.set", ({ member }) => told.push(`${name} ${member}`));
      return engine;
    });
    if (a === undefined || b === undefined) throw new Error("no engines");
    await Promise.all([a.kit.start(), b.kit.start()]);
    await a.kit.workspace("shop").team.setMember("ann", "owner");
    await a.kit.stop();
    await b.kit.workspace("shop").team.setMember("bob", "owner");
    expect(told).toEqual(["a ann", "b bob"]);
    expect(await b.kit.workspace("shop").team.list()).toHaveLength(2);
    await b.kit.stop();
  });

  it.runIf(family === "postgres")("wakes another process at once when there is work for it", async () => {
    const { connect } = await database();
    const ran = Promise.withResolvers<void>();
    // In this one nothing ever falls due by polling: its clock stands still.
    const worker = probeEngine({
      storage: connect(),
      time: virtualTime(),
      jobs: [handleJob(note, async () => ran.resolve())],
    });
    await worker.kit.start();
    const web = probeEngine({ storage: connect(), time: virtualTime() });
    for (let n = 0; n < 3; n++) await web.kit.workspace("shop").team.setMember(`m${n}`, "owner");
    await web.scope.write("team:write", async (unit) =>
      unit.enqueue(note, { payload: { text: "x" }, runAt: 0 }),
    );
    await ran.promise;
    await web.kit.stop();
    await worker.kit.stop();
  });

  it("closes channels once each, and the database also when a channel can't be closed", async () => {
    const storage = (await database()).connect();
    const shared = scriptedChannel({ reach: "direct" });
    const kit = createCampaignKit({ storage, channels: { news: shared, offers: shared } });
    await kit.stop();
    expect(shared.closed).toBe(1);

    const other = (await database()).connect();
    const stuck = defineChannel({
      ...scriptedChannel({ reach: "public" }),
      close: () => Promise.reject(new Error("stuck")),
    });
    await expect(createCampaignKit({ storage: other, channels: { stuck } }).stop()).rejects.toThrow("stuck");
    await expect(other.execute({ sql: "select 1", parameters: [] })).rejects.toMatchObject({
      code: "STORAGE_FAILED",
    });
  });

  it("tells when the next work is due", async () => {
    const time = virtualTime();
    const { kit, scope } = probeEngine({ storage: (await database()).connect(), time });
    const soon = time.now().getTime() + 60_000;
    await scope.write("team:write", async (unit) =>
      unit.enqueue(note, { payload: { text: "x" }, runAt: soon }),
    );
    await time.settle(kit);
    const { worked, nextDueAt } = await kit.tick();
    expect(worked).toBe(false);
    expect(nextDueAt?.getTime()).toBeLessThanOrEqual(soon);
    await kit.stop();
  });
});

describe("what the engine refuses", () => {
  it.each([
    ["a workspace without a name", "workspace", ""],
    ["a workspace of the engine's own", "workspace", "@engine"],
    ["a workspace that can't be stored", "workspace", "shop\u0000"],
    ["half a character", "workspace", "shop\ud800"],
    ["a workspace with a name too long", "workspace", "x".repeat(201)],
    ["an actor without a name", "actor", ""],
    ["an actor that can't be stored", "actor", "ann\u0000"],
  ])("%s", async (_, setting, name) => {
    const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
    const make = () => (setting === "actor" ? kit.workspace("shop", { actor: name }) : kit.workspace(name));
    expect(make).toThrow(
      expect.objectContaining({
        code: "CONFIGURATION_INVALID",
        details: expect.objectContaining({ setting }),
      }),
    );
    await kit.stop();
  });

  it("plug-ins that would share a namespace, or take the engine's", async () => {
    const storage = sqlite(":memory:");
    const plugin = definePlugin({ id: "loyalty" });
    const make = (plugins: Record<string, { id: string }>) => () =>
      createCampaignKit({ storage, channels: {}, plugins });
    expect(make({ a: plugin, b: { ...plugin } })).toThrow(/two plug-ins/);
    expect(make({ a: { id: "core" } })).toThrow(CampaignKitError);
    expect(() => definePlugin({ id: "Loyalty!" })).toThrow(/lower-case/);
  });

  it.each(["jobConcurrency", "leaseMs", "batchSize"])("a senseless %s", async (name) => {
    const storage = sqlite(":memory:");
    for (const value of [0, -1, 1.5, Number.NaN]) {
      expect(() => createCampaignKit({ storage, channels: {}, workers: { [name]: value } })).toThrow(
        expect.objectContaining({ details: expect.objectContaining({ setting: `workers.${name}` }) }),
      );
    }
  });

  it("CHN-8: a first wait between attempts that is under a second or over an hour", async () => {
    const make = (retryBaseMs: number) => () =>
      createCampaignKit({ storage: sqlite(":memory:"), channels: {}, workers: { retryBaseMs } });
    for (const value of [0, 999, 3_600_001, 1_500.5]) {
      expect(make(value)).toThrow(
        expect.objectContaining({
          code: "CONFIGURATION_INVALID",
          details: expect.objectContaining({ setting: "workers.retryBaseMs" }),
          message: expect.stringContaining("from 1000 to 3600000"),
        }),
      );
    }
    await make(1_000)().stop();
    await make(3_600_000)().stop();
  });
});
