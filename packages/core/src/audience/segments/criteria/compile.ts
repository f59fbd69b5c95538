/**
 * Compiles criteria to a SQL condition over `ck_contacts as c`.
 *
 * Every column is qualified: in a sub-select a bare name would silently mean the inner table. Leaves may be NULL where a value is missing;
 * AND and OR carry that through, and NOT is written `is not true`, which makes the whole two-valued and leaves the leaves plain enough for
 * indexes.
 */
import { sql } from "kysely";
import { uuidOf } from "../../../storage/sets.ts";
import type { AttributeTypes } from "../../attributes/attribute.ts";
import { DEFAULT_PURPOSE } from "../../consents/consent.ts";
import type { ConsentCriteria, Criteria } from "./criteria.ts";
import { attributeOperand, fieldOperand } from "./operand-sql.ts";
import { type Condition, compileTest, type TestContext } from "./test-sql.ts";

/** What compiling needs to know. */
export interface CompileContext extends TestContext {
  readonly types: AttributeTypes;
}

/** Compiles read criteria. */
export function compileCriteria(criteria: Criteria, context: CompileContext): Condition {
  switch (criteria.type) {
    case "everyone":
      return sql`(1 = 1)`;
    case "and":
    case "or": {
      const parts = criteria.of.map((node) => compileCriteria(node, context));
      return sql`(${sql.join(parts, criteria.type === "and" ? sql` and ` : sql` or `)})`;
    }
    case "not":
      return sql`(${compileCriteria(criteria.of, context)} is not true)`;
    case "attribute": {
      const type = context.types.get(criteria.name);
      // A definition that is gone leaves no values: whatever is asked of them, nobody has one.
      return type === undefined
        ? sql`(1 = 0)`
        : compileTest(criteria.test, attributeOperand(criteria.name, type, context.db), context);
    }
    case "field":
      return compileTest(criteria.test, fieldOperand(criteria.field), context);
    case "consent":
      return compileConsent(criteria);
    case "member":
      return sql`exists (select 1 from ck_segment_members as m where m.workspace_id = c.workspace_id
        and m.segment_id = ${uuidOf(context.db, criteria.segmentId)} and m.contact_id = c.id)`;
  }
}

function compileConsent(criteria: ConsentCriteria): Condition {
  const about = sql`select 1 from ck_consents as k where k.workspace_id = c.workspace_id and k.contact_id = c.id
    and k.channel = ${criteria.channel} and k.purpose = ${criteria.purpose ?? DEFAULT_PURPOSE}`;
  return criteria.state === "none"
    ? sql`not exists (${about})`
    : sql`exists (${about} and k.state = ${criteria.state})`;
}
