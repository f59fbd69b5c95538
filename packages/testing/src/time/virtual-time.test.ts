import { expect, it } from "vitest";
import { virtualTime } from "./virtual-time.ts";

it("RUN-6: wakes sleepers at their instants, and leaves monotonic time alone when the wall clock jumps", async () => {
  const time = virtualTime({ startAt: new Date("2027-01-01T00:00:00Z") });
  const { clock } = time.runtime;
  const woken: string[] = [];
  const done = [
    clock.sleep(5_000).then(() => woken.push("5s")),
    clock.sleep(2_000).then(() => woken.push("2s")),
  ];
  time.jumpTo(new Date("2030-01-01T00:00:00Z"));
  await Promise.resolve();
  expect(woken).toEqual([]);
  expect(clock.monotonic()).toBe(0);
  time.pass("10s");
  await Promise.all(done);
  expect(woken).toEqual(["2s", "5s"]);
  expect(clock.monotonic()).toBe(10_000);
  expect(time.now()).toEqual(new Date("2030-01-01T00:00:10Z"));
});

it("RUN-6: wakes a sleeper at once when its signal aborts", async () => {
  const { clock } = virtualTime().runtime;
  const leave = new AbortController();
  const sleeping = clock.sleep(60_000, leave.signal);
  leave.abort();
  await sleeping;
  await clock.sleep(60_000, leave.signal);
  expect(clock.monotonic()).toBe(0);
});

it("RUN-6: repeats ids and chance for a seed", () => {
  const draw = (seed: number) => {
    const { ids, random } = virtualTime({ seed }).runtime;
    return [ids.next(), ids.next(), random.next(), [...random.bytes(4)]];
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  const [first = "", second = ""] = draw(7) as string[];
  expect(first < second).toBe(true);
});

it.each(["2 hours", "h", "-1s", Number.NaN])("refuses the duration %s", (text) => {
  expect(() => virtualTime().pass(text as never)).toThrow(RangeError);
});

it("RUN-6: says so when an engine finds work without end", async () => {
  const endless = { tick: async () => ({ worked: true, nextDueAt: null }) };
  await expect(virtualTime().settle(endless)).rejects.toThrow(/makes no progress/);
});
