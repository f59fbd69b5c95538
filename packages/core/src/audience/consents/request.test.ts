import fc from "fast-check";
import { expect, it } from "vitest";
import { requestState } from "./request.ts";

const instant = fc.integer({ min: 0, max: 1_000 });
const facts = fc.record({
  requestedAt: instant,
  expiresAt: instant,
  confirmedAt: fc.option(instant),
  sameAddress: fc.boolean(),
  consent: fc.option(
    fc.record({
      state: fc.constantFrom("granted" as const, "pending" as const, "withdrawn" as const),
      changedAt: instant,
    }),
  ),
});

it("CHN-12: a link is open only in time, once, for its own address, and never past a withdrawal", () => {
  fc.assert(
    fc.property(facts, instant, (given, now) => {
      if (requestState(given, now) !== "open") return;
      expect(given).toMatchObject({ sameAddress: true, confirmedAt: null });
      expect(now).toBeLessThan(given.expiresAt);
      if (given.consent?.state === "withdrawn")
        expect(given.consent.changedAt).toBeLessThan(given.requestedAt);
    }),
  );
});

it("CHN-12: it is said to be confirmed only while the consent stands", () => {
  fc.assert(
    fc.property(facts, instant, (given, now) => {
      const confirmed = requestState(given, now) === "confirmed";
      expect(confirmed).toBe(
        given.sameAddress && given.confirmedAt !== null && given.consent?.state === "granted",
      );
    }),
  );
});
