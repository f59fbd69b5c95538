import { createCampaignKit, definePlugin, type SchemaManifest } from "@campaignkit/core";
import { describeEachDatabase, type TestDatabase } from "@campaignkit/test-support/each-database";
import { runSql } from "@campaignkit/test-support/host-transactions";
import { expect, it } from "vitest";
import { DbFactory } from "../db.ts";
import { Migrator } from "../migrate.ts";
import { CORE_MIGRATIONS } from "../migrations/index.ts";
import { compareSchemas } from "./compare.ts";
import { readSchema } from "./introspect.ts";
import { SCHEMA_MANIFEST } from "./manifest.ts";

/** Writes a table of SQLite anew with another text: it changes no constraint in place, so whoever drifts there does the same. */
async function rebuild(db: TestDatabase, table: string, change: (text: string) => string): Promise<void> {
  const driver = db.connect();
  const { rows } = await driver.execute({
    sql: "select type, sql from sqlite_master where tbl_name = ? and sql is not null order by type desc",
    parameters: [table],
  });
  await driver.close();
  const [text = "", ...indexes] = rows.map((row) => String(row["sql"]));
  const changed = change(text);
  expect(changed).not.toBe(text);
  await runSql(
    db,
    changed.replace(/^create table \S+/i, "create table rebuilt"),
    `drop table ${table}`,
    `alter table rebuilt rename to ${table}`,
    ...indexes,
  );
}

