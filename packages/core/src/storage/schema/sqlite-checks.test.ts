import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { checksOf } from "./sqlite-checks.ts";

/** As SQLite keeps the text. */
function kept(...statements: readonly string[]): string {
  const db = new DatabaseSync(":memory:");
  for (const statement of statements) db.exec(statement);
  const row = db.prepare("select sql from sqlite_master where name = 't'").get();
  db.close();
  return String(row?.["sql"]);
}

it("finds the checks of columns and of the table, and nothing that only looks like one", () => {
  const text = kept(`create table t (
    "check" text default 'check (1)', -- check (2), or not
    a int CHECK(a  IN ('x)', 'It''s')) check (a <> (1 + 2)) /* check (3) */,
    b text not null constraint [odd name] check (length(b) < 10), checked int generated always as (a + 1),
    unique (a, b), check (a > 0 or b = ')'), constraint both check (a <> b), check (a != 7)
  )`);
  expect(checksOf("t", text)).toEqual({
    t_a_check: "check (a in ('x)', 'It''s'))",
    t_a_check1: "check (a <> (1 + 2))",
    "odd name": "check (length (b) < 10)",
    t_check: "check (a > 0 or b = ')')",
    both: "check (a <> b)",
    t_check1: "check (a != 7)",
  });
});

it("takes texts that differ in spaces, comments and case for the same", () => {
  const one = kept("create table t (a int check (a>=1 and a in(1,2)))");
  const other = kept("CREATE TABLE t(a INT CHECK ( A >= 1\n AND a IN ( 1 , 2 ) /* two */ ))");
  expect(checksOf("t", other)).toEqual(checksOf("t", one));
});

it("goes along with columns that are added and renamed", () => {
  const text = kept(
    "create table t (a int check (a > 0), check (a < 9))",
    "alter table t add column b int check (b > 0)",
    "alter table t rename column a to c",
  );
  expect(checksOf("t", text)).toEqual({
    t_c_check: "check (c > 0)",
    t_b_check: "check (b > 0)",
    t_check: "check (c < 9)",
  });
  expect(checksOf("t", "create virtual table t using fts5(a)")).toEqual({});
  expect(checksOf("t", "create table t as")).toEqual({});
});
