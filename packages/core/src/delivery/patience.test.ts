import { virtualTime } from "@campaignkit/testing";
import { describe, expect, it } from "vitest";
import { Patience } from "./patience.ts";

describe("Patience", () => {
  it("CHN-7: gives a call up whose time is up, with the outcome unknown, and aborts its signal", async () => {
    const time = virtualTime();
    const patience = new Patience(time.runtime.clock, 60_000);
    let aborted = false;
    const call = patience.bound((signal) => {
      signal.addEventListener("abort", () => {
        aborted = true;
      });
      return new Promise<never>(() => undefined);
    });
    const outcome = expect(call).rejects.toMatchObject({
      code: "CHANNEL_FAILED",
      details: { outcome: "unknown" },
    });
    await time.advance("59s");
    expect(aborted).toBe(false);
    await time.advance("1s");
    await outcome;
    expect(aborted).toBe(true);
  });

  it("passes on what a call gives or throws in time, and watches those that are still out", async () => {
    const time = virtualTime();
    const patience = new Patience(time.runtime.clock, 60_000);
    const slow = expect(patience.bound(() => new Promise<never>(() => undefined))).rejects.toMatchObject({
      code: "CHANNEL_FAILED",
    });
    await time.advance("30s");
    expect(await patience.bound(async () => 7)).toBe(7);
    await expect(patience.bound(async () => Promise.reject(new TypeError("bug")))).rejects.toThrow("bug");
    const late = expect(patience.bound(() => new Promise<never>(() => undefined))).rejects.toMatchObject({
      code: "CHANNEL_FAILED",
    });
    await time.advance("30s");
    await slow;
    await time.advance("30s");
    await late;
  });
});
