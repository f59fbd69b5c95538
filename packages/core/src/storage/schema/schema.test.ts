import { createCampaignKit } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { runSql } from "@campaignkit/test-support/host-transactions";
import { expect, it } from "vitest";
import { DbFactory } from "../db.ts";
import { Migrator } from "../migrate.ts";
import { CORE_MIGRATIONS } from "../migrations/index.ts";
import { compareSchemas } from "./compare.ts";
import { readSchema } from "./introspect.ts";
import { SCHEMA_MANIFEST } from "./manifest.ts";

describeEachDatabase("the schema", (database, family) => {
  it("RUN-2: is what the manifest says; if not, run `npm run manifest`", async () => {
    const storage = (await database()).connect();
    const databases = new DbFactory(family);
    await new Migrator(storage, databases, [CORE_MIGRATIONS]).apply(0);
    expect(await readSchema(databases.over(storage))).toEqual(SCHEMA_MANIFEST[family]);
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

  it("is missing as a whole before it was made, and is not made by looking", async () => {
    const kit = createCampaignKit({ storage: (await database()).connect(), channels: {} });
    const differences = await kit.checkSchema();
    expect(differences).toHaveLength(Object.keys(SCHEMA_MANIFEST[family]).length);
    expect(await kit.checkSchema()).toEqual(differences);
    await kit.stop();
  });
});

it("tells what was expected and what is there", () => {
  const expected = { a: { columns: { id: "text not null" }, indexes: {} } };
  const actual = { a: { columns: { id: "text" }, indexes: { extra: "(id)" } } };
  expect(compareSchemas(expected, actual)).toEqual([
    { kind: "different", what: "column", table: "a", name: "id", expected: "text not null", actual: "text" },
    { kind: "unknown", what: "index", table: "a", name: "extra", expected: null, actual: "(id)" },
  ]);
  expect(compareSchemas(expected, expected)).toEqual([]);
});
