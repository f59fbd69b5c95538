import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import fc from "fast-check";
import { sql } from "kysely";
import { expect, it } from "vitest";
import { type Db, DbFactory } from "./db.ts";
import { idsAs, rowsAs, textsAs } from "./sets.ts";

const shape = {
  id: "uuid",
  name: "text",
  n: "integer",
  big: "bigint",
  yes: "boolean",
  data: "json",
  ratio: "real",
} as const;

describeEachDatabase("sets of rows", (database) => {
  const open = async (): Promise<Db> => {
    const storage = (await database()).connect();
    return new DbFactory(storage.family).over(storage);
  };

  it("come out as they went in, of every type, and NULL where a field is missing or null", async () => {
    const db = await open();
    const text = fc
      .string({ unit: "grapheme" })
      .filter((value) => value.isWellFormed() && !value.includes("\u0000"));
    const row = fc.record(
      {
        id: fc.uuid(),
        name: fc.option(text),
        n: fc.integer(),
        big: fc.maxSafeInteger(),
        yes: fc.boolean(),
        data: fc.option(fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)))),
        ratio: fc
          .double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 })
          .map((value) => value || 0),
      },
      { requiredKeys: ["id", "n", "big", "yes", "ratio"], noNullPrototype: true },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 20 }), async (rows) => {
        const given = rows.map((fields, place) => ({ ...fields, place }));
        const set = rowsAs(db, "given", { ...shape, place: "integer" }, given as never);
        const { rows: back } = await sql<
          Record<string, unknown>
        >`select given.*, data is null as absent from ${set} order by place`.execute(db);
        const seen = back.map(({ absent, ...fields }) => ({
          ...fields,
          absent: Boolean(absent),
          big: Number(fields["big"]),
          yes: Boolean(fields["yes"]),
          data: fields["data"] === null ? null : JSON.parse(String(fields["data"])),
        }));
        const wanted = given.map((fields) => ({
          ...fields,
          name: fields.name ?? null,
          data: fields.data ?? null,
          absent: (fields.data ?? null) === null,
        }));
        expect(seen).toEqual(wanted);
      }),
      { numRuns: 50 },
    );
  });

  it("of ids and texts stand behind IN, also when empty", async () => {
    const db = await open();
    const id = "0190b5a0-0000-7000-8000-000000000001";
    const set = rowsAs(db, "given", { id: "uuid", name: "text" }, [{ id, name: "o'clock" }]);
    const count = async (condition: ReturnType<typeof sql>) =>
      (await sql`select 1 from ${set} where ${condition}`.execute(db)).rows.length;
    expect(await count(sql`id in ${idsAs(db, [id])}`)).toBe(1);
    expect(await count(sql`id in ${idsAs(db, [])}`)).toBe(0);
    expect(await count(sql`name in ${textsAs(db, ["x", "o'clock"])}`)).toBe(1);
    expect(await count(sql`name in ${textsAs(db, [])}`)).toBe(0);
  });
});
