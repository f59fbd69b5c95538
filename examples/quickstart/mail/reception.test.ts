import { expect, it } from "vitest";
import { answerTo, isKept } from "./reception.ts";

const addresses = Array.from({ length: 5_000 }, (_, n) => `person.${n}@mail.test`);

it("does not know about the share of mailboxes that it was told, and always the same ones", () => {
  const rules = { unknownPerMille: 11, greylisted: 0 };
  const unknown = addresses.filter((address) => answerTo(address, rules, new Set()) === "unknown");
  expect(unknown.length).toBeGreaterThan(30);
  expect(unknown.length).toBeLessThan(90);
  expect(answerTo((unknown[0] ?? "").toUpperCase(), rules, new Set())).toBe("unknown");
});

it("makes a few wait once, and takes them the next time", () => {
  const rules = { unknownPerMille: 0, greylisted: 3 };
  const waited = new Set<string>();
  const put = addresses.filter((address) => answerTo(address, rules, waited) === "wait");
  expect(put).toHaveLength(3);
  expect(put.map((address) => answerTo(address, rules, waited))).toEqual(["accept", "accept", "accept"]);
});

it("keeps the mail of a share of people, the same ones at any time", () => {
  expect(addresses.every((address) => isKept(address, 1))).toBe(true);
  expect(addresses.some((address) => isKept(address, 0))).toBe(false);
  const kept = addresses.filter((address) => isKept(address, 0.04));
  expect(kept.length).toBeGreaterThan(130);
  expect(kept.length).toBeLessThan(270);
  expect(kept.every((address) => isKept(address, 0.05))).toBe(true);
});
