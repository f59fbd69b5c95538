import type { Activity } from "@campaignkit/core";
import { describeEachDatabase, type TestDatabase } from "@campaignkit/test-support/each-database";
import { type ProbeEngine, probeEngine } from "@campaignkit/test-support/probe-engine";
import { type VirtualTime, virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";

function write({ scopeOf }: Pick<ProbeEngine, "scopeOf">, ...names: readonly string[]): Promise<void> {
  return scopeOf("shop").write("team:write", async (unit) => {
    for (const name of names)
      unit.record("member.removed", { subject: { type: "member", id: name }, data: { member: name } });
  });
}

const nameOf = ({ subject }: Activity): string => subject.id;

async function setup(database: () => Promise<TestDatabase>) {
  const db = await database();
  const time = virtualTime();
  const open = (): ProbeEngine => probeEngine({ storage: db.connect(), time });
  return { time, open };
}

/** Waits in real time until the lease of the cursor has been extended. */
async function beat(time: VirtualTime, { scope }: ProbeEngine): Promise<void> {
  const lease = async () =>
    Number(
      (
        await scope.read("activity:read", (db) =>
          db.selectFrom("ck_subscribers").select("lease_until").executeTakeFirstOrThrow(),
        )
      ).lease_until,
    );
  const before = await lease();
  time.pass("7500ms");
  await expect.poll(lease).toBeGreaterThan(before);
}

describeEachDatabase("durable subscribers", (database) => {
  it("are handed every activity once and in order when nothing fails, from the beginning of the log", async () => {
    const { time, open } = await setup(database);
    const engine = open();
    await write(engine, "before");
    const seen: Activity[] = [];
    engine.kit.subscribe("crm", (activity) => void seen.push(activity));
    await write(engine, "a", "b");
    await time.settle(engine.kit);
    await write(engine, "c");
    await time.settle(engine.kit);
    expect(seen.map(nameOf)).toEqual(["before", "a", "b", "c"]);
    expect(seen.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(seen[1]).toMatchObject({
      type: "member.removed",
      workspaceId: "shop",
      actor: "system",
      data: { member: "a" },
    });
    await engine.kit.stop();
  });

  it("go on where they were after a restart, each at its own place", async () => {
    const { time, open } = await setup(database);
    const first = open();
    const seen: string[] = [];
    first.kit.subscribe("crm", (activity) => void seen.push(`crm ${nameOf(activity)}`));
    await write(first, "a");
    await time.settle(first.kit);
    await first.kit.stop();
    const second = open();
    second.kit.subscribe("crm", (activity) => void seen.push(`crm ${nameOf(activity)}`));
    second.kit.subscribe("mail", (activity) => void seen.push(`mail ${nameOf(activity)}`));
    await write(second, "b");
    await time.settle(second.kit);
    expect(seen).toEqual(["crm a", "crm b", "mail a", "mail b"]);
    await second.kit.stop();
  });

  it("are tried again with back-off when they fail, without skipping and without holding up others", async () => {
    const { time, open } = await setup(database);
    const { kit, scopeOf } = open();
    const start = time.now().getTime();
    const tries: [string, number][] = [];
    const others: string[] = [];
    kit.subscribe("crm", (activity) => {
      tries.push([nameOf(activity), time.now().getTime() - start]);
      if (nameOf(activity) === "b" && tries.length < 5) throw new Error("the CRM is down\u0000");
    });
    kit.subscribe("mail", async (activity) => void others.push(nameOf(activity)));
    await write({ scopeOf }, "a", "b", "c");
    await time.settle(kit);
    expect(others).toEqual(["a", "b", "c"]);
    await time.advance("5m", kit);
    expect(tries.map(([name]) => name)).toEqual(["a", "b", "b", "b", "b", "c"]);
    const waits = tries.slice(1, 5).map(([, at], n) => at - (tries[n]?.[1] ?? 0));
    for (const [n, base] of [500, 1_000, 2_000].entries()) {
      expect(waits[n + 1]).toBeGreaterThanOrEqual(base);
      expect(waits[n + 1]).toBeLessThanOrEqual(base * 2);
    }
    expect(time.log).toHaveLength(3);
    expect(time.log[2]).toMatchObject({ level: "warn", fields: { subscriber: "crm", failures: 3 } });
    await kit.stop();
  });

  it("hand an activity over again when the process died before its place was kept", async () => {
    const { time, open } = await setup(database);
    const died = open();
    const seen: string[] = [];
    const crashed = Promise.withResolvers<void>();
    died.kit.subscribe("crm", async (activity) => {
      seen.push(`first ${nameOf(activity)}`);
      if (nameOf(activity) !== "b") return;
      crashed.resolve();
      await new Promise<never>(() => undefined);
    });
    await write(died, "a", "b", "c");
    void died.kit.tick();
    await crashed.promise;
    const heir = open();
    heir.kit.subscribe("crm", (activity) => void seen.push(`second ${nameOf(activity)}`));
    await time.settle(heir.kit);
    expect(seen).toEqual(["first a", "first b"]);
    time.jumpTo(new Date(time.now().getTime() + 31_000));
    await time.settle(heir.kit);
    expect(seen).toEqual(["first a", "first b", "second b", "second c"]);
    await heir.kit.stop();
  });

  it("are worked by one process at a time, also while a handler takes longer than the lease", async () => {
    const { time, open } = await setup(database);
    const slow = open();
    const other = open();
    const seen: string[] = [];
    const inside = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    slow.kit.subscribe("crm", async (activity) => {
      seen.push(`slow ${nameOf(activity)}`);
      inside.resolve();
      if (nameOf(activity) === "a") await gate.promise;
    });
    other.kit.subscribe("crm", (activity) => void seen.push(`other ${nameOf(activity)}`));
    await write(slow, "a", "b");
    const round = time.settle(slow.kit);
    await inside.promise;
    for (let n = 0; n < 8; n++) {
      await beat(time, slow);
      await other.kit.tick();
    }
    gate.resolve();
    await round;
    await time.settle(other.kit, slow.kit);
    expect(seen).toEqual(["slow a", "slow b"]);
    await slow.kit.stop();
    await other.kit.stop();
  });

  it("are told each activity once between two running processes that do not fail", async () => {
    const { time, open } = await setup(database);
    const engines = [open(), open()];
    const seen: number[] = [];
    for (const { kit } of engines) {
      kit.subscribe("crm", async ({ seq }) => {
        await Promise.resolve();
        seen.push(seq ?? 0);
      });
    }
    const [first] = engines;
    if (first === undefined) throw new Error("no engine");
    for (let n = 0; n < 30; n++) await write(first, `${n}`, `${n}`);
    await Promise.all(engines.map(({ kit }) => time.settle(kit)));
    await time.settle(...engines.map(({ kit }) => kit));
    expect(seen).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
    for (const { kit } of engines) await kit.stop();
  });

  it("stop between two activities, and lose none", async () => {
    const { time, open } = await setup(database);
    const first = open();
    const seen: string[] = [];
    const inside = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    first.kit.subscribe("crm", async (activity) => {
      seen.push(nameOf(activity));
      inside.resolve();
      await gate.promise;
    });
    await write(first, "a", "b", "c");
    await first.kit.start();
    await inside.promise;
    const stopping = first.kit.stop();
    gate.resolve();
    await stopping;
    expect(seen).toEqual(["a"]);
    const second = open();
    second.kit.subscribe("crm", (activity) => void seen.push(nameOf(activity)));
    await time.settle(second.kit);
    expect(seen).toEqual(["a", "b", "c"]);
    await second.kit.stop();
  });

  it("do not rest for months after the clock was set back", async () => {
    const { time, open } = await setup(database);
    time.jumpTo(new Date("2027-09-01T00:00:00Z"));
    const { kit, scopeOf } = open();
    const seen: string[] = [];
    kit.subscribe("crm", (activity) => {
      seen.push(nameOf(activity));
      if (seen.length === 1) throw new Error("down");
    });
    await write({ scopeOf }, "a");
    await time.settle(kit);
    time.jumpTo(new Date("2027-03-01T00:00:00Z"));
    await time.settle(kit);
    expect(seen).toEqual(["a", "a"]);
    await kit.stop();
  });

  it("are refused once the engine runs, and under a name that is taken", async () => {
    const { open } = await setup(database);
    const { kit } = open();
    kit.subscribe("crm", () => undefined);
    const invalid = expect.objectContaining({ code: "CONFIGURATION_INVALID" });
    expect(() => kit.subscribe("crm", () => undefined)).toThrow(invalid);
    await kit.start();
    expect(() => kit.subscribe("late", () => undefined)).toThrow(invalid);
    await kit.stop();
  });
});
