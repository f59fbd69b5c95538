/** Figures by segment, held against counting by hand. */
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { NewEvent } from "./event.ts";
import { COUNTS, type Count, PEOPLE } from "./metrics/definitions.ts";
import { recordEvents } from "./record.ts";
import { keepSegmentSets, segmentSetOf } from "./segment-sets.ts";
import { bySegment, openSegments } from "./segments.fixture.ts";

/** One thing that happens in a shop of `PEOPLE` and `SEGMENTS`. */
type Step =
  | { readonly do: "move"; readonly who: number; readonly segment: number; readonly joins: boolean }
  | { readonly do: "send" }
  | { readonly do: "click"; readonly who: number; readonly post: number }
  | { readonly do: "convert"; readonly who: number; readonly minutesAgo: number };

const HOW_MANY = { people: 4, segments: 3 };
const who = fc.nat(HOW_MANY.people - 1);
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("move" as const),
        who,
        segment: fc.nat(HOW_MANY.segments - 1),
        joins: fc.boolean(),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("send" as const) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("click" as const), who, post: fc.nat(3) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant("convert" as const),
        who,
        minutesAgo: fc.constantFrom(0, 0, 3),
      }),
    },
  ),
  { maxLength: 20, minLength: 6 },
);

/** What happened, as somebody with a notebook would know it. */
interface Note {
  readonly name: "sent" | "clicks" | "conversions";
  readonly person: string;
  readonly segments: readonly string[];
}

