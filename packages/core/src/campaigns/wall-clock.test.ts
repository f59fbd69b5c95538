import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planShift, shiftAlong } from "./wall-clock.ts";

const at = (text: string): number => Date.parse(text);
const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Asia/Kolkata",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "America/St_Johns",
  "Asia/Tehran",
  "Africa/Casablanca",
];

function moved(text: string, start: { from: string; to: string; zone: string }): string {
  const shift = planShift(
    { at: at(start.from), timeZone: start.zone },
    { at: at(start.to), timeZone: start.zone },
  );
  return new Date(shiftAlong(at(text), shift)).toISOString();
}

describe("moving plans in local time", () => {
  it("CAM-4: keeps the time of day across daylight saving", () => {
    const start = { from: "2027-01-04T08:00:00Z", to: "2027-07-05T07:00:00Z", zone: "Europe/Berlin" };
    expect(moved("2027-01-04T17:30:00Z", start)).toBe("2027-07-05T16:30:00.000Z");
    expect(moved("2027-02-01T08:00:00Z", start)).toBe("2027-08-02T07:00:00.000Z");
  });

  it("CAM-4: goes past a local time that does not exist, as far as the clocks go", () => {
    const start = { from: "2027-03-20T01:30:00Z", to: "2027-03-27T01:30:00Z", zone: "Europe/Berlin" };
    expect(moved("2027-03-21T01:30:00Z", start)).toBe("2027-03-28T01:30:00.000Z");
    const west = { from: "2027-03-06T07:30:00Z", to: "2027-03-13T07:30:00Z", zone: "America/New_York" };
    expect(moved("2027-03-07T07:30:00Z", west)).toBe("2027-03-14T07:30:00.000Z");
  });

  it("CAM-4: takes the first of two local times that are the same", () => {
    const start = { from: "2027-10-23T00:30:00Z", to: "2027-10-30T00:30:00Z", zone: "Europe/Berlin" };
    expect(moved("2027-10-24T00:30:00Z", start)).toBe("2027-10-31T00:30:00.000Z");
    const west = { from: "2027-10-30T05:30:00Z", to: "2027-11-06T05:30:00Z", zone: "America/New_York" };
    expect(moved("2027-10-31T05:30:00Z", west)).toBe("2027-11-07T05:30:00.000Z");
  });

  it("CAM-4: lands on the new start, in every zone", () => {
    const instant = fc.integer({ min: at("1975-01-01T00:00:00Z"), max: at("2090-01-01T00:00:00Z") });
    const zone = fc.constantFrom(...ZONES);
    fc.assert(
      fc.property(instant, instant, zone, zone, (from, to, fromTimeZone, toTimeZone) => {
        const shift = planShift({ at: from, timeZone: fromTimeZone }, { at: to, timeZone: toTimeZone });
        const landed = shiftAlong(from, shift);
        // Where the clocks show the start's time twice, it is the first of the two.
        expect(to - landed === 0 || (to - landed > 0 && to - landed <= 2 * 3_600_000)).toBe(true);
      }),
    );
  });

  it("CAM-4: keeps the distance of two instants but for what daylight saving takes or gives", () => {
    const instant = fc.integer({ min: at("2020-01-01T00:00:00Z"), max: at("2040-01-01T00:00:00Z") });
    fc.assert(
      fc.property(instant, instant, instant, fc.constantFrom(...ZONES), (from, to, later, timeZone) => {
        const shift = planShift({ at: from, timeZone }, { at: to, timeZone });
        const drift = shiftAlong(later, shift) - later - (to - from);
        expect(Math.abs(drift)).toBeLessThanOrEqual(3 * 3_600_000);
      }),
    );
  });
});
