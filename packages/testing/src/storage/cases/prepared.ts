/** Hot statements, kept prepared under a name. */
import { strict as assert } from "node:assert";
import type { StorageCase } from "../case.ts";

export const PREPARED_CASES: readonly StorageCase[] = [
  {
    id: "prepared.other-parameters",
    title: "a named statement uses the parameters of this call, not those of an earlier one",
    async run(bench) {
      await bench.itemTable();
      const insert = "INSERT INTO item (id, label, amount) VALUES (?, ?, ?)";
      for (let id = 1; id <= 30; id += 1) {
        const note = id % 2 === 0 ? 0 : id;
        await bench.run(insert, [id, `label ${id}`, note], bench.driver, "conformance.insert");
      }
      const find = "SELECT label, amount FROM item WHERE id = ?";
      for (const id of [7, 30, 1, 7, 8]) {
        const { rows } = await bench.run(find, [id], bench.driver, "conformance.find");
        const found = rows.map((row) => [row["label"], Number(row["amount"])]);
        assert.deepEqual(found, [[`label ${id}`, id % 2 === 0 ? 0 : id]]);
      }
    },
  },
  {
    id: "prepared.inside-transactions",
    title: "a named statement works inside transactions and outside, after commits and rollbacks",
    async run(bench) {
      await bench.itemTable();
      const insert = "INSERT INTO item (id, label) VALUES (?, ?)";
      const add = (id: number, on = bench.driver as Parameters<typeof bench.run>[2]) =>
        bench.run(insert, [id, `label ${id}`], on, "conformance.add");
      await add(1);
      await bench.driver.transaction(async (transaction) => void (await add(2, transaction)));
      const rolledBack = bench.driver.transaction(async (transaction) => {
        await add(3, transaction);
        throw new Error("roll back");
      });
      await assert.rejects(rolledBack, /roll back/);
      await add(4);
      assert.deepEqual(await bench.itemIds(), [1, 2, 4]);
    },
  },
  {
    id: "prepared.schema-change",
    title: "a named SELECT * shows a column that was added since, and works after one was dropped",
    async run(bench) {
      await bench.itemTable();
      await bench.addItem(1);
      const columns = async () => {
        const { rows } = await bench.run("SELECT * FROM item", [], bench.driver, "conformance.all");
        return Object.keys(rows[0] ?? {});
      };
      assert.deepEqual(await columns(), ["id", "label", "amount"]);
      assert.deepEqual(await columns(), ["id", "label", "amount"]);
      await bench.run(`ALTER TABLE item ADD COLUMN extra ${bench.types.text}`);
      assert.deepEqual(await columns(), ["id", "label", "amount", "extra"]);
      await bench.run("ALTER TABLE item DROP COLUMN extra");
      assert.deepEqual(await columns(), ["id", "label", "amount"]);
    },
  },
  {
    id: "prepared.schema-change-elsewhere",
    title: "the same when another connection changed the table",
    needs: "two-connections",
    async run(bench) {
      await bench.itemTable();
      await bench.addItem(1);
      const other = await bench.another();
      const columns = async () => {
        const { rows } = await bench.run("SELECT * FROM item", [], bench.driver, "conformance.all");
        return Object.keys(rows[0] ?? {}).length;
      };
      assert.equal(await columns(), 3);
      await bench.run(`ALTER TABLE item ADD COLUMN extra ${bench.types.text}`, [], other);
      assert.equal(await columns(), 4);
    },
  },
  {
    id: "prepared.long-names",
    title: "names of any length and alphabet stay apart, also where they begin alike",
    async run(bench) {
      const names = [1, 2].map((end) => `${"delivery.claim/ä ".repeat(20)}${end}`);
      const cast = bench.family === "postgres" ? "::bigint" : "";
      for (const round of [1, 2]) {
        for (const [index, name] of names.entries()) {
          const sql = `SELECT ?${cast} * ${index + 10} AS product`;
          const { rows } = await bench.run(sql, [round], bench.driver, name);
          assert.equal(Number(rows[0]?.["product"]), round * (index + 10));
        }
      }
    },
  },
  {
    id: "prepared.many",
    title: "a thousand different statements pass through, and the first ones still work",
    async run(bench) {
      const cast = bench.family === "postgres" ? "::bigint" : "";
      const ask = async (number: number) => {
        const sql = `SELECT ?${cast} + ${number} AS sum`;
        const { rows } = await bench.run(sql, [1], bench.driver, `conformance.sum-${number}`);
        return Number(rows[0]?.["sum"]);
      };
      for (let number = 0; number < 1000; number += 1) assert.equal(await ask(number), number + 1);
      assert.equal(await ask(0), 1);
    },
  },
];
