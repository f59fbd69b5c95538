/** `shop.attributes`: the typed attributes that contacts can carry. */
import type { z } from "zod";
import type { Scope } from "../../kernel/scope.ts";
import { parse, validationError } from "../../kernel/validate.ts";
import { CampaignKitError } from "../../ports/errors.ts";
import { MAX_ATTRIBUTES } from "../contacts/input.ts";
import { type AttributeDefinition, attributeSchema } from "./attribute.ts";
import { describeAttribute, insertAttributes, listAttributes } from "./store.ts";

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
   */
  define(input: AttributeDefinitionInput): Promise<AttributeDefinition> {
    return this.#scope.write("audience:write", async (unit) => {
      const { name, type, description } = parse(attributeSchema, input, "attribute");
      const [added] = await insertAttributes(unit, [{ name, type, description: description ?? null }]);
      const all = await listAttributes(unit.db, unit.workspaceId);
      const known = all.find((attribute) => attribute.name === name);
      if (known === undefined) throw new Error(`The attribute "${name}" was defined and is not there.`);
      if (known.type !== type) {
        throw new CampaignKitError(
          "CONFLICT",
          `The attribute "${name}" is of type ${known.type} already; a type can't change once there may be values.`,
          { entity: "attribute", id: name, reason: `its type is ${known.type}` },
        );
      }
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

  /** All attributes of the workspace, by name. @throws {FORBIDDEN} */
  list(): Promise<readonly AttributeDefinition[]> {
    return this.#scope.read("audience:read", (db) => listAttributes(db, this.#scope.workspaceId));
  }
}
