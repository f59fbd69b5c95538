import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { INTERVALS, type Interval, type TimeBucket, timeBuckets, WEEK_STARTS } from "./time-buckets.ts";
import { localDay, offsetAt, QUARTER_MS, startOfLocalDay, startOfNextLocalDay } from "./time-zone.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const ZONES = Intl.supportedValuesOf("timeZone");
/** Zones whose clocks have done something odd: half hours, quarter hours, midnight changes, skipped days. */
const ODD_ZONES = [
  "Asia/Kathmandu",
  "Asia/Kolkata",
  "Australia/Lord_Howe",
  "Pacific/Chatham",
  "Pacific/Apia",
  "America/St_Johns",
  "America/Havana",
  "America/Sao_Paulo",
  "Asia/Beirut",
  "Asia/Amman",
  "Africa/Casablanca",
  "Africa/Tunis",
  "Antarctica/Casey",
  "Antarctica/Troll",
  "America/Caracas",
  "Asia/Pyongyang",
  "Pacific/Kiritimati",
  "Europe/Berlin",
];

const all = (interval: Interval, timeZone: string, from: number, until: number): TimeBucket[] => [
  ...timeBuckets({ interval, timeZone, from, until }),
];

/** Instants at which the zone's offset changes, to the quarter of an hour, found by halving. */
function transitions(timeZone: string, from: number, until: number): number[] {
  const found: number[] = [];
  for (let day = from; day < until; day += DAY_MS) {
    if (offsetAt(day, timeZone) === offsetAt(day + DAY_MS, timeZone)) continue;
    let [low, high] = [day, day + DAY_MS];
    while (high - low > 60_000) {
      const middle = low + Math.floor((high - low) / 120_000) * 60_000;
      if (offsetAt(middle, timeZone) === offsetAt(low, timeZone)) low = middle;
      else high = middle;
    }
    found.push(high);
  }
  return found;
}

function expectPartition(buckets: readonly TimeBucket[], from: number, until: number): void {
  expect(buckets[0]?.from).toBeLessThanOrEqual(from);
  expect(buckets.at(-1)?.until).toBeGreaterThanOrEqual(until);
  for (const [i, bucket] of buckets.entries()) {
    expect(bucket.from % QUARTER_MS).toBe(0);
    expect(bucket.until).toBeGreaterThan(bucket.from);
    if (i > 0) expect(bucket.from).toBe(buckets[i - 1]?.until);
  }
}

