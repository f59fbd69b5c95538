/** The scripted channel's content and config, as Standard Schemas without a library. */
import type { ChannelDefinition } from "@campaignkit/core";
import type { ScriptedConfig, ScriptedContent } from "./script.ts";

type SchemaOf<Value> = ChannelDefinition<Value, Value, Value, Value, never>["content"];

interface Issue {
  readonly path: readonly string[];
  readonly message: string;
}

function schemaOf<Value>(issuesOf: (input: object) => readonly Issue[]): SchemaOf<Value> {
  return {
    "~standard": {
      version: 1,
      vendor: "campaignkit",
      validate: (input) => {
        const plain = typeof input === "object" && input !== null && !Array.isArray(input);
        const issues = plain ? issuesOf(input) : [{ path: [], message: "must be an object" }];
        return issues.length > 0 ? { issues } : { value: { ...(input as Value) } };
      },
    },
  };
}

function unknownKeys(input: object, known: readonly string[]): readonly Issue[] {
  return Object.keys(input)
    .filter((key) => !known.includes(key))
    .map((key) => ({ path: [key], message: `is no field; the fields are ${known.join(", ")}` }));
}

const WHEN_MISSING: readonly unknown[] = [undefined, "skip", "fail", "blank"];

export const contentSchema: SchemaOf<ScriptedContent> = schemaOf((input) => {
  const { text, whenMissing } = input as Partial<Record<keyof ScriptedContent, unknown>>;
  const issues = [...unknownKeys(input, ["text", "whenMissing"])];
  if (typeof text !== "string" || text === "")
    issues.push({ path: ["text"], message: "must be a text that is not empty" });
  if (!WHEN_MISSING.includes(whenMissing))
    issues.push({ path: ["whenMissing"], message: "must be skip, fail or blank" });
  return issues;
});

export const configSchema: SchemaOf<ScriptedConfig> = schemaOf((input) => {
  const { label } = input as Partial<Record<keyof ScriptedConfig, unknown>>;
  const issues = [...unknownKeys(input, ["label"])];
  if (label !== undefined && typeof label !== "string")
    issues.push({ path: ["label"], message: "must be a text" });
  return issues;
});
