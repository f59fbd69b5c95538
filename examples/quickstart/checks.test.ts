import { expect, it } from "vitest";
import { checkResults } from "./checks.ts";
import { EXAMPLE_REPORT, exampleResults } from "./results.fixture.ts";
import type { Results } from "./results.ts";

const broken = (change: Partial<Results>, contacts = 60): readonly string[] =>
  checkResults(exampleResults(change), contacts, 1_000)
    .filter(({ holds }) => !holds)
    .map(({ what }) => what);

const { delivery, machines } = EXAMPLE_REPORT;
const withDelivery = (change: Partial<typeof delivery>): Partial<Results> => ({
  report: { ...EXAMPLE_REPORT, delivery: { ...delivery, ...change } },
});

it("holds for results that add up", () => {
  expect(broken({})).toEqual([]);
});

it("an audience that does not add up, or is not everybody, shows", () => {
  expect(broken(withDelivery({ skipped: 6 }))).toEqual([expect.stringMatching(/^audience 60/)]);
  expect(broken(withDelivery({ skipped: 6, pending: 1 }))).toHaveLength(1);
  expect(broken({}, 61)).toEqual([expect.stringContaining("everybody")]);
});

it("a second message to anybody shows", () => {
  expect(broken({ accepted: { messages: 51, moreThanOnce: 1 } })).toEqual([
    expect.stringContaining("nobody got two messages (1 did)"),
  ]);
});

it("the mail server may know of the uncertain message or not, and of no other", () => {
  expect(broken({ accepted: { messages: 51, moreThanOnce: 0 } })).toEqual([]);
  expect(broken({ accepted: { messages: 52, moreThanOnce: 0 } })).toHaveLength(1);
  expect(broken({ accepted: { messages: 49, moreThanOnce: 0 } })).toHaveLength(1);
});

it("sums that differ from a recount show", () => {
  expect(broken({ rollups: { exact: false, events: 90, differences: [] } })).toHaveLength(1);
});

it("acts that are neither people's nor machines', or a machine's for no reason, show", () => {
  expect(broken({ byAnybody: { opens: 28, clicks: 15 } })).toEqual([expect.stringContaining("23 + 4 = 28")]);
  const report = { ...EXAMPLE_REPORT, machines: { ...machines, reasons: machines.reasons.slice(0, 1) } };
  expect(broken({ report })).toEqual([expect.stringContaining("has its reason")]);
});
