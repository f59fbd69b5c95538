import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import fc from "fast-check";
import { sql } from "kysely";
import { expect, it } from "vitest";
import { attributeTypes } from "../attributes/store.ts";
import { consentsOf } from "../consents/store.ts";
import { contactPage } from "../contacts/store.ts";
import { openShop } from "../open-shop.fixture.ts";
import { ATTRIBUTES, contactInputs, criteriaTrees } from "./criteria/arbitrary.fixture.ts";
import type { Criteria } from "./criteria/criteria.ts";
import { matches } from "./criteria/matches.ts";
import { readCriteria } from "./criteria/parse.ts";
import { usesOf } from "./criteria/uses.ts";

type Opened = Awaited<ReturnType<typeof openShop>>;
const PEOPLE = 12;

/** One random thing that a host does. Numbers pick contacts and segments among those there are. */
type Step =
  | { readonly do: "upsert"; readonly who: number; readonly seed: number }
  | { readonly do: "consent"; readonly who: number; readonly granted: boolean }
  | { readonly do: "add" | "remove"; readonly who: readonly number[] }
  | { readonly do: "delete" | "erase"; readonly who: number }
  | { readonly do: "merge"; readonly who: number; readonly other: number }
  | { readonly do: "criteria"; readonly which: number; readonly seed: number }
  | { readonly do: "refresh"; readonly which: number }
  | { readonly do: "work" };

const who = fc.nat(PEOPLE - 1);
const seed = fc.nat(1_000_000);
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("upsert" as const), who, seed }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("consent" as const), who, granted: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("add" as const, "remove" as const),
      who: fc.array(who, { maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("delete" as const, "erase" as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("merge" as const), who, other: who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("criteria" as const), which: fc.nat(1), seed }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("refresh" as const), which: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("work" as const) }) },
);

const drawn = <T>(arbitrary: fc.Arbitrary<T>, from: number): T => {
  const [value] = fc.sample(arbitrary, { numRuns: 1, seed: from });
  if (value === undefined) throw new Error("A sample has one value.");
  return value;
};

async function take(
  step: Step,
  { shop, time, kit }: Opened,
  statics: string,
  dynamics: readonly string[],
): Promise<void> {
  const people = (await shop.contacts.list({ limit: 100 })).items.map(({ id }) => id);
  const person = (n: number): string | undefined => people[n % Math.max(1, people.length)];
  const one = "who" in step && typeof step.who === "number" ? person(step.who) : undefined;
  switch (step.do) {
    case "upsert":
      await shop.contacts.upsert(
        { ...drawn(contactInputs(step.who), step.seed), externalId: `u${step.who}` },
        { onConflict: "merge" },
      );
      return;
    case "consent":
      if (one !== undefined)
        await shop.consents.set(one, {
          channel: "email",
          state: step.granted ? "granted" : "withdrawn",
          source: "test",
        });
      return;
    case "add":
    case "remove": {
      const ids = step.who.flatMap((n) => person(n) ?? []);
      await (step.do === "add"
        ? shop.segments.addMembers(statics, ids)
        : shop.segments.removeMembers(statics, ids));
      return;
    }
    case "delete":
    case "erase":
      if (one !== undefined)
        await (step.do === "delete" ? shop.contacts.delete(one) : shop.contacts.erase(one));
      return;
    case "merge": {
      const other = person(step.other);
      if (one !== undefined && other !== undefined && one !== other)
        await shop.contacts.merge({ into: one, from: other });
      return;
    }
    case "criteria": {
      const id = dynamics[step.which] ?? "";
      const { version } = await shop.segments.get(id);
      // The second looks at the first; the first only at the static one, so that they never go in a circle.
      const members = step.which === 0 ? [statics] : [statics, dynamics[0] ?? ""];
      await shop.segments.update(id, {
        version,
        criteria: timeless(drawn(criteriaTrees(members), step.seed)),
      });
      return;
    }
    case "refresh":
      await shop.segments.refresh(dynamics[step.which] ?? "");
      return;
    case "work":
      await time.settle(kit);
  }
}

