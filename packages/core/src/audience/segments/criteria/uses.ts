/** What criteria look at beyond the contact. Pure. */
import type { Criteria } from "./criteria.ts";
import { CLOCK_TESTS } from "./operands.ts";

/** What criteria look at beyond the contact: other segments, attributes, the clock. */
export interface CriteriaUses {
  readonly segments: ReadonlySet<string>;
  readonly attributes: ReadonlySet<string>;
  readonly clock: boolean;
}

/** Collects what read criteria look at. */
export function usesOf(criteria: Criteria): CriteriaUses {
  const segments = new Set<string>();
  const attributes = new Set<string>();
  let clock = false;
  const visit = (node: Criteria): void => {
    if (node.type === "and" || node.type === "or") node.of.forEach(visit);
    if (node.type === "not") visit(node.of);
    if (node.type === "member") segments.add(node.segmentId);
    if (node.type === "attribute") attributes.add(node.name);
    if ((node.type === "attribute" || node.type === "field") && CLOCK_TESTS.has(node.test.is)) clock = true;
  };
  visit(criteria);
  return { segments, attributes, clock };
}
