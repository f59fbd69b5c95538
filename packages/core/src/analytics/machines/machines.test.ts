import { DEFAULT_MACHINE_RULES } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import fc from "fast-check";
import { expect, it } from "vitest";
import { judge } from "./judge.ts";
import { KEPT_PER_MESSAGE } from "./judge-new.ts";
import {
  BROWSER,
  contactId,
  judgedRequest,
  type MadeRequest,
  openJudged,
  requestEvent,
} from "./judged.fixture.ts";
import { machineRules } from "./rules.ts";

const idOf = (request: MadeRequest): string => requestEvent(request).id;

/** What all requests come to when they are judged together. */
function expected(
  requests: readonly MadeRequest[],
  rules = DEFAULT_MACHINE_RULES,
): ReadonlyMap<string, string | null> {
  const distinct = [...new Map(requests.map((request) => [idOf(request), request])).values()];
  const byDelivery = Map.groupBy(distinct, ({ delivery }) => delivery);
  return new Map(
    [...byDelivery.values()].flatMap((of) =>
      [...judge(of.map(judgedRequest), { links: 0, personal: true }, rules)].map(
        ([id, { machine }]) => [id, machine] as const,
      ),
    ),
  );
}

const aRequest: fc.Arbitrary<MadeRequest> = fc.record({
  delivery: fc.integer({ min: 1, max: 3 }),
  after: fc
    .constantFrom(0, 200, 900, 2_500, 4_000, 9_000, 3_600_000)
    .chain((base) => fc.integer({ min: 0, max: 400 }).map((more) => base + more)),
  link: fc.constantFrom(null, "a", "b", "c", "d", "0000000000000000"),
  userAgent: fc.constantFrom(null, BROWSER, BROWSER, "Mimecast"),
});

const OTHER_RULES = machineRules({
  burst: { links: 2, withinMs: 3_000 },
  unopenedBurst: null,
  agents: [],
  honeypotMs: 0,
});

