import { expect, it } from "vitest";
import { drawBehaviour } from "./behaviour.ts";

const everybody = Array.from({ length: 4_000 }, (_, n) => drawBehaviour(1, `p${n}@mail.test`));
const share = (some: readonly unknown[], all: readonly unknown[]): number => some.length / all.length;

it("is a person's own: the same for the same seed, however the address is spelled", () => {
  expect(drawBehaviour(1, "P7@mail.test")).toEqual(everybody[7]);
  const others = everybody.filter((behaviour, n) => {
    const again = drawBehaviour(2, `p${n}@mail.test`);
    return again.opens !== behaviour.opens;
  });
  expect(share(others, everybody)).toBeGreaterThan(0.3);
});

it("follows the order of things: only who opens clicks, only who clicks orders", () => {
  expect(everybody.filter(({ opens, clicks }) => !opens && clicks.length > 0)).toEqual([]);
  expect(everybody.filter(({ clicks, orderCents }) => clicks.length === 0 && orderCents !== null)).toEqual(
    [],
  );
});

it("has machines between: some providers scan, Gmail and Apple load the images", () => {
  expect(
    share(
      everybody.filter(({ scanner }) => scanner !== null),
      everybody,
    ),
  ).toBeCloseTo(0.11, 1);
  expect(new Set(everybody.map(({ scanner }) => scanner))).toEqual(
    new Set([null, "head", "named", "disguised"]),
  );
  expect(new Set(everybody.map(({ images }) => images))).toEqual(new Set(["own", "gmail", "apple"]));
});

it("is as lively as newsletters are", () => {
  const openers = everybody.filter(({ opens }) => opens);
  const clickers = openers.filter(({ clicks }) => clicks.length > 0);
  expect(share(openers, everybody)).toBeCloseTo(0.46, 1);
  expect(share(clickers, openers)).toBeCloseTo(0.34, 1);
  for (const { orderCents } of everybody) {
    if (orderCents === null) continue;
    expect(orderCents).toBeGreaterThanOrEqual(1_490);
    expect(orderCents).toBeLessThanOrEqual(18_990);
  }
});
