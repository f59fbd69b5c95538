/** The values that criteria test, as SQL over `ck_contacts as c`. */
import { type RawBuilder, sql } from "kysely";
import { type Db, familyOf } from "../../../storage/db.ts";
import type { AttributeType } from "../../attributes/attribute.ts";
import type { ContactField } from "./criteria.ts";
import { FIELD_TYPES } from "./operands.ts";

/** A value that is compared as it is. */
interface PlainOperand {
  readonly type: "text" | "number" | "boolean";
  readonly value: RawBuilder<unknown>;
}

/** A day or a moment: ISO 8601 text in attributes, epoch milliseconds in the built-in fields. */
export interface TimeOperand {
  readonly type: "date" | "instant";
  readonly value: RawBuilder<unknown>;
  readonly epoch: boolean;
}

/** A list in an attribute. */
export interface ListOperand {
  readonly type: "text-list";
  readonly name: string;
  readonly value: RawBuilder<unknown>;
}

/** A value as SQL, by how it is stored. */
export type Operand = PlainOperand | TimeOperand | ListOperand;

const FIELD_COLUMNS: Readonly<Record<ContactField, string>> = {
  externalId: "c.external_id",
  email: "c.email_normalized",
  phone: "c.phone",
  firstName: "c.first_name",
  lastName: "c.last_name",
  locale: "c.locale",
  timeZone: "c.time_zone",
  createdAt: "c.created_at",
  updatedAt: "c.updated_at",
};

/** A built-in field. */
export function fieldOperand(name: ContactField): Operand {
  const type = FIELD_TYPES[name];
  const value = sql.ref(FIELD_COLUMNS[name]);
  if (type === "instant") return { type, value, epoch: true };
  return { type: "text", value };
}

/** An attribute. The name stands in the text of the statement, so that an index over the expression can serve it; it is letters, digits, underscores. */
export function attributeOperand(name: string, type: AttributeType, db: Db): Operand {
  const postgres = familyOf(db) === "postgres";
  const asText = sql`(c.attributes ->> ${sql.lit(name)})`;
  const path = sql.lit(`$.${name}`);
  switch (type) {
    case "text":
      return { type, value: asText };
    case "date":
    case "instant":
      return { type, value: asText, epoch: false };
    case "number":
      // The guard comes before the cast: a value of another type is no number, and never an error.
      return {
        type,
        value: postgres
          ? sql`(case when jsonb_typeof(c.attributes -> ${sql.lit(name)}) = 'number' then cast(c.attributes ->> ${sql.lit(name)} as double precision) end)`
          : sql`(case when json_type(c.attributes, ${path}) in ('integer', 'real') then c.attributes ->> ${sql.lit(name)} end)`,
      };
    case "boolean":
      return { type, value: postgres ? asText : sql`json_type(c.attributes, ${path})` };
    case "text-list":
      return { type, name, value: sql`(c.attributes -> ${sql.lit(name)})` };
  }
}