describeEachDatabase("the schema", (database, family) => {
  it("RUN-2: is what the manifest says; if not, run `npm run manifest`", async () => {
    const storage = (await database("empty")).connect();
    const databases = new DbFactory(family);
    await new Migrator(storage, databases, [CORE_MIGRATIONS]).apply(0);
    expect(await readSchema(databases.over(storage), "ck")).toEqual(SCHEMA_MANIFEST[family]);
  });

  it("RUN-2: shows every way in which it has drifted", async () => {
    const db = await database();
    const kit = createCampaignKit({ storage: db.connect(), channels: {} });
    await kit.migrate();
    expect(await kit.checkSchema()).toEqual([]);
    const retyped =
      family === "postgres"
        ? [
            "alter table ck_jobs alter column attempts type bigint",
            "alter table ck_jobs alter column kind drop not null",
          ]
        : [];
    await runSql(
      db,
      "alter table ck_members add column nickname text",
      "alter table ck_members rename column role to rolle",
      "drop index ck_jobs_dead",
      "drop index ck_jobs_ready",
      "create index ck_jobs_ready on ck_jobs (id)",
      "create index ck_host_index on ck_jobs (owner)",
      "drop table ck_settings",
      "create table ck_stranger (id integer)",
      ...retyped,
    );
    const found = (await kit.checkSchema()).map(
      ({ kind, what, table, name }) => `${kind} ${what} ${table}.${name}`,
    );
    expect(found).toEqual([
      ...(family === "postgres"
        ? ["different column ck_jobs.attempts", "different column ck_jobs.kind"]
        : []),
      "unknown index ck_jobs.ck_host_index",
      "missing index ck_jobs.ck_jobs_dead",
      "different index ck_jobs.ck_jobs_ready",
      "unknown column ck_members.nickname",
      "missing column ck_members.role",
      "unknown column ck_members.rolle",
      "missing table ck_settings.ck_settings",
      "unknown table ck_stranger.ck_stranger",
    ]);
    await kit.stop();
  });

  it("RUN-2: shows checks and foreign keys that were changed, added or lost", async () => {
    const db = await database();
    const kit = createCampaignKit({ storage: db.connect(), channels: {} });
    await kit.migrate();
    if (family === "postgres") {
      await runSql(
        db,
        "alter table ck_segment_moves drop constraint ck_segment_moves_move_check",
        "alter table ck_segment_moves add constraint ck_segment_moves_move_check check (move in ('joined', 'left', 'stayed'))",
        "alter table ck_dispatches drop constraint ck_dispatches_state_check",
        "alter table ck_dispatches add constraint ck_calm check (next_at > 0)",
        "alter table ck_dispatches alter column channel drop not null",
        "alter table ck_campaign_folders drop constraint ck_campaign_folders_parent_id_fkey",
      );
    } else {
      await rebuild(db, "ck_segment_moves", (text) => text.replace("'left')", "'left', 'stayed')"));
      await rebuild(db, "ck_dispatches", (text) =>
        text
          .replace(/ check \(state in [^)]*\)\)/, "")
          .replace("channel text not null", "channel text")
          .replace(/\)(?= strict$)/, ", constraint ck_calm check (next_at > 0))"),
      );
      await rebuild(db, "ck_campaign_folders", (text) =>
        text.replace(" references ck_campaign_folders (id)", ""),
      );
    }
    const found = (await kit.checkSchema()).map(
      ({ kind, what, table, name }) => `${kind} ${what} ${table}.${name}`,
    );
    expect(found).toEqual([
      "missing constraint ck_campaign_folders.ck_campaign_folders_parent_id_fkey",
      "different column ck_dispatches.channel",
      "unknown constraint ck_dispatches.ck_calm",
      "missing constraint ck_dispatches.ck_dispatches_state_check",
      "different constraint ck_segment_moves.ck_segment_moves_move_check",
    ]);
    await kit.stop();
  });

  it("RUN-2: shows what became of a plug-in's tables, where the plug-in says what they should be", async () => {
    const loyalty = (schema?: SchemaManifest) =>
      definePlugin({
        id: "loyalty",
        migrations: [
          {
            name: "0001-points",
            statements: ({ text, integer, strict }) => [
              `create table loyalty_points (
                workspace_id ${text} not null, member ${text} not null,
                points ${integer} not null check (points >= 0), -- never in debt, "(" or not
                primary key (workspace_id, member), constraint "loyalty sane" check (member <> ')' and (points < 100))
              )${strict}`,
              "create index loyalty_points_rank on loyalty_points (workspace_id, points)",
            ],
          },
        ],
        ...(schema === undefined ? {} : { schema }),
      });
    const db = await database();
    const open = (schema?: SchemaManifest) =>
      createCampaignKit({ storage: db.connect(), channels: {}, plugins: { points: loyalty(schema) } });
    const author = open();
    await author.migrate();
    const shape = await author.schemaOf("loyalty");
    expect(Object.keys(shape["loyalty_points"]?.constraints ?? {})).toEqual([
      "loyalty sane",
      "loyalty_points_points_check",
    ]);
    const kit = open({ [family]: shape });
    expect(await kit.checkSchema()).toEqual([]);
    await runSql(
      db,
      "alter table loyalty_points add column note text",
      "drop index loyalty_points_rank",
      "create table loyalty_stranger (id integer)",
      "create table loyaltycards (id integer)",
    );
    if (family === "postgres") await runSql(db, `alter table loyalty_points drop constraint "loyalty sane"`);
    else
      await rebuild(db, "loyalty_points", (text) =>
        text.replace(/, constraint "loyalty sane".*(?=\) strict$)/s, ""),
      );
    const found = (await kit.checkSchema()).map(
      ({ kind, what, table, name }) => `${kind} ${what} ${table}.${name}`,
    );
    expect(found).toEqual([
      "unknown column loyalty_points.note",
      "missing index loyalty_points.loyalty_points_rank",
      "missing constraint loyalty_points.loyalty sane",
      "unknown table loyalty_stranger.loyalty_stranger",
    ]);
    // One that says nothing is not compared; nor is one whose tables are on another kind of database.
    expect(await author.checkSchema()).toEqual([]);
    await expect(author.schemaOf("points")).rejects.toMatchObject({ code: "CONFIGURATION_INVALID" });
    await Promise.all([author.stop(), kit.stop()]);
  });

  it("is missing as a whole before it was made, and is not made by looking", async () => {
    const kit = createCampaignKit({ storage: (await database("empty")).connect(), channels: {} });
    const differences = await kit.checkSchema();
    expect(differences).toHaveLength(Object.keys(SCHEMA_MANIFEST[family]).length);
    expect(await kit.checkSchema()).toEqual(differences);
    await kit.stop();
  });
});

it("tells what was expected and what is there", () => {
  const expected = { a: { columns: { id: "text not null" }, indexes: {}, constraints: {} } };
  const actual = { a: { columns: { id: "text" }, indexes: { extra: "(id)" }, constraints: {} } };
  expect(compareSchemas(expected, actual)).toEqual([
    { kind: "different", what: "column", table: "a", name: "id", expected: "text not null", actual: "text" },
    { kind: "unknown", what: "index", table: "a", name: "extra", expected: null, actual: "(id)" },
  ]);
  expect(compareSchemas(expected, expected)).toEqual([]);
});
