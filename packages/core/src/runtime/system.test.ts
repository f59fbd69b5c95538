import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { systemRuntime } from "./system.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("sleeps as long as it is told, also beyond what a timer holds, and not at all when told to leave", async () => {
  const { clock } = systemRuntime();
  const woken: string[] = [];
  const fortyDays = 40 * 86_400_000;
  void clock.sleep(fortyDays).then(() => woken.push("forty days"));
  void clock.sleep(1_000).then(() => woken.push("a second"));
  const leave = new AbortController();
  void clock.sleep(fortyDays, leave.signal).then(() => woken.push("left"));
  await clock.sleep(1_000, AbortSignal.abort());
  await vi.advanceTimersByTimeAsync(2_000);
  expect(woken).toEqual(["a second"]);
  leave.abort();
  await vi.advanceTimersByTimeAsync(0);
  expect(woken).toEqual(["a second", "left"]);
  await vi.advanceTimersByTimeAsync(fortyDays - 3_000);
  expect(woken).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(woken).toEqual(["a second", "left", "forty days"]);
  expect(vi.getTimerCount()).toBe(0);
});

it("gives ids that sort in their order, and chance within its bounds", () => {
  const { ids, random } = systemRuntime();
  const made = Array.from({ length: 1_000 }, () => ids.next());
  expect([...made].sort()).toEqual(made);
  expect(new Set(made).size).toBe(1_000);
  for (let n = 0; n < 1_000; n++) {
    const chance = random.next();
    expect(chance).toBeGreaterThanOrEqual(0);
    expect(chance).toBeLessThan(1);
  }
  expect(random.bytes(32)).toHaveLength(32);
});

it("takes the host's parts in place of its own", () => {
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  expect(systemRuntime({ logger }).logger).toBe(logger);
});
