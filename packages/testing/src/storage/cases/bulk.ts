/** Many values in one statement. */
import { strict as assert } from "node:assert";
import type { StorageCase } from "../case.ts";

export const BULK_CASES: readonly StorageCase[] = [
  {
    id: "bulk.ten-thousand-parameters",
    title: "a statement takes ten thousand parameters",
    async run(bench) {
      const { integer, text } = bench.types;
      await bench.run(`CREATE TABLE pair (id ${integer} PRIMARY KEY, label ${text})`);
      const values = Array.from({ length: 5000 }, () => "(?, ?)").join(", ");
      const parameters = Array.from({ length: 5000 }, (_, id) => [id, `label ${id}`]).flat();
      const { affectedRows } = await bench.run(`INSERT INTO pair (id, label) VALUES ${values}`, parameters);
      assert.equal(affectedRows, 5000);
      const places = Array.from({ length: 10_000 }, () => "?").join(", ");
      const wanted = Array.from({ length: 10_000 }, (_, id) => id * 2);
      assert.equal(await bench.number(`SELECT count(*) FROM pair WHERE id IN (${places})`, wanted), 2500);
    },
  },
  {
    id: "bulk.json-set",
    title: "one JSON parameter carries a set of rows",
    async run(bench) {
      const { integer, text } = bench.types;
      await bench.run(`CREATE TABLE pair (id ${integer} PRIMARY KEY, label ${text})`);
      const rows = Array.from({ length: 3000 }, (_, id) => ({
        id,
        label: id % 3 === 0 ? null : `Łódź 😀 '${id}'`,
      }));
      const source =
        bench.family === "postgres"
          ? "SELECT id, label FROM json_to_recordset(?::json) AS given (id bigint, label text)"
          : "SELECT value ->> 'id', value ->> 'label' FROM json_each(?)";
      const { affectedRows } = await bench.run(`INSERT INTO pair (id, label) ${source}`, [
        JSON.stringify(rows),
      ]);
      assert.equal(affectedRows, rows.length);
      const back = await bench.run("SELECT id, label FROM pair ORDER BY id");
      assert.deepEqual(
        back.rows.map((row) => ({ id: Number(row["id"]), label: row["label"] })),
        rows,
      );
    },
  },
  {
    id: "bulk.large-result",
    title: "a result of fifty thousand rows comes whole and in order",
    async run(bench) {
      const { rows, affectedRows } = await bench.run(
        "WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < 50000) SELECT n FROM series",
      );
      assert.deepEqual([rows.length, affectedRows], [50_000, 50_000]);
      assert.ok(rows.every((row, index) => Number(row["n"]) === index + 1));
    },
  },
];
