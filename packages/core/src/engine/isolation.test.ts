/** TEAM-1: every public method, called with records of another workspace and by actors who may not. */
import { CampaignKitError, type ErrorCode, type Permission, type SqlExecutor } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { hostsOf } from "@campaignkit/test-support/host-transactions";
import {
  type CallOutcome,
  METHOD_TABLE,
  type MethodEntry,
  outcomeOf,
  publicMethods,
} from "@campaignkit/test-support/method-table";
import { fillWorkspace, openWorlds, type World } from "@campaignkit/test-support/world";
import { expect, it } from "vitest";

/** Tables that belong to the engine and to no workspace. */
const ENGINE_TABLES = [
  "ck_activity_feed",
  "ck_channel_accounts",
  "ck_channel_days",
  "ck_migrations",
  "ck_schedules",
  "ck_settings",
  "ck_subscribers",
];

/** Narrow tables of the hot path: their rows belong to a post, and with it to a workspace. */
const BY_POST = ["ck_delivery_counts", "ck_delivery_pace", "ck_delivery_ready"];

/** The condition that picks a workspace's rows. */
function rowsOf(table: string, workspaceId: string): string {
  const mine = `workspace_id = '${workspaceId}'`;
  return BY_POST.includes(table) ? `post_id in (select id from ck_posts where ${mine})` : mine;
}

async function tablesOf(storage: SqlExecutor, family: string): Promise<readonly string[]> {
  const sql =
    family === "postgres"
      ? "select tablename as name from pg_tables where tablename like 'ck\\_%' order by 1"
      : "select name from sqlite_master where type = 'table' and name like 'ck\\_%' escape '\\' order by 1";
  return (await storage.execute({ sql, parameters: [] })).rows.map(({ name }) => String(name));
}

/** All that the database holds of a workspace, as text. */
async function contentOf(
  storage: SqlExecutor,
  tables: readonly string[],
  workspaceId: string,
): Promise<string> {
  const rows: unknown[] = [];
  for (const table of tables) {
    const sql = `select * from ${table} where ${rowsOf(table, workspaceId)}`;
    const found = (await storage.execute({ sql, parameters: [] })).rows.map((row) => JSON.stringify(row));
    rows.push(table, ...found.sort());
  }
  return rows.join("\n");
}

/** The code that the call fails with, or what it gives. */
async function call(
  method: () => Promise<unknown>,
): Promise<{ readonly code: ErrorCode | "own"; readonly result: unknown }> {
  try {
    return { code: "own", result: await method() };
  } catch (error) {
    if (CampaignKitError.is(error)) return { code: error.code, result: error };
    throw error;
  }
}

const entryOf = (name: string): MethodEntry => {
  const entry = METHOD_TABLE[name];
  if (entry === undefined) throw new Error(`The method ${name} has no entry in the method table.`);
  return entry;
};

/** The ids and texts of a world that must be seen nowhere else. */
const secretsOf = ({
  workspaceId: _id,
  host: _host,
  draftVersion: _a,
  segmentVersion: _b,
  draftPostVersion: _c,
  ...ids
}: World): string[] => Object.values(ids);

