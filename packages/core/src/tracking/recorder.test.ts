import { createCampaignKit, definePlugin, type Scope, type SqlDriver, StorageError } from "@campaignkit/core";
import { describeEachDatabase, type TestDatabase } from "@campaignkit/test-support/each-database";
import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";
import { TrackingRecorder } from "./recorder.ts";

const uuid = (n: number): string => `00000000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;

/** A recorder, the number of transactions that it took, and a switch for the database. */
async function open(database: TestDatabase) {
  const time = virtualTime();
  const state = { down: false, transactions: 0 };
  const driver = database.connect();
  const storage: SqlDriver = {
    ...driver,
    family: driver.family,
    execute: (statement) => driver.execute(statement),
    close: () => driver.close(),
    transaction: async (work) => {
      state.transactions += 1;
      if (state.down) throw new StorageError("unavailable", "The database is away.");
      return driver.transaction(work);
    },
  };
  const probe = definePlugin<Scope>({ id: "probe", workspace: (scope) => scope });
  const kit = createCampaignKit({ storage, channels: {}, plugins: { probe }, runtime: time.runtime });
  const scope = kit.workspace("shop").plugins.probe;
  await kit.migrate();
  const recorder = new TrackingRecorder(scope.kernel);
  state.transactions = 0;
  return {
    kit,
    time,
    state,
    recorder,
    click: (n: number) =>
      recorder.record("shop", {
        id: `click-${n}`,
        type: "click",
        at: time.now().getTime(),
        campaignId: uuid(1),
      }),
    recorded: async () => {
      const rows = await scope.read("analytics:read", (db) =>
        db.selectFrom("ck_events").select("id").execute(),
      );
      return rows.length;
    },
  };
}

describeEachDatabase("tracking recorder", (database) => {
  it("CHN-11: writes a burst in a few transactions, each event once, and tells each caller when it is stored", async () => {
    const { kit, state, click, recorded, recorder } = await open(await database());
    const answers = await Promise.all(Array.from({ length: 500 }, (_, n) => click(n % 450)));
    expect(new Set(answers)).toEqual(new Set([true]));
    expect(state.transactions).toBeLessThanOrEqual(3);
    expect(await recorded()).toBe(450);
    expect(await recorder.nextDueAt()).toBeNull();
    await kit.stop();
  });

  it("CHN-11: keeps what can't be written, and writes it once the database is back, without new traffic", async () => {
    const { kit, time, state, click, recorded, recorder } = await open(await database());
    state.down = true;
    expect(await Promise.all([click(1), click(2), click(3)])).toEqual([false, false, false]);
    expect(await recorder.tick()).toBe(false);
    expect(await recorder.nextDueAt()).toBe(time.now().getTime() + 1_000);
    state.down = false;
    expect(await recorder.tick()).toBe(true);
    expect(await recorded()).toBe(3);
    expect([await recorder.tick(), await recorder.nextDueAt()]).toEqual([false, null]);
    await kit.stop();
  });

  it("CHN-11: an outage loses only what is past its memory, and says how much", async () => {
    const { kit, time, state, click, recorded, recorder } = await open(await database());
    state.down = true;
    await Promise.all(Array.from({ length: 10_050 }, (_, n) => click(n)));
    expect(time.log.reduce((lost, { fields }) => lost + Number(fields["lost"] ?? 0), 0)).toBe(50);
    state.down = false;
    await recorder.settle();
    expect(await recorded()).toBe(10_000);
    await kit.stop();
  });

  it("CHN-11: what the database would never take is given up, and keeps nothing else out", async () => {
    const { kit, time, click, recorded, recorder } = await open(await database());
    const event = { id: "impossible", type: "click", at: time.now().getTime(), count: 0.5 };
    expect(await recorder.record("shop", event)).toBe(false);
    expect(time.log.at(-1)?.fields).toMatchObject({ kept: 0, lost: 1 });
    expect(await recorder.nextDueAt()).toBeNull();
    expect(await click(1)).toBe(true);
    expect(await recorded()).toBe(1);
    await kit.stop();
  });
});
