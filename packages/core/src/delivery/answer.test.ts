import { ChannelError } from "@campaignkit/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isStorable } from "../kernel/text.ts";
import { certainFailureOf, errorText, keptReceipt, restAskedBy } from "./answer.ts";

describe("what a channel answered", () => {
  it("CHN-8: is kept as the databases can hold it, whatever a receipt says", () => {
    expect(keptReceipt({ externalId: "250 2.0.0 Ok", url: "https://n.example/1", costMicros: 7.2 })).toEqual({
      externalId: "250 2.0.0 Ok",
      url: "https://n.example/1",
      costMicros: 8,
    });
    const nothing = { externalId: null, url: null, costMicros: 0 };
    for (const answer of [undefined, null, 7, "ok", {}, { externalId: 5, url: {}, costMicros: "1" }])
      expect(keptReceipt(answer)).toEqual(nothing);
    for (const costMicros of [-7, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60])
      expect(keptReceipt({ externalId: null, costMicros })).toEqual(nothing);
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 3_000 }), (text) => {
        expect(isStorable(keptReceipt({ externalId: text }).externalId ?? "")).toBe(true);
        expect(isStorable(errorText(new Error(text)))).toBe(true);
      }),
    );
  });

  it("CHN-8: an error that can't be printed, or is cut within a character, is one that can be written down", () => {
    expect(errorText(Object.create(null))).toBe("an error that can't be printed");
    expect(isStorable(errorText(new Error(`${"x".repeat(499)}🙂`)))).toBe(true);
    expect(errorText(new Error("a\u0000b"))).toBe("a\ufffdb");
  });

  it("CHN-8: only a failure of a known kind that promises it says that nothing went out", () => {
    const failure = { kind: "transient", outcome: "not-sent", message: "busy" } as const;
    expect(certainFailureOf(new ChannelError(failure))).toEqual({ kind: "transient", restMs: null });
    expect(certainFailureOf(new ChannelError({ ...failure, outcome: "unknown" }))).toBeNull();
    expect(certainFailureOf(new ChannelError({ ...failure, kind: "tired" as "transient" }))).toBeNull();
    expect(certainFailureOf(new TypeError("fetch failed"))).toBeNull();
  });

  it("CHN-9: a rest that makes no sense is none, one of no length is a second (agent-twitter-client#68)", () => {
    const asks = (retryAfterMs: number) =>
      restAskedBy(
        new ChannelError({ kind: "rate-limited", outcome: "not-sent", retryAfterMs, message: "429" }),
      );
    expect([0, -5, 90_000, 10 ** 12, Number.NaN].map(asks)).toEqual([1_000, 1_000, 90_000, 86_400_000, null]);
    expect(restAskedBy(new Error("no"))).toBeNull();
  });
});
