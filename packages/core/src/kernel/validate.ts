/** Input from outside becomes typed values here, or one error that lists every problem with its path. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { z } from "zod";
import { CampaignKitError, type ValidationIssue } from "../ports/errors.ts";

/** The error for problems found by other means than a schema. */
export function validationError(
  subject: string,
  issues: readonly ValidationIssue[],
): CampaignKitError<"VALIDATION_FAILED"> {
  const list = issues
    .map(({ path, message }) => `${path.length === 0 ? "(all)" : path.join(".")}: ${message}`)
    .join("; ");
  return new CampaignKitError("VALIDATION_FAILED", `The ${subject} is not valid. ${list}`, {
    subject,
    issues,
  });
}

/** Parses by a zod schema. @throws {VALIDATION_FAILED} with all issues. */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  subject: string,
): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw validationError(
    subject,
    result.error.issues.map(({ path, message }) => ({
      path: path.map((key) => (typeof key === "number" ? key : String(key))),
      message,
    })),
  );
}

/** Checks by any Standard Schema; the issues are returned, their paths put under `prefix`. */
export async function checkStandard<Output>(
  schema: StandardSchemaV1<unknown, Output>,
  input: unknown,
  prefix: readonly (string | number)[],
): Promise<
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly ValidationIssue[] }
> {
  const result = await schema["~standard"].validate(input);
  if (result.issues === undefined) return { value: result.value };
  const keyOf = (segment: PropertyKey | { readonly key: PropertyKey }): string | number => {
    const key = typeof segment === "object" ? segment.key : segment;
    return typeof key === "number" ? key : String(key);
  };
  return {
    issues: result.issues.map((issue) => ({
      path: [...prefix, ...(issue.path ?? []).map(keyOf)],
      message: issue.message,
    })),
  };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether the text can be an id of ours. Anything else names nothing, and never reaches the database. */
export function isId(text: string): boolean {
  return UUID.test(text);
}

/** The error for a record that is not there, or not in this workspace. */
export function notFound(entity: string, id: string): CampaignKitError<"NOT_FOUND"> {
  return new CampaignKitError("NOT_FOUND", `There is no ${entity} "${id}" in this workspace.`, {
    entity,
    id,
  });
}

/** Passes an id on. @throws {NOT_FOUND} for a text that can be no id. */
export function requireId(entity: string, id: string): string {
  if (!isId(id)) throw notFound(entity, id);
  return id;
}
