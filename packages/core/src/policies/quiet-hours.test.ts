import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wallClockAt } from "../math/time-zone.ts";
import { quietFrom, quietHoursSchema, quietUntil } from "./quiet-hours.ts";

const NIGHT = { from: "21:00", to: "08:00" };
const at = (text: string) => Date.parse(text);
const until = (text: string, zone: string, ...rules: { from: string; to: string }[]) => {
  const end = quietUntil(at(text), zone, rules);
  return end === null ? null : new Date(end).toISOString();
};

describe("quiet hours", () => {
  it("CHN-9: end in the morning of the zone", () => {
    expect(until("2027-02-10T19:59:59.999Z", "Europe/Berlin", NIGHT)).toBe("2027-02-10T19:59:59.999Z");
    expect(until("2027-02-10T20:00:00Z", "Europe/Berlin", NIGHT)).toBe("2027-02-11T07:00:00.000Z");
    expect(until("2027-02-11T03:12:34Z", "Europe/Berlin", NIGHT)).toBe("2027-02-11T07:00:00.000Z");
    expect(until("2027-02-11T03:12:34Z", "Asia/Kathmandu", NIGHT)).toBe("2027-02-11T03:12:34.000Z");
    expect(until("2027-02-11T13:30:00Z", "America/New_York", { from: "08:00", to: "09:15" })).toBe(
      "2027-02-11T14:15:00.000Z",
    );
  });

  it("SCH-8: a night in which clocks are moved ends when they show its end", () => {
    expect(until("2027-03-27T22:00:00Z", "Europe/Berlin", NIGHT)).toBe("2027-03-28T06:00:00.000Z");
    expect(until("2027-10-30T22:00:00Z", "Europe/Berlin", NIGHT)).toBe("2027-10-31T07:00:00.000Z");
    // Half past two does not exist on that day: the quiet is over when the clocks jump past it.
    expect(until("2027-03-28T00:00:00Z", "Europe/Berlin", { from: "23:00", to: "02:30" })).toBe(
      "2027-03-28T01:00:00.000Z",
    );
    // It exists twice: after the first it is quiet once more.
    const twice = { from: "23:00", to: "02:30" };
    expect(until("2027-10-30T23:00:00Z", "Europe/Berlin", twice)).toBe("2027-10-31T00:30:00.000Z");
    expect(until("2027-10-31T01:00:00Z", "Europe/Berlin", twice)).toBe("2027-10-31T01:30:00.000Z");
  });

  it("CHN-9: several rules hold together, and a day that they cover has no end", () => {
    expect(
      until("2027-02-10T20:00:00Z", "UTC", { from: "20:00", to: "22:00" }, { from: "21:00", to: "06:00" }),
    ).toBe("2027-02-11T06:00:00.000Z");
    expect(
      until("2027-02-10T20:00:00Z", "UTC", { from: "20:00", to: "08:00" }, { from: "07:00", to: "21:00" }),
    ).toBeNull();
  });

  it("CHN-9: are found as a walk over the minutes finds them, in any zone and season", () => {
    const zones = [
      "UTC",
      "Europe/Berlin",
      "America/New_York",
      "Australia/Lord_Howe",
      "Asia/Kathmandu",
      "America/Havana",
    ];
    const minute = fc.integer({ min: 0, max: 1439 });
    const text = (minutes: number) => new Date(minutes * 60_000).toISOString().slice(11, 16);
    const changes = [
      "2027-03-14T05:00Z",
      "2027-03-28T00:00Z",
      "2027-04-03T14:00Z",
      "2027-10-31T00:00Z",
      "2027-11-07T05:00Z",
    ].map(at);
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...changes),
        fc.integer({ min: -1_440, max: 1_440 }),
        minute,
        minute,
        (zone, change, shift, first, last) => {
          fc.pre(first !== last);
          const hours = { from: text(first), to: text(last) };
          const quiet = (instant: number) => {
            const time = Math.floor(wallClockAt(instant, zone) / 60_000) % 1_440;
            return first < last ? time >= first && time < last : time >= first || time < last;
          };
          const start = change + shift * 60_000;
          let end = start;
          while (quiet(end)) end += 60_000;
          expect(quietUntil(start, zone, [hours])).toBe(end);
          let next = start;
          while (!quiet(next)) next += 60_000;
          expect(quietFrom(start, zone, [hours])).toBe(next);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    { from: "24:00", to: "08:00" },
    { from: "9:00", to: "10:00" },
    { from: "09:00", to: "09:00" },
  ])("CHN-9: %j is refused", (hours) => expect(quietHoursSchema.safeParse(hours).success).toBe(false));
});