/** Criteria that look at times would see those of rows, which the engine sets. */
function timeless(criteria: Criteria): Criteria {
  if (criteria.type === "and" || criteria.type === "or")
    return { ...criteria, of: criteria.of.map(timeless) };
  if (criteria.type === "not") return { ...criteria, of: timeless(criteria.of) };
  return criteria.type === "field" && (criteria.field === "createdAt" || criteria.field === "updatedAt")
    ? { type: "everyone" }
    : criteria;
}

async function membersOf({ shop }: Opened, segmentId: string): Promise<readonly string[]> {
  const { items } = await shop.segments.members(segmentId, { limit: 500 });
  expect((await shop.segments.get(segmentId)).memberCount).toBe(items.length);
  return items.map(({ id }) => id);
}

/** Who should be in a segment, by the evaluation in memory. */
async function expected(
  opened: Opened,
  segmentId: string,
  segments: readonly string[],
): Promise<readonly string[]> {
  const { criteria } = await opened.shop.segments.get(segmentId);
  if (criteria === null) throw new Error("The segment is dynamic.");
  const members = new Map<string, ReadonlySet<string>>();
  for (const id of segments) members.set(id, new Set(await membersOf(opened, id)));
  return opened.scope.read("audience:read", async (db) => {
    const records = await contactPage(db, "shop", { after: null, limit: 500 });
    const consents = await consentsOf(
      db,
      "shop",
      records.map(({ id }) => id),
    );
    const types = await attributeTypes(db, "shop");
    const now = opened.time.now().getTime();
    expect(readCriteria(criteria, { types, segments: usesOf(criteria).segments })).toMatchObject({
      outcome: "read",
    });
    return records
      .filter((record) =>
        matches(
          criteria,
          {
            ...record,
            consents: consents.get(record.id) ?? [],
            segmentIds: new Set(segments.filter((id) => members.get(id)?.has(record.id))),
          },
          { types, now },
        ),
      )
      .map(({ id }) => id);
  });
}

describeEachDatabase("segments as a model", (database, family) => {
  it("AUD-3: after any changes, following, evaluating anew and the evaluation in memory agree, and counts are right", async () => {
    const opened = await openShop(database);
    const { shop, time, kit, scope } = opened;
    for (const [name, type] of Object.entries(ATTRIBUTES)) await shop.attributes.define({ name, type });
    const statics = (await shop.segments.create({ kind: "static", name: "static" })).id;
    const pro = { type: "attribute", name: "plan", test: { is: "equals", value: "pro" } } as const;
    const first = (await shop.segments.create({ kind: "dynamic", name: "first", criteria: pro })).id;
    const second = (
      await shop.segments.create({
        kind: "dynamic",
        name: "second",
        criteria: { type: "not", of: { type: "member", segmentId: first } },
      })
    ).id;
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 15 }), async (taken) => {
        for (const step of taken) await take(step, opened, statics, [first, second]);
        await time.settle(kit);
        for (const id of [first, second]) {
          const followed = await membersOf(opened, id);
          expect(followed).toEqual(await expected(opened, id, [statics, first]));
          expect(await shop.segments.refresh(id)).toEqual({ joined: 0, left: 0 });
          expect(await shop.segments.size(id)).toBe(followed.length);
        }
        await membersOf(opened, statics);
      }),
      { numRuns: family === "sqlite" ? 60 : 25 },
    );
    const { rows } = await scope.read("audience:read", (db) =>
      sql`select m.contact_id from ck_segment_members as m where not exists (
        select 1 from ck_contacts as c where c.workspace_id = m.workspace_id and c.id = m.contact_id and c.erased_at is null)`.execute(
        db,
      ),
    );
    expect(rows).toEqual([]);
    await kit.stop();
  });
});
