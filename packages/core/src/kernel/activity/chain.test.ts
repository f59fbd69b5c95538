import fc from "fast-check";
import { expect, it } from "vitest";
import { type ChainedFacts, canonicalJson, chainHash, GENESIS_HASH } from "./chain.ts";

const facts: ChainedFacts = {
  workspaceId: "shop",
  chainIndex: 1,
  seq: 1,
  position: 1,
  id: "0190b5a0-0000-7000-8000-000000000001",
  at: 1_800_000_000_000,
  actor: "ann",
  type: "member.set",
  subjectType: "member",
  subjectId: "bob",
  data: { member: "bob", role: "viewer" },
  before: null,
  after: { role: "viewer" },
};

it("gives the same text for the same JSON value, however its keys are ordered", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.infiniteStream(fc.nat()), (value, chance) => {
      const shuffled = (node: unknown): unknown => {
        if (Array.isArray(node)) return node.map(shuffled);
        if (typeof node !== "object" || node === null) return node;
        const entries = Object.entries(node).map(([key, field]) => [key, shuffled(field)] as const);
        return Object.fromEntries(entries.sort(() => (Number(chance.next().value) % 2) - 0.5));
      };
      expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

it("gives another hash for every other fact, and for another history", () => {
  const hash = chainHash(GENESIS_HASH, facts);
  const changes: Record<keyof ChainedFacts, unknown> = {
    workspaceId: "shop2",
    chainIndex: 2,
    seq: 2,
    position: 2,
    id: "0190b5a0-0000-7000-8000-000000000002",
    at: facts.at + 1,
    actor: "bob",
    type: "member.removed",
    subjectType: "post",
    subjectId: "ann",
    data: { member: "bob", role: "owner" },
    before: {},
    after: null,
  };
  for (const [fact, changed] of Object.entries(changes)) {
    expect(chainHash(GENESIS_HASH, { ...facts, [fact]: changed }), fact).not.toBe(hash);
  }
  expect(chainHash(hash, facts)).not.toBe(hash);
});

it("keeps neighbouring texts apart", () => {
  const a = chainHash(GENESIS_HASH, { ...facts, subjectType: "ab", subjectId: "c" });
  const b = chainHash(GENESIS_HASH, { ...facts, subjectType: "a", subjectId: "bc" });
  expect(a).not.toBe(b);
});

it("is what it was when the first log was sealed", () => {
  expect(chainHash(GENESIS_HASH, facts)).toBe(
    "fcf6eaf990dd33690337356742d3bd84d9334bfea8156356986af2cbe1eb082d",
  );
});
