import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";
import type { Loop } from "../kernel/loop.ts";
import { Runner } from "./runner.ts";

/** A loop that counts its rounds and does what it is told. */
function counting(parts: Partial<Loop> & { readonly name: string }) {
  const state = { rounds: 0 };
  const loop: Loop = {
    nextDueAt: async () => null,
    ...parts,
    tick: async (signal) => {
      state.rounds += 1;
      return parts.tick?.(signal) ?? false;
    },
  };
  return { loop, state };
}

const turns = async (count = 5): Promise<void> => {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve));
};

it("wakes the loops that a topic concerns, and those that have none", async () => {
  const time = virtualTime();
  const jobs = counting({ name: "jobs", topic: "jobs" });
  const feed = counting({ name: "feed", topic: "feed" });
  const any = counting({ name: "any" });
  const runner = new Runner([jobs.loop, feed.loop, any.loop], time.runtime);
  runner.start();
  await turns();
  const rounds = () => [jobs, feed, any].map(({ state }) => state.rounds);
  expect(rounds()).toEqual([1, 1, 1]);
  runner.wake("jobs");
  await turns();
  expect(rounds()).toEqual([2, 1, 2]);
  runner.wake();
  await turns();
  expect(rounds()).toEqual([3, 2, 3]);
  await runner.stop();
});

it("does not miss a wake-up that comes while a round runs", async () => {
  const time = virtualTime();
  const gate = Promise.withResolvers<boolean>();
  let first = true;
  const loop = counting({
    name: "jobs",
    topic: "jobs",
    tick: () => {
      if (!first) return Promise.resolve(false);
      first = false;
      return gate.promise;
    },
  });
  const runner = new Runner([loop.loop], time.runtime);
  runner.start();
  await turns();
  runner.wake("jobs");
  gate.resolve(false);
  await turns();
  expect(loop.state.rounds).toBe(2);
  await runner.stop();
});

it("sleeps until the next work is due, and polls for what nobody announced", async () => {
  const time = virtualTime();
  const due = time.now().getTime() + 400;
  const soon = counting({ name: "soon", nextDueAt: async () => due });
  const idle = counting({ name: "idle" });
  const runner = new Runner([soon.loop, idle.loop], time.runtime);
  runner.start();
  await turns();
  time.pass("1s");
  await turns();
  expect(soon.state.rounds).toBeGreaterThan(1);
  expect(idle.state.rounds).toBe(2);
  await runner.stop();
});

it("rests when a round fails as a whole, says so, and goes on", async () => {
  const time = virtualTime();
  let broken = true;
  const loop = counting({
    name: "jobs",
    tick: async () => {
      if (broken) throw new Error("away");
      return false;
    },
  });
  const runner = new Runner([loop.loop], time.runtime);
  runner.start();
  await turns();
  expect(time.log).toMatchObject([{ level: "error", fields: { loop: "jobs", error: "Error: away" } }]);
  runner.wake();
  await turns();
  expect(loop.state.rounds).toBe(1);
  broken = false;
  time.pass("2s");
  await turns();
  expect(loop.state.rounds).toBe(2);
  await runner.stop();
});

it("ends when rounds and what they began have ended, and only then", async () => {
  const time = virtualTime();
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const loop = counting({
    name: "jobs",
    drained: async () => {
      await gate.promise;
      order.push("drained");
    },
  });
  const runner = new Runner([loop.loop], time.runtime);
  runner.start();
  await turns();
  const stopped = runner.stop().then(() => order.push("stopped"));
  await turns();
  expect(order).toEqual([]);
  gate.resolve();
  await stopped;
  expect(order).toEqual(["drained", "stopped"]);
  expect(runner.running).toBe(false);
});

it("does one round of all loops on demand, and tells the earliest that is due", async () => {
  const time = virtualTime();
  const at = time.now().getTime() + 5_000;
  const worked = counting({ name: "a", tick: async () => true, nextDueAt: async () => at + 1 });
  const idle = counting({ name: "b", nextDueAt: async () => at });
  const runner = new Runner([worked.loop, idle.loop], time.runtime);
  expect(await runner.tick()).toEqual({ worked: true, nextDueAt: new Date(at) });
  expect(await new Runner([counting({ name: "c" }).loop], time.runtime).tick()).toEqual({
    worked: false,
    nextDueAt: null,
  });
});
