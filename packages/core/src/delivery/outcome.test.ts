import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChannelError, type ChannelFailureKind } from "../ports/errors.ts";
import type { UnknownPolicy } from "./delivery.ts";
import { type AttemptContext, MAX_ATTEMPTS, MAX_RETRY_MS, settlementOf } from "./outcome.ts";

const KINDS = [
  "transient",
  "rate-limited",
  "auth",
  "rejected-content",
  "rejected-recipient",
  "unsupported",
] as const;
const POLICIES: readonly UnknownPolicy[] = ["hold", "retry", "idempotent", "lookup"];

const failed = (kind: ChannelFailureKind, outcome: "not-sent" | "unknown", retryAfterMs?: number) =>
  ({
    kind: "error",
    error: new ChannelError({
      kind,
      outcome,
      message: "No.",
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    }),
  }) as const;

const at = (attempts: number, policy: UnknownPolicy, chance = 0.5, retryBaseMs = 30_000): AttemptContext => ({
  policy,
  attempts,
  chance,
  retryBaseMs,
});

describe("settlementOf", () => {
  it("CHN-7: never sends again by itself when the outcome is unknown and the policy is hold", () => {
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), fc.integer({ min: 1, max: MAX_ATTEMPTS }), (kind, attempts) => {
        expect(settlementOf(failed(kind, "unknown"), at(attempts, "hold")).to).toBe("uncertain");
      }),
    );
  });

  it("CHN-7: takes an error that is no channel error for an unknown outcome", () => {
    expect(settlementOf({ kind: "error", error: new TypeError("bug") }, at(1, "hold", 0))).toMatchObject({
      to: "uncertain",
    });
  });

  it("CHN-8: a rate limit is a delay, not an outcome: it counts as no attempt and slows the channel", () => {
    const settlement = settlementOf(failed("rate-limited", "not-sent", 7_000), at(MAX_ATTEMPTS, "hold"));
    expect(settlement).toMatchObject({ to: "pending", afterMs: 7_000, slowMs: 7_000, counts: false });
  });

  it("CHN-8: a broken account holds the post and fails nobody", () => {
    expect(settlementOf(failed("auth", "not-sent"), at(1, "hold"))).toMatchObject({
      to: "pending",
      hold: "auth",
      counts: false,
    });
  });

  it.each(["rejected-content", "rejected-recipient", "unsupported"] as const)(
    "CHN-8: %s fails at once, with its reason",
    (kind) => {
      expect(settlementOf(failed(kind, "not-sent"), at(1, "retry"))).toMatchObject({
        to: "failed",
        reason: kind,
      });
    },
  );

  it("CHN-8: gives up after the last attempt: failed when surely not sent, uncertain when not known", () => {
    for (const policy of POLICIES) {
      expect(settlementOf(failed("transient", "not-sent"), at(MAX_ATTEMPTS, policy))).toMatchObject({
        to: "failed",
        reason: "attempts-exhausted",
      });
      expect(settlementOf(failed("transient", "unknown"), at(MAX_ATTEMPTS, policy)).to).toBe("uncertain");
    }
  });

  it("waits longer with each attempt, and never less than half the nominal wait", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: MAX_ATTEMPTS - 1 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempts, chance) => {
          const settlement = settlementOf(failed("transient", "not-sent"), at(attempts, "hold", chance));
          expect(settlement.to).toBe("pending");
          if (settlement.to === "pending")
            expect(settlement.afterMs).toBeGreaterThanOrEqual(15_000 * 2 ** (attempts - 1) - 1);
        },
      ),
    );
  });

  it("CHN-8: waits by the host's base, doubled with each attempt, and never longer than an hour", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: MAX_ATTEMPTS - 1 }),
        fc.integer({ min: 1_000, max: MAX_RETRY_MS }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempts, baseMs, chance) => {
          const settlement = settlementOf(
            failed("transient", "not-sent"),
            at(attempts, "hold", chance, baseMs),
          );
          const nominal = Math.min(MAX_RETRY_MS, baseMs * 2 ** (attempts - 1));
          if (settlement.to !== "pending") throw new Error(`It is ${settlement.to}.`);
          expect(settlement.afterMs).toBeGreaterThanOrEqual(Math.floor(nominal / 2));
          expect(settlement.afterMs).toBeLessThanOrEqual(nominal);
        },
      ),
    );
  });
});
