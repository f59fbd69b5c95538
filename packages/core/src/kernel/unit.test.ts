import { defineJob, handleJob, react, type Scope, type SqlDriver, StorageError } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { probeEngine } from "@campaignkit/test-support/probe-engine";
import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";

const note = defineJob<{ text: string }>("probe.note");

/** Everything that a change leaves behind. */
async function leftBehind(scope: Scope) {
  return scope.read("activity:read", async (db) => ({
    settings: (await db.selectFrom("ck_settings").select("key").orderBy("key").execute()).map(
      ({ key }) => key,
    ),
    activities: (await db.selectFrom("ck_activity").select("type").execute()).map(({ type }) => type),
    jobs: (await db.selectFrom("ck_jobs").select("kind").execute()).map(({ kind }) => kind),
  }));
}

function change(scope: Scope, key = "changed", fail?: Error): Promise<string> {
  return scope.write("team:write", async (unit) => {
    await unit.db.insertInto("ck_settings").values({ key, value: "1" }).execute();
    unit.record("member.removed", { subject: { type: "member", id: key }, data: { member: key } });
    unit.enqueue(note, { payload: { text: key } });
    if (fail !== undefined) throw fail;
    return key;
  });
}

describeEachDatabase("units of work", (database) => {
  it("keeps the change, its activity and its job together, and tells of it after commit", async () => {
    const time = virtualTime();
    const { kit, scope } = probeEngine({
      storage: (await database()).connect(),
      time,
      jobs: [handleJob(note, async () => undefined)],
    });
    const told: string[] = [];
    kit.on("member.removed", ({ member, workspaceId, actor, at, subject }) => {
      told.push(member);
      expect({ workspaceId, actor, at, subject }).toEqual({
        workspaceId: "shop",
        actor: "system",
        at: time.now(),
        subject: { type: "member", id: "changed" },
      });
    });
    expect(await change(scope)).toBe("changed");
    expect(told).toEqual(["changed"]);
    expect(await leftBehind(scope)).toEqual({
      settings: ["changed"],
      activities: ["member.removed"],
      jobs: ["probe.note"],
    });
    await kit.stop();
  });

  it("leaves nothing when it fails: no change, activity, job or event", async () => {
    const time = virtualTime();
    const { kit, scope } = probeEngine({ storage: (await database()).connect(), time });
    const told: unknown[] = [];
    kit.onAny((event) => told.push(event));
    const failure = new Error("changed my mind");
    await expect(change(scope, "changed", failure)).rejects.toBe(failure);
    expect(await leftBehind(scope)).toEqual({ settings: [], activities: [], jobs: [] });
    expect(told).toEqual([]);
    await kit.stop();
  });

  it("runs again, from the start, when it lost against others, and records once", async () => {
    const real = (await database()).connect();
    let lost = 0;
    const storage: SqlDriver = {
      ...driverOf(real),
      transaction: (work) =>
        real.transaction(async (transaction) => {
          const result = await work(transaction);
          if (armed && lost < 3) {
            lost += 1;
            throw new StorageError("contention", "deadlock");
          }
          return result;
        }),
    };
    let armed = false;
    const { kit, scope } = probeEngine({ storage, time: virtualTime() });
    await kit.migrate();
    armed = true;
    const told: string[] = [];
    kit.on("member.removed", ({ member }) => told.push(member));
    await change(scope);
    expect(lost).toBe(3);
    expect(told).toEqual(["changed"]);
    expect((await leftBehind(scope)).activities).toHaveLength(1);
    await kit.stop();
  });

  it("gives up when it loses for ever, and at once for any other failure", async () => {
    const real = (await database()).connect();
    let attempts = 0;
    let kind: "contention" | "outcome-unknown" | null = null;
    const storage: SqlDriver = {
      ...driverOf(real),
      transaction: (work) => {
        if (kind === null) return real.transaction(work);
        attempts += 1;
        return Promise.reject(new StorageError(kind, "no"));
      },
    };
    const { kit, scope } = probeEngine({ storage, time: virtualTime() });
    await kit.migrate();
    kind = "contention";
    await expect(change(scope)).rejects.toMatchObject({ details: { kind: "contention" } });
    expect(attempts).toBe(8);
    kind = "outcome-unknown";
    await expect(change(scope)).rejects.toMatchObject({ details: { kind: "outcome-unknown" } });
    expect(attempts).toBe(9);
    await kit.stop();
  });

  it("really loses against another on PostgreSQL, and wins in the end", async () => {
    const { connect, family } = await database();
    const time = virtualTime();
    const first = probeEngine({ storage: connect(), time });
    const second = probeEngine({ storage: connect(), time });
    await change(first.scope, "a");
    await change(first.scope, "b");
    const met = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const touch = (scope: Scope, own: number, order: readonly [string, string]) => {
      let attempt = 0;
      return scope.write("team:write", async ({ db }) => {
        attempt += 1;
        await db
          .updateTable("ck_settings")
          .set({ value: `${own}` })
          .where("key", "=", order[0])
          .execute();
        met[own === 0 ? 0 : 1].resolve();
        // On SQLite the other could not even begin.
        if (family === "postgres" && attempt === 1) await met[own === 0 ? 1 : 0].promise;
        await db
          .updateTable("ck_settings")
          .set({ value: `${own}` })
          .where("key", "=", order[1])
          .execute();
        return attempt;
      });
    };
    const attempts = await Promise.all([
      touch(first.scope, 0, ["a", "b"]),
      touch(second.scope, 1, ["b", "a"]),
    ]);
    // Which of them loses, and how often before the other is through, is the server's choice.
    expect(Math.max(...attempts) > 1).toBe(family === "postgres");
    await first.kit.stop();
    await second.kit.stop();
  });

  it("harms nobody when handlers throw or reject: they are logged, the others hear, the engine goes on", async () => {
    const time = virtualTime();
    const { kit, scope } = probeEngine({ storage: (await database()).connect(), time });
    const told: string[] = [];
    kit.on("member.removed", () => {
      throw new Error("a handler's bug");
    });
    kit.on("member.removed", async () => {
      throw new Error("an async handler's bug");
    });
    kit.onAny(() => {
      throw new Error("another bug");
    });
    const off = kit.on("member.removed", ({ member }) => told.push(member));
    await change(scope, "first");
    off();
    await change(scope, "second");
    expect(told).toEqual(["first"]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(time.log.map(({ level, message, fields }) => [level, message, fields["error"]])).toEqual(
      ["first", "second"].flatMap(() => [
        ["error", "An event handler failed.", "Error: a handler's bug"],
        ["error", "An event handler failed.", "Error: another bug"],
        ["error", "An event handler failed.", "Error: an async handler's bug"],
      ]),
    );
    await kit.stop();
  });

  it("lets a handler use the engine, the change being there already", async () => {
    const { kit, scope } = probeEngine({ storage: (await database()).connect(), time: virtualTime() });
    const seen = Promise.withResolvers<unknown>();
    kit.on("member.removed", ({ member }) => {
      if (member === "changed") seen.resolve(change(scope, "from the handler").then(() => leftBehind(scope)));
    });
    await change(scope);
    expect(await seen.promise).toMatchObject({ settings: ["changed", "from the handler"] });
    await kit.stop();
  });

  it("lets features react in the same transaction, to what reactions record as well", async () => {
    const order: string[] = [];
    const reactions = [
      react("member.removed", async (unit, { data, subject }) => {
        order.push(`removed ${data.member} ${subject.type}`);
        await unit.db.insertInto("ck_settings").values({ key: "reaction", value: data.member }).execute();
        unit.record("member.set", { subject, data: { member: data.member, role: "ghost" } });
      }),
      react("member.set", async (_unit, { data }) => void order.push(`set ${data.role}`)),
      react("policies.changed", async () => void order.push("never")),
    ];
    const { kit, scope } = probeEngine({
      storage: (await database()).connect(),
      time: virtualTime(),
      reactions,
    });
    const told: string[] = [];
    kit.onAny(({ type }) => told.push(type));
    await change(scope, "ann");
    expect(order).toEqual(["removed ann member", "set ghost"]);
    expect(told).toEqual(["member.removed", "member.set"]);
    expect((await leftBehind(scope)).settings).toEqual(["ann", "reaction"]);
    await kit.stop();
  });

  it("undoes the change when a reaction fails", async () => {
    const reactions = [
      react("member.removed", async () => {
        throw new Error("not with me");
      }),
    ];
    const { kit, scope } = probeEngine({
      storage: (await database()).connect(),
      time: virtualTime(),
      reactions,
    });
    await expect(change(scope)).rejects.toThrow("not with me");
    expect(await leftBehind(scope)).toEqual({ settings: [], activities: [], jobs: [] });
    await kit.stop();
  });
});

function driverOf(real: SqlDriver): SqlDriver {
  return {
    family: real.family,
    execute: (statement) => real.execute(statement),
    transaction: (work) => real.transaction(work),
    close: () => real.close(),
  };
}
