/** What a channel takes as content and config. */
import { strict as assert } from "node:assert";
import type { ChannelBench } from "../bench.ts";
import type { ChannelCase } from "../case.ts";
import type { InvalidSample } from "../subject.ts";

/** What no channel can take, and none may stumble over. */
const STRANGERS: readonly unknown[] = [undefined, null, true, 7, "text", [], () => undefined];

async function issuesOf({ channel }: ChannelBench, schema: "content" | "config", value: unknown) {
  const result = await channel[schema]["~standard"].validate(value);
  return result.issues;
}

const keyOf = (segment: PropertyKey | { readonly key: PropertyKey }): string =>
  String(typeof segment === "object" ? segment.key : segment);

async function refuses(bench: ChannelBench, schema: "content" | "config", samples: readonly InvalidSample[]) {
  for (const { value, path } of samples) {
    const issues = await issuesOf(bench, schema, value);
    assert.ok(
      issues !== undefined,
      `The ${schema} ${JSON.stringify(value)} must be refused, but is accepted.`,
    );
    const paths = issues.map((issue) => (issue.path ?? []).map(keyOf).join("."));
    assert.ok(
      paths.some((found) => found === path.join(".")),
      `The ${schema} ${JSON.stringify(value)} must be refused at "${path.join(".")}", but the problems are at ${JSON.stringify(paths)}.`,
    );
    for (const { message } of issues)
      assert.notEqual(message.trim(), "", "A problem must say what is wrong.");
  }
}

export const SCHEMA_CASES: readonly ChannelCase[] = [
  {
    id: "content.accepts",
    title: "content that is valid is accepted",
    async run(bench) {
      for (const sample of bench.subject.content.valid) await bench.checked("content", sample);
    },
  },
  {
    id: "content.refuses",
    title: "content that is not valid is refused, with the path to the problem",
    run: (bench) => refuses(bench, "content", bench.subject.content.invalid),
  },
  {
    id: "content.refuses-strangers",
    title: "what is no content at all is refused, and nothing is thrown",
    async run(bench) {
      for (const stranger of STRANGERS) {
        assert.ok(
          await issuesOf(bench, "content", stranger),
          `${String(stranger)} must be refused as content.`,
        );
      }
    },
  },
  {
    id: "content.survives-storage",
    title: "checked content is an object that survives being stored as JSON",
    async run(bench) {
      for (const sample of bench.subject.content.valid) {
        const result = await bench.channel.content["~standard"].validate(structuredClone(sample));
        assert.ok(!result.issues, "valid content must be accepted");
        assert.ok(
          typeof result.value === "object" && result.value !== null,
          "checked content must be an object",
        );
        const plain = Object.fromEntries(
          Object.entries(result.value).filter(([, field]) => field !== undefined),
        );
        assert.deepStrictEqual(JSON.parse(JSON.stringify(plain)), structuredClone(plain));
      }
    },
  },
  {
    id: "content.leaves-its-input",
    title: "checking content does not change what was given",
    async run(bench) {
      const [sample] = bench.subject.content.valid;
      const given = structuredClone(sample);
      await issuesOf(bench, "content", given);
      assert.deepStrictEqual(given, sample);
    },
  },
  {
    id: "config.accepts-nothing",
    title: "a campaign that gives no config is accepted",
    run: async (bench) => void (await bench.config()),
  },
  {
    id: "config.accepts",
    title: "config that is valid is accepted",
    async run(bench) {
      for (const sample of bench.subject.config?.valid ?? []) await bench.checked("config", sample);
    },
  },
  {
    id: "config.refuses",
    title: "config that is not valid is refused, with the path to the problem",
    run: (bench) => refuses(bench, "config", bench.subject.config?.invalid ?? []),
  },
  {
    id: "config.refuses-strangers",
    title: "what is no config at all is refused, and nothing is thrown",
    async run(bench) {
      for (const stranger of [7, "text", true, null]) {
        assert.ok(
          await issuesOf(bench, "config", stranger),
          `${String(stranger)} must be refused as config.`,
        );
      }
    },
  },
];
