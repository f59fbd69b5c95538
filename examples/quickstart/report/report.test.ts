import { expect, it } from "vitest";
import { exampleResults } from "../results.fixture.ts";
import { reportPage } from "./report.ts";

const page = (readers: number): string =>
  reportPage({
    results: exampleResults({ readers }),
    checks: [{ what: "1 < 2", holds: true }],
    database: "SQLite",
    at: new Date("2027-03-01T08:00:00Z"),
  });

it("stands alone: it loads nothing and runs nothing", () => {
  const text = page(50);
  expect(text).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|\son\w+=/i);
  expect(
    text.match(/https?:\/\/[^"'\s<]+/g)?.filter((address) => !address.startsWith("http://www.w3.org/")),
  ).toBeFalsy();
});

it("keeps names from becoming markup", () => {
  expect(page(50)).toContain("<h1>Spring &amp; &lt;Summer&gt;</h1>");
  expect(page(50)).toContain("1 &lt; 2");
});

it("says each picture in words and as a table", () => {
  const text = page(50);
  const pictures = text.match(/<svg/g)?.length ?? 0;
  expect(pictures).toBe(5);
  expect(text.match(/role="img"/g)).toHaveLength(pictures);
  expect(text.match(/<desc id="/g)).toHaveLength(pictures);
  expect(text.match(/<table>/g)).toHaveLength(pictures);
  expect(text).toContain("60 people: 50 sent, 2 failed, 7 skipped, 1 uncertain.");
  const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

it("says when people's acts are those of a sample", () => {
  expect(page(20)).toContain("a sample of 20 people");
  expect(page(50)).not.toContain("sample");
});