describeEachDatabase("telling machines from people", (database, family) => {
  it("CHN-11, ANA-13, I9: in any order, late and twice, requests come to the same verdicts, and sums equal a recount; so again after other rules", async () => {
    const { kit, record, verify, machines, workspace, sums } = openJudged(await database());
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(aRequest, { maxLength: 6 }), { maxLength: 5 }), async (batches) => {
        run += 1;
        const name = `shop-${run}`;
        for (const batch of [...batches, ...batches.slice(0, 1)]) await record(batch, name);
        const all = batches.flat();
        expect(new Map([...(await machines(name))].sort())).toEqual(new Map([...expected(all)].sort()));
        expect(await verify(name)).toMatchObject({ exact: true, differences: [] });
        const before = await sums(name);

        const other = await workspace(name).events.reclassify({ rules: OTHER_RULES });
        expect(new Map([...(await machines(name))].sort())).toEqual(
          new Map([...expected(all, OTHER_RULES)].sort()),
        );
        expect(await verify(name)).toMatchObject({ exact: true, differences: [] });
        expect(other.judged).toBe(new Set(all.map(idOf)).size);

        const back = await workspace(name).events.reclassify();
        expect([back.toMachine, back.toPerson]).toEqual([other.toPerson, other.toMachine]);
        expect(await sums(name)).toEqual(before);
      }),
      { numRuns: family === "sqlite" ? 120 : 40 },
    );
    await kit.stop();
  });

  it("CHN-11: a burst that shows itself with its third click takes back what the first two had counted", async () => {
    const { kit, record, verify, machines, shop } = openJudged(await database());
    const clicks = ["a", "b", "c"].map((link, n): MadeRequest => ({ delivery: 1, after: n * 300, link }));
    const person: MadeRequest = { delivery: 2, after: 100, link: "a" };
    await record([...clicks.slice(0, 1), person]);
    await record(clicks.slice(1, 2));
    expect([...(await machines()).values()]).toEqual([null, null, null]);
    const metrics = async () => (await shop.analytics.metrics()).rows[0]?.metrics;
    expect(await metrics()).toMatchObject({ clicks: 3, uniqueClicks: 2, machineClicks: 0 });
    await record(clicks.slice(2));
    expect(await metrics()).toMatchObject({ clicks: 1, uniqueClicks: 1, machineClicks: 3, engaged: 1 });
    expect((await shop.analytics.metrics({ includeMachines: true })).rows[0]?.metrics).toMatchObject({
      clicks: 4,
      uniqueClicks: 2,
      machineClicks: 3,
    });
    expect(await verify()).toMatchObject({ exact: true, events: 4 });
    // The days on which only machines came are still days on which something happened.
    const { points } = await shop.analytics.trends({ interval: "hour" });
    expect(points.map((point) => [point.metrics.clicks, point.metrics.machineClicks])).toEqual([[1, 3]]);
    await kit.stop();
  });

  it("CHN-11: an open that arrives late gives its reader's clicks back", async () => {
    const { kit, record, verify, machines } = openJudged(await database());
    const slow = ["a", "b", "c"].map(
      (link, n): MadeRequest => ({ delivery: 1, after: 10_000 + n * 2_000, link }),
    );
    await record(slow);
    expect(new Set((await machines()).values())).toEqual(new Set(["unopened-burst"]));
    await record([{ delivery: 1, after: 0, link: null }]);
    expect(new Set((await machines()).values())).toEqual(new Set([null]));
    expect(await verify()).toMatchObject({ exact: true, events: 4 });
    await kit.stop();
  });

  it("CHN-11: several processes that record parts of the same bursts at the same moment find them all", async () => {
    const shared = await database();
    const processes = Array.from({ length: 3 }, () => openJudged(shared));
    await processes[0]?.kit.migrate();
    const links = ["a", "b", "c"];
    for (let round = 0; round < 8; round++) {
      const deliveries = Array.from({ length: 20 }, (_, n) => round * 20 + n);
      await Promise.all(
        processes.map(({ record }, n) =>
          record(
            deliveries
              .map((delivery): MadeRequest => ({ delivery, after: n * 200, link: links[n] ?? "a" }))
              .toSorted((a, b) => (n === 1 ? b.delivery - a.delivery : a.delivery - b.delivery)),
          ),
        ),
      );
    }
    const verdicts = [...((await processes[0]?.machines()) ?? new Map()).values()];
    expect(verdicts).toHaveLength(480);
    expect(new Set(verdicts)).toEqual(new Set(["link-burst"]));
    expect(await processes[0]?.verify()).toMatchObject({ exact: true, events: 480 });
    for (const { kit } of processes) await kit.stop();
  });

  it("CHN-11: what is kept is bounded, and judged by page; the rest stays what it said itself", async () => {
    const { kit, record, kept, verify, shop } = openJudged(await database());
    const many = Array.from(
      { length: KEPT_PER_MESSAGE + 50 },
      (_, n): MadeRequest => ({ delivery: 1, after: n * 60_000, link: "a" }),
    );
    for (let start = 0; start < many.length; start += 70) await record(many.slice(start, start + 70));
    const others = Array.from(
      { length: 700 },
      (_, n): MadeRequest => ({ delivery: 2 + n, after: 0, link: "a" }),
    );
    await record(others);
    expect(await kept()).toHaveLength(KEPT_PER_MESSAGE + 700);
    const report = await shop.events.reclassify({
      rules: { agents: [{ reason: "firefox", contains: ["firefox"] }] },
    });
    expect(report).toMatchObject({
      judged: KEPT_PER_MESSAGE + 700,
      toMachine: KEPT_PER_MESSAGE + 700,
      toPerson: 0,
    });
    expect(await verify()).toMatchObject({ exact: true, events: 950 });
    const later = await shop.events.reclassify({ since: new Date("2027-03-01T08:00:00.001Z") });
    // Whole messages, of which one has later requests.
    expect(later).toMatchObject({
      judged: KEPT_PER_MESSAGE,
      toPerson: KEPT_PER_MESSAGE,
      version: DEFAULT_MACHINE_RULES.version,
    });
    expect(await verify()).toMatchObject({ exact: true });
    await kit.stop();
  });

  it("CHN-11: what was kept is forgotten by age; verdicts and sums stay, and nothing of it is judged again", async () => {
    const { kit, record, kept, verify, machines, shop } = openJudged(await database());
    const old = Array.from(
      { length: 1_200 },
      (_, n): MadeRequest => ({
        delivery: n,
        after: 0,
        link: "a",
        userAgent: n % 2 === 0 ? "Mimecast" : BROWSER,
      }),
    );
    await record([...old, { delivery: 1, after: 86_400_000, link: "b", userAgent: "Mimecast" }]);
    const before = await machines();
    expect(await shop.events.forgetRequests({ before: new Date("2027-03-02T08:00:00Z") })).toBe(1_200);
    expect(await shop.events.forgetRequests({ before: new Date("2027-03-02T08:00:00Z") })).toBe(0);
    expect((await kept()).map(({ link }) => link)).toEqual(["b"]);
    expect(await machines()).toEqual(before);
    expect(await shop.events.reclassify({ rules: { agents: [] } })).toMatchObject({ judged: 1, toPerson: 1 });
    expect(await verify()).toMatchObject({ exact: true, events: 1_201 });
    await kit.stop();
  });

  it("CHN-11, AUD-5: what a person's requests said is exported, and forgotten with the person; the verdict stays", async () => {
    const { kit, record, kept, machines, shop } = openJudged(await database());
    const { contact } = await shop.contacts.upsert({ externalId: "ann", email: "ann@example.com" });
    await record([
      { delivery: 1, after: 0, link: "a", userAgent: "Mimecast", network: "203.0.113.0/24" },
      { delivery: 2, after: 0, link: "a" },
    ]);
    await shop.plugins.probe.write("events:write", ({ db }) =>
      db
        .updateTable("ck_events")
        .set({ contact_id: contact.id })
        .where("contact_id", "=", contactId(1))
        .execute(),
    );
    const { items } = await shop.events.list({ contactId: contact.id });
    expect(items).toMatchObject([
      {
        machine: "scanner-mimecast",
        request: {
          method: "GET",
          userAgent: "Mimecast",
          network: "203.0.113.0/24",
          proxy: null,
          judgedBy: "1",
        },
      },
    ]);
    const { more } = await shop.contacts.exportContact(contact.id);
    expect(more["events"]).toMatchObject([{ request: { network: "203.0.113.0/24" } }]);
    await shop.contacts.erase(contact.id);
    expect((await kept()).map(({ user_agent }) => user_agent)).toEqual([BROWSER]);
    expect(await shop.events.reclassify({ rules: { agents: [] } })).toMatchObject({ judged: 1, toPerson: 0 });
    expect([...(await machines()).values()].sort()).toEqual([null, "scanner-mimecast"].sort());
    await kit.stop();
  });
});
