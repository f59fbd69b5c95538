import { createCampaignKit, definePlugin, type FunnelQuery, type Scope } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { virtualTime } from "@campaignkit/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { NewEvent } from "./event.ts";
import { recordEvents } from "./record.ts";

const START = Date.parse("2027-03-01T08:00:00Z");
const uuid = (n: number): string => `00000000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
type Stage = { readonly type: string; readonly channel?: string };

/** Every chain of events tried: how many stages one person reached. */
function reachedByHand(
  events: readonly NewEvent[],
  stages: readonly Stage[],
  span: { readonly withinMs: number; readonly from: number; readonly to: number },
): number {
  const stagesOf = (event: NewEvent): number[] =>
    stages.flatMap(({ type, channel }, i) =>
      event.type === type && (channel === undefined || event.channel === channel) ? [i] : [],
    );
  const lowest = (event: NewEvent): number => Math.min(...stagesOf(event));
  const ordered = events
    .filter((event) => stagesOf(event).length > 0)
    .sort((a, b) => a.at - b.at || lowest(a) - lowest(b) || (a.id < b.id ? -1 : 1));
  const walk = (position: number, stage: number, start: number): number => {
    let best = stage;
    for (let next = position; next < ordered.length; next++) {
      const event = ordered[next];
      if (event === undefined || !stagesOf(event).includes(stage)) continue;
      if (stage === 0 && (event.at < span.from || event.at >= span.to)) continue;
      const begun = stage === 0 ? event.at : start;
      if (event.at - begun <= span.withinMs) best = Math.max(best, walk(next + 1, stage + 1, begun));
    }
    return best;
  };
  return walk(0, 0, 0);
}

describeEachDatabase("funnel", (database, family) => {
  it("ANA-3: counts who went through the stages in order within the window, whichever start leads there", async () => {
    const time = virtualTime();
    const probe = definePlugin<Scope>({ id: "probe", workspace: (scope) => scope });
    const kit = createCampaignKit({
      storage: (await database()).connect(),
      channels: {},
      plugins: { probe },
      runtime: time.runtime,
    });
    const anEvent = fc.record({
      type: fc.constantFrom("sent", "open", "click", "conversion"),
      at: fc.integer({ min: 0, max: 12 }).map((minute) => START + minute * 60_000),
      channel: fc.constantFrom(null, "mail", "web"),
      contactId: fc.constantFrom(null, uuid(21), uuid(22), uuid(23)),
      machine: fc.constantFrom(null, null, null, "prefetch"),
    });
    const aStage: fc.Arbitrary<Stage> = fc.oneof(
      fc.constantFrom("sent", "open", "click", "conversion").map((type) => ({ type })),
      fc.constantFrom("open", "click").map((type) => ({ type, channel: "mail" })),
    );
    const aCase = fc.record({
      events: fc.array(anEvent, { maxLength: 25 }),
      stages: fc.array(aStage, { minLength: 1, maxLength: 4 }),
      minutes: fc.integer({ min: 0, max: 8 }),
      from: fc.constantFrom(null, 2, 5),
      to: fc.constantFrom(null, 4, 9),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(aCase, async ({ events: given, stages, minutes, from, to }) => {
        run += 1;
        const shop = kit.workspace(`shop-${run}`);
        const events: NewEvent[] = given.map((event, i) => ({ ...event, id: `e${i}` }));
        await shop.plugins.probe.write("events:write", (unit) => recordEvents(unit, events));
        const instant = (minute: number): Date => new Date(START + minute * 60_000);
        const span = {
          withinMs: minutes * 60_000,
          from: from === null ? 0 : instant(from).getTime(),
          to: to === null ? Number.POSITIVE_INFINITY : instant(to).getTime(),
        };
        fc.pre(span.from < span.to);
        const people = Map.groupBy(
          events.filter(({ contactId, machine }) => contactId != null && machine === null),
          ({ contactId }) => contactId,
        );
        const reached = [...people.values()].map((of) => reachedByHand(of, stages, span));
        const query: FunnelQuery = {
          stages,
          withinMs: span.withinMs,
          ...(from === null ? {} : { from: instant(from) }),
          ...(to === null ? {} : { to: instant(to) }),
        };
        const funnel = await shop.analytics.funnel(query);
        expect(funnel.stages.map((stage) => stage.people)).toEqual(
          stages.map((_, i) => reached.filter((depth) => depth > i).length),
        );
      }),
      { numRuns: family === "sqlite" ? 400 : 150 },
    );
    await kit.stop();
  });

  it("ANA-3: gives shares of the first and of the stage before, null over zero, and refuses what is no funnel", async () => {
    const time = virtualTime();
    const kit = createCampaignKit({
      storage: (await database()).connect(),
      channels: {},
      runtime: time.runtime,
    });
    const shop = kit.workspace("shop");
    const contactIds: string[] = [];
    for (const name of ["ann", "bob", "cem", "dee"]) {
      contactIds.push((await shop.contacts.upsert({ externalId: name })).contact.id);
    }
    const reached = [3, 2, 1, 1];
    const types = ["sent", "open", "click"];
    await shop.events.trackMany(
      contactIds.flatMap((contactId, person) =>
        types
          .slice(0, reached[person])
          .map((type, stage) => ({ type, contactId, at: new Date(START - 3_600_000 + stage) })),
      ),
    );
    const { stages } = await shop.analytics.funnel({ stages: [...types, "conversion", "refund"] });
    expect(stages.map(({ people, ofFirst, ofPrevious }) => [people, ofFirst, ofPrevious])).toEqual([
      [4, 1, null],
      [2, 0.5, 0.5],
      [1, 0.25, 0.5],
      [0, 0, 0],
      [0, 0, null],
    ]);
    for (const wrong of [
      { stages: [] },
      { stages: Array(11).fill("open") },
      { stages: ["open"], withinMs: -1 },
    ]) {
      await expect(shop.analytics.funnel(wrong)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    }
    await kit.stop();
  });
});
