/** What a statement says about rows. */
import { strict as assert } from "node:assert";
import type { StorageCase } from "../case.ts";

export const ROW_CASES: readonly StorageCase[] = [
  {
    id: "rows.affected",
    title: "affectedRows counts what INSERT, UPDATE and DELETE changed and what SELECT returned",
    async run(bench) {
      await bench.itemTable();
      const insert = "INSERT INTO item (id, label) VALUES (1, 'a'), (2, 'b'), (3, 'c')";
      const affected = async (sql: string) => (await bench.run(sql)).affectedRows;
      assert.deepEqual(
        {
          insert: await affected(insert),
          updateAll: await affected("UPDATE item SET amount = 1"),
          updateTwo: await affected("UPDATE item SET amount = 2 WHERE id >= 2"),
          updateNone: await affected("UPDATE item SET amount = 3 WHERE id = 99"),
          updateToTheSame: await affected("UPDATE item SET amount = 2 WHERE id = 2"),
          select: await affected("SELECT id FROM item WHERE amount = 2"),
          selectNone: await affected("SELECT id FROM item WHERE amount = 9"),
          conflict: await affected("INSERT INTO item (id, label) VALUES (1, 'z') ON CONFLICT DO NOTHING"),
          remove: await affected("DELETE FROM item WHERE id <> 1"),
          removeNone: await affected("DELETE FROM item WHERE id = 99"),
        },
        {
          insert: 3,
          updateAll: 3,
          updateTwo: 2,
          updateNone: 0,
          updateToTheSame: 1,
          select: 2,
          selectNone: 0,
          conflict: 0,
          remove: 2,
          removeNone: 0,
        },
      );
    },
  },
  {
    id: "rows.returning",
    title: "RETURNING gives the rows and their number, also for none",
    async run(bench) {
      await bench.itemTable();
      const inserted = await bench.run(
        "INSERT INTO item (id, label) VALUES (?, ?), (?, ?) RETURNING id, label",
        [1, "a", 2, "b"],
      );
      assert.deepEqual(
        inserted.rows.map((row) => [Number(row["id"]), row["label"]]),
        [
          [1, "a"],
          [2, "b"],
        ],
      );
      assert.equal(inserted.affectedRows, 2);
      const none = await bench.run("UPDATE item SET amount = 1 WHERE id = 99 RETURNING id");
      assert.deepEqual([none.rows.length, none.affectedRows], [0, 0]);
    },
  },
  {
    id: "rows.with-returning",
    title: "a WITH that ends in UPDATE … RETURNING changes the rows and gives them back",
    async run(bench) {
      await bench.itemTable();
      await bench.addItem(1);
      await bench.addItem(2);
      const result = await bench.run(
        "WITH chosen AS (SELECT id FROM item WHERE id = ?) UPDATE item SET amount = 7 WHERE id IN (SELECT id FROM chosen) RETURNING amount",
        [2],
      );
      assert.deepEqual([result.affectedRows, Number(result.rows[0]?.["amount"])], [1, 7]);
      assert.equal(await bench.number("SELECT amount FROM item WHERE id = 2"), 7);
      assert.equal(await bench.number("SELECT amount FROM item WHERE id = 1"), 0);
    },
  },
  {
    id: "rows.none-from-writes",
    title: "a statement without RETURNING gives no rows, and one that defines tables counts none",
    async run(bench) {
      await bench.itemTable();
      const insert = await bench.addItem(1);
      assert.deepEqual(insert.rows, []);
      const define = await bench.run(`CREATE TABLE after_insert (id ${bench.types.integer})`);
      assert.deepEqual([define.rows.length, define.affectedRows], [0, 0]);
    },
  },
  {
    id: "rows.by-name",
    title: "columns are found by the name or alias they were selected with",
    async run(bench) {
      await bench.itemTable();
      await bench.addItem(1);
      const { rows } = await bench.run('SELECT id, label AS "camelCase", amount + 1 AS more FROM item');
      assert.deepEqual(Object.keys(rows[0] ?? {}), ["id", "camelCase", "more"]);
      assert.equal(rows[0]?.["camelCase"], "item 1");
    },
  },
];
