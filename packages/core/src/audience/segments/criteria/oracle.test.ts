import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import fc from "fast-check";
import { sql } from "kysely";
import { expect, it } from "vitest";
import { attributeTypes } from "../../attributes/store.ts";
import { consentsOf } from "../../consents/store.ts";
import { contactPage } from "../../contacts/store.ts";
import { writeContacts } from "../../contacts/write.ts";
import { openShop } from "../../open-shop.fixture.ts";
import { contactsMeeting } from "../evaluate.ts";
import { ATTRIBUTES, contactInputs, criteriaTrees } from "./arbitrary.fixture.ts";
import { type CriteriaSubject, matches } from "./matches.ts";
import { readCriteria } from "./parse.ts";

const CONTACTS = 40;
const TREES = 600;

describeEachDatabase("criteria", (database) => {
  it("AUD-2: the compiled query and the evaluation in memory agree on random trees and contacts", async () => {
    const { kit, shop, scope, time } = await openShop(database);
    for (const [name, type] of Object.entries(ATTRIBUTES)) await shop.attributes.define({ name, type });
    const inputs = fc.sample(
      fc.tuple(...Array.from({ length: CONTACTS }, (_, index) => contactInputs(index))),
      1,
    )[0];
    if (inputs === undefined) throw new Error("No sample.");
    const { results } = await scope.write("audience:write", (unit) => writeContacts(unit, inputs, {}));
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(["created"]));
    const ids = results.flatMap((result) => (result.outcome === "created" ? [result.contactId] : []));
    const odd = await shop.segments.create({ kind: "static", name: "odd" });
    const rest = await shop.segments.create({ kind: "static", name: "rest" });
    await shop.segments.addMembers(
      odd.id,
      ids.filter((_, index) => index % 2 === 1),
    );
    await shop.segments.addMembers(rest.id, ids.slice(10));
    const erased = ids.at(-1) ?? "";

    const { types, subjects, now } = await scope.read("audience:read", async (db) => {
      const consents = await consentsOf(db, "shop", ids);
      const records = await contactPage(db, "shop", { after: null, limit: 100 });
      const known = records.map((record): CriteriaSubject & { id: string } => ({
        ...record,
        erasedAt: record.id === erased ? new Date(0) : null,
        consents: consents.get(record.id) ?? [],
        segmentIds: new Set([
          ...(ids.indexOf(record.id) % 2 === 1 ? [odd.id] : []),
          ...(ids.indexOf(record.id) >= 10 ? [rest.id] : []),
        ]),
      }));
      return { types: await attributeTypes(db, "shop"), subjects: known, now: time.now().getTime() };
    });
    // Erased by hand, values and all left in place: no criteria may reach it.
    await scope.write("audience:write", async ({ db }) => {
      await sql`update ck_contacts set erased_at = 1 where workspace_id = 'shop' and id = ${erased}`.execute(
        db,
      );
    });

    await fc.assert(
      fc.asyncProperty(criteriaTrees([odd.id, rest.id]), async (tree) => {
        const reading = readCriteria(tree, { types, segments: new Set([odd.id, rest.id]) });
        if (reading.outcome === "refused") throw new Error(JSON.stringify(reading.issues));
        const { criteria } = reading;
        const found = await scope.read("audience:read", async (db) => {
          const from = contactsMeeting({ db, workspaceId: "shop", now }, { criteria, types });
          return (await sql<{ id: string }>`select c.id from ${from} order by c.id`.execute(db)).rows;
        });
        const expected = subjects.filter((subject) => matches(criteria, subject, { types, now }));
        expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      }),
      { numRuns: TREES },
    );
    await kit.stop();
  });
});
