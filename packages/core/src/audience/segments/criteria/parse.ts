/** Reads criteria from outside: bounded, typed, with every problem at its path; what comes out is stored as it is. Pure. */
import { z } from "zod";
import type { ValidationIssue } from "../../../ports/errors.ts";
import { storableText } from "../../addresses/text.ts";
import type { AttributeTypes } from "../../attributes/attribute.ts";
import { ADDRESS_KINDS, CONSENT_STATES, purposeSchema } from "../../consents/consent.ts";
import type { Criteria, ValueTest } from "./criteria.ts";
import { FIELD_TYPES } from "./operands.ts";
import { settle } from "./settle.ts";

/** How deep and how large a tree may be. */
export const CRITERIA_LIMITS = {
  depth: 20,
  nodes: 500,
  values: 1_000,
  textLength: 500,
  days: 36_500,
} as const;

const text = z.string().max(CRITERIA_LIMITS.textLength).transform(storableText);
const part = text.refine((value) => value !== "", { error: "Give at least one character." });
const number = z.number();
const texts = z.array(text).min(1).max(CRITERIA_LIMITS.values);
const days = z.number().int().min(0).max(CRITERIA_LIMITS.days);
const ignoreCase = z.boolean().exactOptional();

const testSchema = z.discriminatedUnion("is", [
  z.strictObject({ is: z.literal("set") }),
  z.strictObject({ is: z.literal("equals"), value: z.union([text, number, z.boolean()]), ignoreCase }),
  z.strictObject({
    is: z.literal("one-of"),
    values: z.union([texts, z.array(number).min(1).max(CRITERIA_LIMITS.values)]),
    ignoreCase,
  }),
  z.strictObject({ is: z.enum(["contains", "starts-with", "ends-with"]), value: part, ignoreCase }),
  z.strictObject({ is: z.enum(["less-than", "at-most", "greater-than", "at-least"]), value: number }),
  z.strictObject({ is: z.literal("between"), min: number, max: number }),
  z.strictObject({ is: z.enum(["before", "on-or-before", "after", "on-or-after"]), value: z.string() }),
  z.strictObject({ is: z.enum(["within-last", "within-next", "older-than"]), days }),
  z.strictObject({ is: z.literal("has"), value: text }),
  z.strictObject({ is: z.enum(["has-any", "has-all"]), values: texts }),
]) satisfies z.ZodType<ValueTest>;

const criteriaSchema: z.ZodType<Criteria> = z.lazy(() =>
  z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal("everyone") }),
    z.strictObject({ type: z.literal("and"), of: z.array(criteriaSchema).min(1) }),
    z.strictObject({ type: z.literal("or"), of: z.array(criteriaSchema).min(1) }),
    z.strictObject({ type: z.literal("not"), of: criteriaSchema }),
    z.strictObject({ type: z.literal("attribute"), name: z.string(), test: testSchema }),
    z.strictObject({
      type: z.literal("field"),
      field: z.enum(Object.keys(FIELD_TYPES) as (keyof typeof FIELD_TYPES)[]),
      test: testSchema,
    }),
    z.strictObject({
      type: z.literal("consent"),
      channel: z.enum(ADDRESS_KINDS),
      purpose: purposeSchema.exactOptional(),
      state: z.enum([...CONSENT_STATES, "none"]),
    }),
    z.strictObject({ type: z.literal("member"), segmentId: z.string() }),
  ]),
);

/** Reading criteria: the tree, or all that is wrong with it. */
export type CriteriaReading =
  | { readonly outcome: "read"; readonly criteria: Criteria }
  | { readonly outcome: "refused"; readonly issues: readonly ValidationIssue[] };

/** Reads criteria. `segments` are the ids that a membership may name. Never throws. */
export function readCriteria(
  input: unknown,
  known: { readonly types: AttributeTypes; readonly segments: ReadonlySet<string> },
): CriteriaReading {
  const tooLarge = boundIssue(input);
  if (tooLarge !== null) return { outcome: "refused", issues: [tooLarge] };
  const shaped = criteriaSchema.safeParse(input);
  if (!shaped.success) {
    const issues = shaped.error.issues.map(({ path, message }) => ({
      path: path.map((key) => (typeof key === "number" ? key : String(key))),
      message,
    }));
    return { outcome: "refused", issues };
  }
  const issues: ValidationIssue[] = [];
  const criteria = settle(shaped.data, [], { ...known, issues });
  return issues.length > 0 ? { outcome: "refused", issues } : { outcome: "read", criteria };
}

/** Looks at depth and size before anything recurses. */
function boundIssue(input: unknown): ValidationIssue | null {
  const open: { readonly node: unknown; readonly depth: number }[] = [{ node: input, depth: 1 }];
  for (let count = 0, next = open.pop(); next !== undefined; next = open.pop()) {
    count += 1;
    const limit =
      next.depth > CRITERIA_LIMITS.depth ? "depth" : count > CRITERIA_LIMITS.nodes ? "nodes" : null;
    if (limit !== null)
      return {
        path: [],
        message: `The criteria have more than ${CRITERIA_LIMITS[limit]} ${limit === "depth" ? "levels" : "nodes"}.`,
      };
    const of: unknown =
      typeof next.node === "object" && next.node !== null && "of" in next.node ? next.node.of : [];
    for (const node of Array.isArray(of) ? (of as readonly unknown[]) : [of])
      open.push({ node, depth: next.depth + 1 });
  }
  return null;
}
