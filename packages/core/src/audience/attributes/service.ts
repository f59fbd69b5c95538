/** `shop.attributes`: the typed attributes that contacts can carry. */
import type { z } from "zod";
import type { Scope } from "../../kernel/scope.ts";
import { notFound, parse, validationError } from "../../kernel/validate.ts";
import { MAX_ATTRIBUTES } from "../contacts/input.ts";
import { usesOf } from "../segments/criteria/uses.ts";
import { lockSegments } from "../segments/store.ts";
import { type AttributeDefinition, attributeSchema } from "./attribute.ts";
import { attributeConflict, beingRemoved } from "./failures.ts";
import { describeAttribute, insertAttributes, listAttributes, retireAttribute } from "./store.ts";
import { stripJob } from "./strip.ts";

/** What `attributes.define` takes. */
export type AttributeDefinitionInput = z.input<typeof attributeSchema>;

/** `shop.attributes`: names and types of what contacts can carry beyond the built-in fields. */
export class AttributesService {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /**
   * Defines an attribute. Idempotent; a description that is given replaces the one before.
   *
   * @throws {VALIDATION_FAILED} {CONFLICT} when it is defined with another type. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function definePlan(shop: Workspace) {
   *   await shop.attributes.define({ name: "plan", type: "text", description: "What the customer pays for" });
   * }
   * ```
   */
  define(input: AttributeDefinitionInput): Promise<AttributeDefinition> {
    return this.#scope.write("audience:write", async (unit) => {
      const { name, type, description } = parse(attributeSchema, input, "attribute");
      const [added] = await insertAttributes(unit, [{ name, type, description: description ?? null }]);
      const all = await listAttributes(unit.db, unit.workspaceId);
      const known = all.find((attribute) => attribute.name === name);
      if (known === undefined) throw beingRemoved(name);
      if (known.type !== type)
        throw attributeConflict(name, `it is of type ${known.type} already, and there may be values of it`);
      if (added !== undefined) {
        if (all.length > MAX_ATTRIBUTES)
          throw validationError("attribute", [
            { path: ["name"], message: `A workspace has at most ${MAX_ATTRIBUTES} attributes.` },
          ]);
        unit.record("attribute.defined", { subject: { type: "attribute", id: name }, data: { name, type } });
        return known;
      }
      if (description === undefined || description === known.description) return known;
      await describeAttribute(unit, name, description);
      return { ...known, description };
    });
  }

  /**
   * All attributes of the workspace, by name.
   *
   * @throws {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function attributeNames(shop: Workspace) {
   *   return (await shop.attributes.list()).map(({ name, type }) => `${name} (${type})`);
   * }
   * ```
   */
  list(): Promise<readonly AttributeDefinition[]> {
    return this.#scope.read("audience:read", (db) => listAttributes(db, this.#scope.workspaceId));
  }

  /**
   * Removes an attribute. It is out of use at once; its values are taken from the contacts in the background, and the name is free again
   * after that.
   *
   * @throws {NOT_FOUND} {CONFLICT} when the criteria of a segment test it. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function retire(shop: Workspace) {
   *   await shop.attributes.remove("plan");
   * }
   * ```
   */
  remove(name: string): Promise<void> {
    return this.#scope.write("audience:write", async (unit) => {
      if (!attributeSchema.shape.name.safeParse(name).success) throw notFound("attribute", name);
      const segments = await lockSegments(unit, "all-dynamic");
      const user = segments.find(
        ({ criteria }) => criteria !== null && usesOf(criteria).attributes.has(name),
      );
      if (user !== undefined) throw attributeConflict(name, `the segment "${user.name}" tests it`);
      if (!(await retireAttribute(unit, name))) throw notFound("attribute", name);
      unit.enqueue(stripJob, { payload: { name, after: null }, key: `${unit.workspaceId} ${name}` });
      unit.record("attribute.removed", { subject: { type: "attribute", id: name }, data: { name } });
    });
  }
}