describe("time buckets (ANA-2, ANA-13)", () => {
  it("follow each other without gap or overlap, on quarters of an hour, in every zone and at every change of its clocks", () => {
    const since = Date.parse("2005-01-01T00:00:00Z");
    for (const timeZone of ODD_ZONES) {
      for (const change of transitions(timeZone, since, Date.parse("2028-01-01T00:00:00Z"))) {
        const [from, until] = [change - 2 * DAY_MS, change + 2 * DAY_MS];
        for (const interval of INTERVALS) expectPartition(all(interval, timeZone, from, until), from, until);
      }
    }
  });

  it("hold the instant they were asked for, wherever and whenever", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.constantFrom(...INTERVALS),
        fc.date({
          min: new Date("1980-01-02T00:00:00Z"),
          max: new Date("2040-01-01T00:00:00Z"),
          noInvalidDate: true,
        }),
        (timeZone, interval, date) => {
          const at = date.getTime();
          const buckets = all(interval, timeZone, at, at + 1);
          expect(buckets).toHaveLength(1);
          const [bucket] = buckets;
          expect(bucket?.from).toBeLessThanOrEqual(at);
          expect(bucket?.until).toBeGreaterThan(at);
          // Asked for any other of its instants, it is the same bucket.
          expect(all(interval, timeZone, bucket?.from ?? 0, at + 1)).toEqual(buckets);
          expect(all(interval, timeZone, (bucket?.until ?? 0) - 1, bucket?.until ?? 0)).toEqual(buckets);
          if (interval === "day") {
            expect([bucket?.from, bucket?.until, bucket?.label]).toEqual([
              startOfLocalDay(at, timeZone),
              startOfNextLocalDay(at, timeZone),
              localDay(at, timeZone),
            ]);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it("know days of 23 and 25 hours, and a midnight that comes twice or not at all", () => {
    const hours = (timeZone: string, at: string): [string, number] => {
      const [day] = all("day", timeZone, Date.parse(at), Date.parse(at) + 1);
      return [new Date(day?.from ?? 0).toISOString(), ((day?.until ?? 0) - (day?.from ?? 0)) / HOUR_MS];
    };
    expect(hours("Europe/Berlin", "2027-03-28T12:00Z")).toEqual(["2027-03-27T23:00:00.000Z", 23]);
    expect(hours("Europe/Berlin", "2027-10-31T12:00Z")).toEqual(["2027-10-30T22:00:00.000Z", 25]);
    expect(hours("America/Havana", "2026-11-01T12:00Z")).toEqual(["2026-11-01T04:00:00.000Z", 25]);
    expect(hours("America/Havana", "2026-03-08T12:00Z")).toEqual(["2026-03-08T05:00:00.000Z", 23]);
    expect(hours("Australia/Lord_Howe", "2027-04-04T03:00Z")).toEqual(["2027-04-03T13:00:00.000Z", 24.5]);
  });

  it("leave out a day that a zone has skipped", () => {
    const days = all("day", "Pacific/Apia", Date.parse("2011-12-29T12:00Z"), Date.parse("2012-01-01T12:00Z"));
    expect(days.map(({ label }) => label)).toEqual(["2011-12-29", "2011-12-31", "2012-01-01", "2012-01-02"]);
  });

  it("name themselves as calendars do", () => {
    const label = (interval: Interval, timeZone: string, at: string): string | undefined =>
      all(interval, timeZone, Date.parse(at), Date.parse(at) + 1)[0]?.label;
    expect(label("hour", "Europe/Berlin", "2027-03-01T07:59:59Z")).toBe("2027-03-01T08:00+01:00");
    expect(label("hour", "Asia/Kathmandu", "2027-03-01T07:59:59Z")).toBe("2027-03-01T13:00+05:45");
    expect(label("hour", "America/St_Johns", "2027-03-01T07:59:59Z")).toBe("2027-03-01T04:00-03:30");
    expect(label("hour", "UTC", "2027-03-01T07:59:59Z")).toBe("2027-03-01T07:00Z");
    expect(label("week", "Asia/Tokyo", "2027-01-03T14:59:59Z")).toBe("2026-W53");
    expect(label("week", "Asia/Tokyo", "2027-01-03T15:00:00Z")).toBe("2027-W01");
    expect(label("month", "America/Los_Angeles", "2027-03-01T07:59:59Z")).toBe("2027-02");
  });

  it("begin weeks on Monday or on Sunday, in every zone and over every change of its clocks", () => {
    const weekdayOf = (at: number, timeZone: string): string =>
      new Intl.DateTimeFormat("en", { weekday: "long", timeZone }).format(at).toLowerCase();
    fc.assert(
      fc.property(
        fc.constantFrom(...ODD_ZONES),
        fc.constantFrom(...WEEK_STARTS),
        fc.date({
          min: new Date("1980-02-01T00:00:00Z"),
          max: new Date("2040-01-01T00:00:00Z"),
          noInvalidDate: true,
        }),
        (timeZone, weekStart, date) => {
          const [from, until] = [date.getTime(), date.getTime() + 30 * DAY_MS];
          const weeks = [...timeBuckets({ interval: "week", timeZone, from, until, weekStart })];
          expectPartition(weeks, from, until);
          for (const week of weeks) {
            expect(weekdayOf(week.from, timeZone)).toBe(weekStart);
            const local = localDay(week.from, timeZone);
            if (weekStart === "sunday") expect(week.label).toBe(`${local}/P7D`);
            else expect(week.label).toMatch(/^\d{4}-W\d\d$/);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("cut the hour in which Lord Howe Island moves its clocks by half of one", () => {
    const from = Date.parse("2027-04-03T13:30:00Z");
    const hours = all("hour", "Australia/Lord_Howe", from, from + 3 * HOUR_MS);
    expect(hours.map((hour) => (hour.until - hour.from) / 60_000)).toContain(30);
  });
});
