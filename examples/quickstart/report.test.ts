import { expect, it } from "vitest";
import { reportPage } from "./report.ts";
import { exampleResults } from "./results.fixture.ts";

const page = (readers: number): string =>
  reportPage({
    results: exampleResults({ readers }),
    checks: [
      { what: "1 < 2", holds: true },
      { what: "2 < 1", holds: false },
    ],
    database: "SQLite",
  });

it("is the engine's report, with what must hold", () => {
  expect(page(50)).toContain("<h1>Spring &amp; &lt;Summer&gt;</h1>");
  expect(page(50)).toContain("✓ 1 &lt; 2");
  expect(page(50)).toContain("✗ broken: 2 &lt; 1");
  expect(page(50)).toContain("Opens: 23 by people, 4 by machines.");
});

it("says when people's acts are those of a sample", () => {
  expect(page(20)).toContain("Only a sample of 20 people");
  expect(page(50)).not.toContain("sample");
});
