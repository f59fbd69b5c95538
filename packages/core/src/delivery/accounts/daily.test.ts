import { describe, expect, it } from "vitest";
import { limitOn } from "./daily.ts";

const on = (limit: Parameters<typeof limitOn>[0], ...days: number[]) =>
  days.map((day) =>
    limitOn(limit, new Date(Date.UTC(2027, 2, day)).toISOString().slice(0, 10), "2027-03-01"),
  );

describe("the limit of a day", () => {
  it("CHN-9: is the cap, and on the first days what the plan says", () => {
    expect(on({ timeZone: "UTC", max: 1_000 }, 1, 9)).toEqual([1_000, 1_000]);
    expect(on({ timeZone: "UTC", max: 300, warmUp: { days: [50, 100, 200, 400] } }, 1, 2, 3, 4, 5)).toEqual([
      50, 100, 200, 300, 300,
    ]);
    expect(on({ timeZone: "UTC", warmUp: { days: [50] } }, 1, 2)).toEqual([50, Number.POSITIVE_INFINITY]);
  });

  it("CHN-9: grows from day to day up to the cap, and is never more than can be counted", () => {
    const limit = { timeZone: "UTC", max: 1_000, warmUp: { days: [50, 100], growth: 1.5 } };
    expect(on(limit, 1, 2, 3, 4, 5, 8, 9)).toEqual([50, 100, 150, 225, 337, 1_000, 1_000]);
    expect(limitOn({ timeZone: "UTC", warmUp: { days: [50], growth: 10 } }, "2057-03-01", "2027-03-01")).toBe(
      Number.POSITIVE_INFINITY,
    );
  });

  it("CHN-9: before the plan's first day is that of the first", () => {
    expect(limitOn({ timeZone: "UTC", warmUp: { days: [50, 100] } }, "2027-02-20", "2027-03-01")).toBe(50);
  });
});
