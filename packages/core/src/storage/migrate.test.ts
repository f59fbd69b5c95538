import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { createCampaignKit, definePlugin, type Migration, type Plugin } from "@campaignkit/core";
import { bundle } from "@campaignkit/test-support/bundle";
import { describeEachDatabase, type TestDatabase } from "@campaignkit/test-support/each-database";
import { runSql } from "@campaignkit/test-support/host-transactions";
import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";
import { CORE_MIGRATIONS } from "./migrations/index.ts";

const points: Migration = {
  name: "0001-points",
  statements: ({ uuid, integer, strict }) => [
    `create table loyalty_points (contact_id ${uuid} primary key, points ${integer} not null)${strict}`,
  ],
};
const levels: Migration = {
  name: "0002-levels",
  statements: ({ text }) => [`alter table loyalty_points add column level ${text}`],
};
const loyalty = (...migrations: readonly Migration[]): Plugin => definePlugin({ id: "loyalty", migrations });

function open(database: TestDatabase, plugin?: Plugin) {
  return createCampaignKit({
    storage: database.connect(),
    channels: {},
    runtime: virtualTime().runtime,
    ...(plugin === undefined ? {} : { plugins: { loyalty: plugin } }),
  });
}

/** A real process on the database, held at the start until it is let go. */
async function migratingProcess({ family, location }: TestDatabase, how: "migrate" | "use") {
  const script = await bundle(new URL(import.meta.resolve("@campaignkit/test-support/migrate-process")));
  const child = spawn(process.execPath, [script, family, location, how], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  await lines.next();
  return {
    async go(): Promise<readonly string[]> {
      child.stdin.write("go\n");
      const line = await lines.next();
      expect(await exited).toBe(0);
      return (JSON.parse(String(line.value)) as { applied: readonly string[] }).applied;
    },
  };
}

describeEachDatabase("migrations", (database) => {
  it("RUN-2: are applied once by one of several processes that start at the same moment", async () => {
    const db = await database("empty");
    const processes = await Promise.all(
      (["migrate", "use", "migrate"] as const).map((how) => migratingProcess(db, how)),
    );
    const applied = await Promise.all(processes.map((process) => process.go()));
    const all = [...CORE_MIGRATIONS.migrations.map(({ name }) => name), "0001-points"];
    // The one that only uses an empty database may have been the one to bring its schema.
    expect(applied.map(({ length }) => length).filter((length) => length > 0).length).toBeLessThanOrEqual(1);
    expect([0, all.length]).toContain(applied.flat().length);
    const kit = open(db, loyalty(points));
    expect(await kit.pendingMigrations()).toEqual([]);
    await kit.stop();
  });

  it("come by themselves to an empty database, at the first call", async () => {
    const kit = open(await database("empty"));
    expect(await kit.pendingMigrations()).toHaveLength(CORE_MIGRATIONS.migrations.length);
    await kit.workspace("shop").team.setMember("ann", "owner");
    expect(await kit.pendingMigrations()).toEqual([]);
    expect(await kit.migrate()).toEqual([]);
    await kit.stop();
  });

  it("are the host's to apply to a database that has a schema already: until then it is refused", async () => {
    const db = await database("empty");
    const old = open(db, loyalty(points));
    await old.migrate();
    await old.stop();
    const fresh = open(db, loyalty(points, levels));
    const outdated = {
      code: "SCHEMA_OUTDATED",
      details: { namespace: "loyalty", pending: ["loyalty/0002-levels"] },
    };
    await expect(fresh.workspace("shop").team.list()).rejects.toMatchObject(outdated);
    await expect(fresh.start()).rejects.toMatchObject(outdated);
    await expect(fresh.tick()).rejects.toMatchObject(outdated);
    expect((await fresh.migrate()).map(({ name }) => name)).toEqual(["0002-levels"]);
    expect(await fresh.workspace("shop").team.list()).toEqual([]);
    await fresh.stop();
  });

  it("of a plug-in can be added later, and removed from the code without harm", async () => {
    const db = await database("empty");
    const bare = open(db);
    await bare.migrate();
    await bare.stop();
    const extended = open(db, loyalty(points));
    expect((await extended.migrate()).map(({ namespace, name }) => `${namespace}/${name}`)).toEqual([
      "loyalty/0001-points",
    ]);
    await extended.stop();
    const bareAgain = open(db);
    expect(await bareAgain.workspace("shop").team.list()).toEqual([]);
    await bareAgain.stop();
  });

  it("are all undone when one of them fails", async () => {
    const db = await database("empty");
    const broken: Migration = {
      name: "0002-broken",
      statements: () => ["create table loyalty_x (id integer)", "create nonsense"],
    };
    const kit = open(db, loyalty(points, broken));
    await expect(kit.migrate()).rejects.toMatchObject({ code: "STORAGE_FAILED" });
    expect(await kit.pendingMigrations()).toHaveLength(CORE_MIGRATIONS.migrations.length + 2);
    await kit.stop();
    const mended = open(db, loyalty(points));
    expect(await mended.migrate()).toHaveLength(CORE_MIGRATIONS.migrations.length + 1);
    await mended.stop();
  });

  it("can be printed, and run by other means, and count as applied then", async () => {
    const db = await database("empty");
    const quoted: Migration = {
      name: "0003-o'clock",
      statements: () => ["create table loyalty_x (id integer)"],
    };
    const kit = open(db, loyalty(points, quoted));
    const printed = await kit.pendingMigrations();
    await runSql(db, ...printed.flatMap(({ statements }) => statements));
    expect(await kit.pendingMigrations()).toEqual([]);
    expect(await kit.migrate()).toEqual([]);
    await kit.workspace("shop").team.setMember("ann", "owner");
    await kit.stop();

    const other = await database("empty");
    const same = open(other, loyalty(points, quoted));
    expect(await same.migrate()).toEqual(printed);
    await same.stop();
  });

  it("name each step once, in order, and say the same at every call", () => {
    const names = CORE_MIGRATIONS.migrations.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)].sort());
    for (const name of names) expect(name).toMatch(/^\d{4}-[a-z-]+$/);
  });
});
