/** The tests of criteria, as SQL: alike in both families, whatever their collation. */
import { type RawBuilder, sql } from "kysely";
import { type Db, familyOf } from "../../../storage/db.ts";
import { bigintOf, isAmong, rowsAs, textsAs } from "../../../storage/sets.ts";
import type { ValueTest } from "./criteria.ts";
import { foldAscii } from "./fold.ts";
import type { ListOperand, Operand, TimeOperand } from "./operand-sql.ts";
import { spanOf } from "./spans.ts";

/** A SQL condition. */
export type Condition = RawBuilder<boolean>;

/** What compiling a test needs to know. */
export interface TestContext {
  readonly db: Db;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Compiles a test of a value. May be NULL where the value is missing. */
export function compileTest(test: ValueTest, operand: Operand, context: TestContext): Condition {
  if (test.is === "set") return sql`(${operand.value} is not null)`;
  switch (operand.type) {
    case "text":
      return textTest(test, operand.value, context.db);
    case "number":
      return numberTest(test, operand.value, context.db);
    case "boolean":
      return test.is === "equals" ? sql`(${operand.value} = ${String(test.value)})` : unfit(test, operand);
    case "date":
    case "instant":
      return timeTest(test, operand, context);
    case "text-list":
      return listTest(test, operand, context.db);
  }
}

function unfit(test: ValueTest, operand: Operand): never {
  throw new Error(`Criteria that were not read: a ${operand.type} can't be tested by ${test.is}.`);
}

/** A–Z as a–z, and nothing else, in both families. */
function folded(value: RawBuilder<unknown>, db: Db): RawBuilder<unknown> {
  return familyOf(db) === "postgres" ? sql`lower(${value} collate "C")` : sql`lower(${value})`;
}

function textTest(test: ValueTest, plain: RawBuilder<unknown>, db: Db): Condition {
  const postgres = familyOf(db) === "postgres";
  const fold = "ignoreCase" in test && test.ignoreCase === true;
  const value = fold ? folded(plain, db) : plain;
  const given = (text: string): string => (fold ? foldAscii(text) : text);
  switch (test.is) {
    case "equals":
      return sql`(${value} = ${given(String(test.value))})`;
    case "one-of":
      return sql`(${value} in ${textsAs(
        db,
        test.values.map((text) => given(String(text))),
      )})`;
    case "contains":
      return postgres
        ? sql`(strpos(${value}, ${given(test.value)}) > 0)`
        : sql`(instr(${value}, ${given(test.value)}) > 0)`;
    case "starts-with":
      return sql`(substr(${value}, 1, ${sql.lit(lengthOf(test.value))}) = ${given(test.value)})`;
    case "ends-with":
      return postgres
        ? sql`(right(${value}, ${sql.lit(lengthOf(test.value))}) = ${given(test.value)})`
        : sql`(substr(${value}, ${sql.lit(-lengthOf(test.value))}) = ${given(test.value)})`;
    default:
      return unfit(test, { type: "text", value });
  }
}

/** Databases count code points. */
function lengthOf(text: string): number {
  return [...text].length;
}

const COMPARISONS = {
  equals: sql`=`,
  "less-than": sql`<`,
  "at-most": sql`<=`,
  "greater-than": sql`>`,
  "at-least": sql`>=`,
  before: sql`<`,
  "on-or-before": sql`<=`,
  after: sql`>`,
  "on-or-after": sql`>=`,
} as const;

function numberTest(test: ValueTest, value: RawBuilder<unknown>, db: Db): Condition {
  const given = (number: number): RawBuilder<number> =>
    sql`cast(${number} as ${sql.raw(familyOf(db) === "postgres" ? "double precision" : "real")})`;
  switch (test.is) {
    case "equals":
    case "less-than":
    case "at-most":
    case "greater-than":
    case "at-least":
      return sql`(${value} ${COMPARISONS[test.is]} ${given(Number(test.value))})`;
    case "between":
      return sql`(${value} between ${given(test.min)} and ${given(test.max)})`;
    case "one-of": {
      const numbers = test.values.map((number) => ({ value: Number(number) }));
      return sql`(${value} in (select n.value from ${rowsAs(db, "n", { value: "real" }, numbers)}))`;
    }
    default:
      return unfit(test, { type: "number", value });
  }
}

function timeTest(test: ValueTest, operand: TimeOperand, { db, now }: TestContext): Condition {
  const epoch = operand.type === "instant" && operand.epoch;
  const value = epoch || familyOf(db) === "sqlite" ? operand.value : sql`${operand.value} collate "C"`;
  const at = (ms: number): RawBuilder<unknown> => {
    if (epoch) return bigintOf(ms);
    const iso = new Date(ms).toISOString();
    return sql`${operand.type === "date" ? iso.slice(0, 10) : iso}`;
  };
  switch (test.is) {
    case "equals":
    case "before":
    case "on-or-before":
    case "after":
    case "on-or-after":
      return sql`(${value} ${COMPARISONS[test.is]} ${epoch ? at(Date.parse(String(test.value))) : sql`${test.value}`})`;
    case "within-last":
    case "within-next":
    case "older-than": {
      const span = spanOf(test, now, operand.type === "date" ? "day" : "moment");
      const end = sql`${value} ${span.beforeTo ? sql`<` : sql`<=`} ${at(span.to)}`;
      return span.from === null ? sql`(${end})` : sql`(${value} >= ${at(span.from)} and ${end})`;
    }
    default:
      return unfit(test, operand);
  }
}

function listTest(test: ValueTest, { name, value }: ListOperand, db: Db): Condition {
  const postgres = familyOf(db) === "postgres";
  const items = postgres
    ? sql`(select e.value from jsonb_array_elements_text(case when jsonb_typeof(${value}) = 'array' then ${value} else '[]' end) as e(value))`
    : sql`(select e.value from json_each(c.attributes, ${sql.lit(`$.${name}`)}) as e)`;
  const all = (texts: readonly string[]): Condition =>
    postgres
      ? sql`(c.attributes @> ${JSON.stringify({ [name]: texts })}::jsonb)`
      : sql`(not exists (select 1 from json_each(${JSON.stringify(texts)}) as w where w.value not in ${items}))`;
  switch (test.is) {
    case "has":
      return all([test.value]);
    case "has-all":
      return all(test.values);
    case "has-any":
      return sql`(exists (select 1 from ${items} as i where ${isAmong(db, "i.value", "text", test.values)}))`;
    default:
      return unfit(test, { type: "text-list", name, value });
  }
}
