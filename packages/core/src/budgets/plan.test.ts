import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { money } from "../math/money.ts";
import { applyChanges, type BudgetChanges, contingencyOf, findProblems } from "./plan.ts";
import type { Counter } from "./scope.ts";
import type { Plan } from "./store/plans.ts";

const plan: Plan = {
  campaignId: "c",
  currency: "EUR",
  timeZone: "Europe/Berlin",
  dailyMicros: null,
  contingencyPercent: 0,
  alertPercents: [75, 90, 100],
  version: 1,
};

const counter = (fields: Partial<Counter>): Counter => ({
  kind: "total",
  name: "",
  limitMicros: null,
  heldMicros: 0,
  committedMicros: 0,
  reservedMicros: 0,
  wantedMicros: null,
  exhausted: false,
  ...fields,
});

/** The paths of what stands against a change. */
function pathsOf(changes: BudgetChanges, counters: readonly Counter[] = [counter({})]): readonly string[] {
  const before = { plan, counters, today: "2027-03-01", moneyHasMoved: false };
  return findProblems(before, changes, applyChanges(plan, counters, changes)).map(({ path }) =>
    path.join("."),
  );
}

describe("budget plans", () => {
  it("BUD-1: lets channels and contingency fill the total to the last micro, and no further", () => {
    const channels = { email: money("EUR", 60), social: money("EUR", 30) };
    expect(pathsOf({ total: money("EUR", 100), channels, contingencyPercent: 10 })).toEqual([]);
    expect(pathsOf({ total: money("EUR", "99.999999"), channels, contingencyPercent: 10 })).toEqual([
      "channels",
    ]);
    expect(pathsOf({ total: money("EUR", 100), channels, contingencyPercent: 10.01 })).toEqual(["channels"]);
  });

  it("BUD-1: finds all problems at once", () => {
    const counters = [
      counter({ limitMicros: 50_000_000, committedMicros: 20_000_000, reservedMicros: 10_000_000 }),
      counter({ kind: "channel", name: "email", limitMicros: 20_000_000, committedMicros: 15_000_000 }),
    ];
    const changes = {
      total: money("EUR", 25),
      daily: money("USD", 40),
      channels: { email: money("EUR", 10), social: money("EUR", 20) },
    };
    expect(pathsOf(changes, counters)).toEqual(["daily", "channels", "daily", "total", "channels.email"]);
  });

  it("BUD-1: refuses a contingency of no total", () => {
    expect(pathsOf({ contingencyPercent: 5 })).toEqual(["contingencyPercent"]);
  });

  it("BUD-1: never keeps back less than the share that was asked for, nor a whole micro more", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        fc.integer({ min: 0, max: 10_000 }),
        (total, hundredths) => {
          const held = BigInt(contingencyOf(total, hundredths / 100));
          const exact = BigInt(total) * BigInt(hundredths);
          expect(held * 10_000n >= exact && (held - 1n) * 10_000n < exact).toBe(true);
        },
      ),
    );
  });

  it("BUD-1: lets a limit be raised that costs have passed already, though it stays passed", () => {
    const passed = [counter({ limitMicros: 10_000_000, committedMicros: 15_000_000 })];
    expect(pathsOf({ total: money("EUR", 12) }, passed)).toEqual([]);
    expect(pathsOf({ total: money("EUR", 9) }, passed)).toEqual(["total"]);
    expect(pathsOf({ total: null }, passed)).toEqual([]);
  });

  it("keeps what a change does not name", () => {
    const counters = [
      counter({ limitMicros: 50_000_000 }),
      counter({ kind: "channel", name: "email", limitMicros: 20_000_000 }),
    ];
    const { limits } = applyChanges(plan, counters, { daily: money("EUR", 5) });
    expect(limits).toEqual({
      totalMicros: 50_000_000,
      heldMicros: 0,
      dailyMicros: 5_000_000,
      channels: new Map([["email", 20_000_000]]),
    });
    expect(applyChanges(plan, counters, { channels: {} }).limits.channels.size).toBe(0);
  });
});