describeEachDatabase("workspace isolation", (database, family) => {
  it("TEAM-1: has an entry for every public method, and none for what is gone", async () => {
    const { kit } = openWorlds((await database()).connect());
    const methods = [...publicMethods(kit.workspace("a")).keys()].sort();
    expect(Object.keys(METHOD_TABLE).sort()).toEqual(methods);
    await kit.stop();
  });

  it("keeps the workspace in every row of every table", async () => {
    const storage = (await database()).connect();
    const { kit } = openWorlds(storage);
    await kit.migrate();
    for (const table of await tablesOf(storage, family)) {
      const sql = `select 1 from ${table} where ${rowsOf(table, "a")}`;
      const select = storage.execute({ sql, parameters: [] });
      if (ENGINE_TABLES.includes(table)) await expect(select, table).rejects.toThrow();
      else await expect(select, table).resolves.toBeDefined();
    }
    await kit.stop();
  });

  it("TEAM-1: finds nothing, changes nothing and tells nothing of another workspace", async () => {
    const storage = (await database()).connect();
    const worlds = openWorlds(storage);
    const a = await fillWorkspace(worlds, "a");
    const b = await fillWorkspace(worlds, "b");
    for (const [key, value] of Object.entries({ ...a, ...b }))
      expect(value, `${key} of the world`).not.toBe("");
    const tables = (await tablesOf(storage, family)).filter((table) => !ENGINE_TABLES.includes(table));
    const before = await contentOf(storage, tables, "a");
    expect(before).toContain(a.marker);
    const secrets = secretsOf(a);
    const problems: string[] = [];
    for (const [name, method] of publicMethods(worlds.kit.workspace("b"))) {
      const { args, elsewhere, mixed = [] } = entryOf(name);
      const calls: { args: readonly unknown[]; comesTo: CallOutcome; echoes?: true }[] = [
        { args: args(a), comesTo: elsewhere },
        ...mixed.map((each) => ({ ...each, args: each.args(a, b) })),
      ];
      for (const each of calls) {
        const { code, result } = await call(() => outcomeOf(method, each.args));
        const what = `${name}(${JSON.stringify(each.args)})`;
        if (code !== each.comesTo) problems.push(`${what} comes to ${code}: ${String(result)}`);
        const text = JSON.stringify(result) ?? "";
        const leak = code === "own" && !each.echoes && secrets.find((secret) => text.includes(secret));
        if (leak) problems.push(`${what} tells ${leak}: ${text.slice(0, 500)}`);
        if ((await contentOf(storage, tables, "a")) !== before) {
          problems.push(`${what} changed the other workspace`);
          break;
        }
      }
    }
    await worlds.time.advance("1h", worlds.kit);
    expect(problems).toEqual([]);
    expect(await contentOf(storage, tables, "a")).toBe(before);
    await worlds.kit.stop();
  });

  it("TEAM-1: refuses every method to a role that does not allow it, and to members of other workspaces", async () => {
    const storage = (await database()).connect();
    const worlds = openWorlds(storage);
    const a = await fillWorkspace(worlds, "a");
    await worlds.kit.workspace("b").team.setMember("stranger", "owner");
    const { team } = worlds.kit.workspace("a");
    for (const [actor, role] of [
      ["olga", "owner"],
      ["victor", "viewer"],
      ["nobody", "nobody"],
    ] as const) {
      await team.setMember(actor, role);
    }
    const tables = (await tablesOf(storage, family)).filter((table) => !ENGINE_TABLES.includes(table));
    const before = await contentOf(storage, tables, "a");
    const problems: string[] = [];
    for (const actor of ["nobody", "stranger", "victor"]) {
      for (const [name, method] of publicMethods(worlds.kit.workspace("a", { actor }))) {
        const { permission, besides, args } = entryOf(name);
        const { code, result } = await call(() => outcomeOf(method, args(a)));
        const allowed = actor === "victor" && permission.endsWith(":read");
        if (allowed === (code === "FORBIDDEN"))
          problems.push(`${name} by ${actor} comes to ${code}: ${String(result)}`);
        if (code !== "FORBIDDEN") continue;
        const { details } = result as CampaignKitError<"FORBIDDEN">;
        const expected = actor === "victor" ? [permission] : [permission, besides];
        if (!expected.includes(details.permission as Permission))
          problems.push(`${name} asks ${details.permission}, not ${permission}`);
      }
      expect(await contentOf(storage, tables, "a"), `after ${actor}`).toBe(before);
    }
    expect(problems).toEqual([]);
    await worlds.kit.stop();
  });

  it("lets every method run inside the host's transaction, and leaves nothing when that is rolled back", async () => {
    const db = await database();
    const storage = db.connect();
    const worlds = openWorlds(storage);
    const a = await fillWorkspace(worlds, "a");
    const tables = (await tablesOf(storage, family)).filter((table) => !ENGINE_TABLES.includes(table));
    const before = await contentOf(storage, tables, "a");
    const [host, ...others] = await hostsOf(db);
    if (host === undefined) throw new Error("no host");
    const stuck: string[] = [];
    for (const name of publicMethods(worlds.kit.workspace("a")).keys()) {
      await host.transact(async ({ handle }) => {
        const inside = publicMethods(worlds.kit.workspace("a").within(handle)).get(name);
        if (inside === undefined) throw new Error(`${name} is gone inside`);
        const late = new Promise<"late">((resolve) => setTimeout(resolve, 10_000, "late").unref());
        const ended = await Promise.race([call(() => outcomeOf(inside, entryOf(name).args(a))), late]);
        if (ended === "late") stuck.push(name);
        else if (ended.code === "STORAGE_FAILED") stuck.push(`${name}: ${String(ended.result)}`);
      }, "rollback");
    }
    expect(stuck).toEqual([]);
    expect(await contentOf(storage, tables, "a")).toBe(before);
    for (const each of [host, ...others]) await each.close();
    await worlds.kit.stop();
  });
});