describeEachDatabase("figures by segment, by chance", (database, family) => {
  it("ANA-2: are what a notebook says that was kept while segments changed and posts went out", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const w = await openSegments(await database(), HOW_MANY.people, HOW_MANY.segments);
        const members = w.segmentIds.map((id) => ({ id, people: new Set<string>() }));
        const sent: {
          readonly postId: string;
          readonly at: number;
          readonly of: Map<string, readonly string[]>;
        }[] = [];
        const notes: Note[] = [];
        const now = (): number => w.time.now().getTime();
        for (const step of history) {
          await w.time.advance("1m", w.kit);
          if (step.do === "send") {
            const at = now();
            const of = new Map(
              w.contacts.flatMap((person) => {
                const segments = members.filter(({ people }) => people.has(person)).map(({ id }) => id);
                return segments.length === 0 ? [] : [[person, segments] as const];
              }),
            );
            sent.push({ postId: await w.send(), at, of });
            for (const [person, segments] of of) notes.push({ name: "sent", person, segments });
            continue;
          }
          const person = w.contacts[step.who] ?? "";
          if (step.do === "move") {
            const segment = members[step.segment];
            if (segment === undefined) continue;
            const change = step.joins ? "addMembers" : "removeMembers";
            await w.shop.segments[change](segment.id, [person]);
            segment.people[step.joins ? "add" : "delete"](person);
          } else if (step.do === "click") {
            const post = sent[step.post];
            const segments = post?.of.get(person);
            if (post === undefined || segments === undefined) continue;
            await w.click(post.postId, person);
            notes.push({ name: "clicks", person, segments });
          } else {
            const at = now() - step.minutesAgo * 60_000;
            const last = sent.findLast((post) => post.at <= at && post.of.has(person));
            const event = {
              type: "conversion",
              campaignId: w.campaign.id,
              contactId: person,
              at: new Date(at),
            };
            await w.shop.events.track(event);
            notes.push({ name: "conversions", person, segments: last?.of.get(person) ?? [] });
          }
        }
        for (const id of w.segmentIds) await w.shop.segments.delete(id);
        const expected: Record<string, Record<string, number>> = {};
        for (const segment of [...w.segmentIds, "none"]) {
          const own = notes.filter(({ segments }) =>
            segment === "none" ? segments.length === 0 : segments.includes(segment),
          );
          if (own.length === 0) continue;
          const of = (name: Note["name"]) => own.filter((note) => note.name === name);
          const people = (name: Note["name"]) => new Set(of(name).map((note) => note.person)).size;
          expected[segment] = {
            sent: of("sent").length,
            reach: people("sent"),
            clicks: of("clicks").length,
            uniqueClicks: people("clicks"),
            conversions: of("conversions").length,
            converters: people("conversions"),
          };
        }
        const report = await w.shop.analytics.metrics({ campaignIds: [w.campaign.id], groupBy: ["segment"] });
        const found = bySegment(report);
        expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
        expect(found).toMatchObject(expected);
        expect(await w.shop.analytics.verifyRollups(w.campaign.id)).toMatchObject({ exact: true });
        await w.kit.stop();
      }),
      { numRuns: family === "sqlite" ? 20 : 5 },
    );
  });

  it("ANA-2, ANA-13: say what counting the events one by one says, for any division, filter and span", async () => {
    const { kit, scope, shop, campaign } = await openSegments(await database(), 0, 0);
    const sets = [[], ["a"], ["a", "b"], ["b", "c"], ["a", "b", "c"]];
    const uuid = (n: number): string => `00000000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
    const start = Date.parse("2027-03-01T00:00:00Z");
    const minute = (n: number): number => start + n * 60_000;
    const anEvent = fc.record({
      type: fc.constantFrom("sent", "open", "click", "conversion", "like"),
      at: fc.integer({ min: 0, max: 3 * 24 * 60 }).map((n) => minute(n) + 1),
      campaignId: fc.constantFrom(campaign.id, campaign.id, null),
      postId: fc.constantFrom(null, uuid(11), uuid(12)),
      contactId: fc.constantFrom(null, uuid(21), uuid(22), uuid(23), uuid(24)),
      channel: fc.constantFrom("mail", "web"),
      variant: fc.constantFrom(null, "x", "y"),
      segment: fc.constantFrom(null, null, null, "a", "named"),
      set: fc.nat(sets.length - 1),
      machine: fc.constantFrom(null, null, "prefetch"),
    });
    const told = fc
      .sample(anEvent, { numRuns: 500, seed: 11 })
      .map((event, n) => ({ ...event, id: `e${n}` }));
    await scope.write("events:write", async (unit) => {
      await keepSegmentSets(unit, sets);
      await recordEvents(
        unit,
        told.map(({ set, ...event }): NewEvent => ({ ...event, segmentSet: segmentSetOf(sets[set] ?? []) })),
      );
    });
    const segmentsOf = ({ segment, set }: (typeof told)[number]): readonly (string | null)[] =>
      segment !== null ? [segment] : sets[set]?.length ? (sets[set] ?? []) : [null];
    const aQuery = fc.record({
      others: fc.subarray(["campaign", "channel", "post", "variant"] as const),
      interval: fc.constantFrom(null, "hour", "day", "month" as const),
      campaignIds: fc.constantFrom(undefined, [campaign.id]),
      segment: fc.constantFrom(undefined, undefined, "a", "c", "named", "nobody"),
      variant: fc.constantFrom(undefined, undefined, "x"),
      from: fc.constantFrom(undefined, new Date(minute(700) + 30_000)),
      to: fc.constantFrom(undefined, new Date(minute(3_003))),
    });
    await fc.assert(
      fc.asyncProperty(aQuery, async ({ others, interval, campaignIds, segment, variant, from, to }) => {
        const labelOf = (at: number): string => {
          const text = new Date(at).toISOString();
          if (interval === "hour") return `${text.slice(0, 13)}:00Z`;
          return interval === null ? "" : text.slice(0, interval === "day" ? 10 : 7);
        };
        const groupOf = (event: (typeof told)[number], of: string | null): string =>
          JSON.stringify([
            of,
            others.includes("campaign") ? event.campaignId : null,
            others.includes("channel") ? event.channel : null,
            others.includes("post") ? event.postId : null,
            others.includes("variant") ? event.variant : null,
          ]);
        const inSpan = (at: number): boolean =>
          (from === undefined || at >= from.getTime()) && (to === undefined || at < to.getTime());
        const expected = new Map<string, Record<string, number>>();
        const add = (group: string, at: number, name: string): void => {
          if (!inSpan(at)) return;
          const key = `${labelOf(at)} ${group}`;
          const counts = expected.get(key) ?? {};
          expected.set(key, { ...counts, [name]: (counts[name] ?? 0) + 1 });
        };
        const firsts = new Map<string, { readonly group: string; readonly name: string; at: number }>();
        for (const event of told) {
          if (variant !== undefined && event.variant !== variant) continue;
          if (campaignIds !== undefined && event.campaignId !== campaign.id) continue;
          for (const of of segmentsOf(event).filter((each) => segment === undefined || each === segment)) {
            const group = groupOf(event, of);
            for (const [name, { types, machines = false }] of Object.entries<Count>(COUNTS))
              if (types.includes(event.type) && machines === (event.machine !== null))
                add(group, event.at, name);
            if (event.machine !== null) continue;
            for (const [name, { types }] of Object.entries(PEOPLE)) {
              if (!(types as readonly string[]).includes(event.type) || event.contactId === null) continue;
              if (event.campaignId === null && event.postId === null) continue;
              const key = [group, name, event.contactId].join();
              const first = firsts.get(key);
              if (first === undefined) firsts.set(key, { group, name, at: event.at });
              else first.at = Math.min(first.at, event.at);
            }
          }
        }
        for (const { group, name, at } of firsts.values()) add(group, at, name);
        const report = await shop.analytics.metrics({
          groupBy: ["segment", ...others, ...(interval === null ? [] : [interval])],
          timeZone: "UTC",
          ...(campaignIds === undefined ? {} : { campaignIds }),
          ...(segment === undefined ? {} : { segment }),
          ...(variant === undefined ? {} : { variant }),
          ...(from === undefined ? {} : { from }),
          ...(to === undefined ? {} : { to }),
        });
        const found = report.rows.map(({ span, metrics, ...row }) => {
          const group = JSON.stringify([row.segment, row.campaignId, row.channel, row.postId, row.variant]);
          const names = [...Object.keys(COUNTS), ...Object.keys(PEOPLE)] as (keyof typeof metrics)[];
          const counts = names.flatMap((name) => (metrics[name] === 0 ? [] : [[name, metrics[name]]]));
          return [`${span?.label ?? ""} ${group}`, Object.fromEntries(counts)] as const;
        });
        expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
      }),
      { numRuns: family === "sqlite" ? 120 : 50 },
    );
    await kit.stop();
  });
});
