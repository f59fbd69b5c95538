import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { METRIC_DEFINITIONS } from "./definitions.ts";

describe("metric definitions (ANA-2)", () => {
  it("are printed in the guide as they are computed", () => {
    const guide = readFileSync(new URL("../../../../../docs/results.md", import.meta.url), "utf8");
    const printed = [...guide.matchAll(/^\| `(\w+)` \| (count|people|money|ratio) \| (.+) \|$/gm)].map(
      ([, name, unit, means]) => [name, { unit, means }],
    );
    const defined = Object.entries(METRIC_DEFINITIONS).map(([name, { unit, means }]) => [
      name,
      { unit, means },
    ]);
    expect(Object.fromEntries(printed)).toEqual(Object.fromEntries(defined));
  });
});
