/** A report: counts, people and money of a selection, put together group by group. */
import { sql } from "kysely";
import { notFound, validationError } from "../../kernel/validate.ts";
import type { TimeBucket } from "../../math/time-buckets.ts";
import { type StoredInteger, toInteger } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { SPAN } from "../cells.ts";
import type { CampaignFacts, EventDirectory } from "../directory.ts";
import { countEvents, type GroupCount } from "./counts.ts";
import { COUNTS, type Count, type CountName, PEOPLE, type PeopleName } from "./definitions.ts";
import { type GroupMoney, type Metrics, metricsOf, noCounts } from "./metrics.ts";
import { type Amount, type Pot, potsOf } from "./money.ts";
import { countPeople } from "./people.ts";
import { bucketsOf, type CheckedQuery } from "./query.ts";
import { conditionsOf, type GroupKey, type Selection } from "./selection.ts";
import { groupSpent, readSpent, type Spent } from "./spend.ts";

/** Where a report is read, and what it knows of other features. */
export interface ReportContext {
  readonly db: Db;
  readonly workspaceId: string;
  readonly directory: EventDirectory;
}

/** What a report found. */
export interface Report {
  /** The currency of its money; `null`: none is known. */
  readonly currency: string | null;
  readonly timeZone: string;
  /** Where time is divided: all buckets of the span, those without events included. */
  readonly buckets: readonly TimeBucket[] | null;
  readonly groups: readonly { readonly group: GroupKey; readonly metrics: Metrics }[];
}

const DAY_MS = 86_400_000;
const ALL_TYPES = [
  ...new Set([...Object.values(COUNTS), ...Object.values(PEOPLE)].flatMap(({ types }) => [...types])),
];

/** Reads a report; without people where only sums are wanted. @throws {NOT_FOUND} {VALIDATION_FAILED} for more than one currency with none chosen, or too many buckets. */
export async function readReport(
  context: ReportContext,
  query: CheckedQuery,
  options: { readonly people: boolean } = { people: true },
): Promise<Report> {
  const { db } = context;
  const campaigns = await campaignsOf(context, query);
  const facts = [...campaigns.values()];
  const timeZone = query.timeZone ?? onlyOne(facts.map((fact) => fact.timeZone)) ?? "UTC";
  const undivided: Selection = {
    workspaceId: context.workspaceId,
    campaignIds: query.campaignIds === undefined ? null : [...campaigns.keys()],
    channel: query.channel ?? null,
    postId: query.postId ?? null,
    variant: query.variant ?? null,
    segment: query.segment ?? null,
    from: query.from,
    until: query.until,
    includeMachines: query.includeMachines,
    dimensions: query.dimensions,
    buckets: null,
  };
  const likely = query.currency ?? onlyOne(facts.map((fact) => fact.currency));
  const dated =
    query.from !== null ||
    query.until !== null ||
    query.interval !== null ||
    facts.some((fact) => fact.currency !== likely);
  const spent = await readSpent(db, undivided, [...campaigns.keys()], dated);
  const buckets =
    query.interval === null ? null : await bucketsFor(db, undivided, query, timeZone, spent ?? []);
  const selection = { ...undivided, buckets };
  const found =
    buckets?.length === 0 ? [] : await countEvents(db, selection, { types: ALL_TYPES, machinesToo: true });
  const counts = found.filter(({ machine }) => query.includeMachines || !machine);
  const currency = query.currency ?? currencyOf(likely, counts, spent ?? []);

  const groups = new GroupTable();
  if (query.dimensions.length === 0 && buckets === null) groups.of(WHOLE);
  for (const { group, type, machine, count } of found) {
    const names = countNames(type, { machine, includeMachines: query.includeMachines });
    if (names.length === 0) continue;
    const into = groups.of(group);
    for (const name of names) into[name] += count;
  }
  if (options.people && counts.length > 0) {
    for (const { group, people, count } of await countPeople(db, selection))
      groups.of(group)[people] += count;
  }
  const costs = spent === null ? null : groupSpent(spent, selection);
  for (const { group } of costs ?? []) groups.of(group);

  const money = await readMoney(context, selection, { counts, costs, currency, timeZone });
  return {
    currency,
    timeZone,
    buckets,
    groups: groups.all().map(([group, of]) => ({ group, metrics: metricsOf(of, money(group), currency) })),
  };
}

/** The counts that an event of that type, by a person or a machine, is part of. */
function countNames(
  type: string,
  { machine, includeMachines }: { readonly machine: boolean; readonly includeMachines: boolean },
): readonly CountName[] {
  const names = Object.keys(COUNTS) as CountName[];
  return names.filter((name) => {
    const { types, machines }: Count = COUNTS[name];
    if (!types.includes(type)) return false;
    return machines === true ? machine : includeMachines || !machine;
  });
}

/** The group of everything. */
const WHOLE: GroupKey = {
  campaignId: null,
  channel: null,
  postId: null,
  variant: null,
  segment: null,
  bucket: 0,
};

type Counts = Record<CountName | PeopleName, number>;

/** Counts by group. */
class GroupTable {
  readonly #groups = new Map<string, [GroupKey, Counts]>();

  of(group: GroupKey): Counts {
    const key = JSON.stringify(group);
    const [, known] = this.#groups.get(key) ?? [];
    if (known !== undefined) return known;
    const counts = noCounts();
    this.#groups.set(key, [group, counts]);
    return counts;
  }

  all(): readonly [GroupKey, Counts][] {
    return [...this.#groups.values()];
  }
}

async function campaignsOf(
  { db, workspaceId, directory }: ReportContext,
  { campaignIds, postId }: CheckedQuery,
): Promise<ReadonlyMap<string, CampaignFacts>> {
  const campaigns = await directory.campaigns(db, workspaceId, campaignIds ?? null);
  const unknown = campaignIds?.find((id) => !campaigns.has(id));
  if (unknown !== undefined) throw notFound("campaign", unknown);
  if (postId !== undefined && !(await directory.posts(db, workspaceId, [postId])).has(postId)) {
    throw notFound("post", postId);
  }
  return campaigns;
}

function onlyOne(values: readonly string[]): string | undefined {
  const distinct = new Set(values);
  return distinct.size === 1 ? [...distinct][0] : undefined;
}

/** All buckets of the span that was asked for, or from the first to the last that happened. */
async function bucketsFor(
  db: Db,
  selection: Selection,
  { interval, weekStart, from, until }: CheckedQuery,
  timeZone: string,
  spent: readonly Spent[],
): Promise<readonly TimeBucket[]> {
  if (interval === null) return [];
  let [first, last] = [from, until === null ? null : until - 1];
  if (first === null || last === null) {
    const known = [...(await eventSpan(db, selection)), ...spent.map(({ at }) => at)];
    if (known.length === 0) return [];
    first ??= known.reduce((a, b) => Math.min(a, b));
    last ??= known.reduce((a, b) => Math.max(a, b));
  }
  return last < first ? [] : bucketsOf({ interval, timeZone, weekStart, from: first, until: last + 1 });
}

/** The quarters of the first and the last event of the selection, whatever its span; empty when there is none. */
async function eventSpan(db: Db, selection: Selection): Promise<readonly number[]> {
  const rollups = (span: number) =>
    db
      .selectFrom("ck_event_rollups as cell")
      .where("cell.span", "=", span)
      .where(
        sql<boolean>`${conditionsOf(db, selection, "cell", { nil: true, variant: true, machinesToo: true, all: "each-campaign" })}`,
      );
  const days = await rollups(SPAN.day)
    .select(({ fn }) => [
      fn.min<StoredInteger | null>("cell.bucket").as("first"),
      fn.max<StoredInteger | null>("cell.bucket").as("last"),
    ])
    .executeTakeFirstOrThrow();
  if (days.first === null || days.last === null) return [];
  const within = (day: StoredInteger) =>
    rollups(SPAN.quarter)
      .where("cell.bucket", ">=", toInteger(day))
      .where("cell.bucket", "<", toInteger(day) + DAY_MS)
      .select(({ fn }) => [
        fn.min<StoredInteger>("cell.bucket").as("first"),
        fn.max<StoredInteger>("cell.bucket").as("last"),
      ])
      .executeTakeFirstOrThrow();
  return [toInteger((await within(days.first)).first), toInteger((await within(days.last)).last)];
}

function currencyOf(
  likely: string | undefined,
  counts: readonly GroupCount[],
  spent: readonly Spent[],
): string | null {
  if (likely !== undefined) return likely;
  const seen = new Set([
    ...counts.filter(({ valueMicros }) => valueMicros !== 0).map(({ currency }) => currency),
    ...spent.map(({ currency }) => currency),
  ]);
  if (seen.size <= 1) return [...seen][0] ?? null;
  const message = `There are amounts in ${[...seen].sort().join(", ")}; say in which currency to report.`;
  throw validationError("query", [{ path: ["currency"], message }]);
}

async function readMoney(
  { db, workspaceId }: ReportContext,
  selection: Selection,
  found: {
    readonly counts: readonly GroupCount[];
    readonly costs: ReturnType<typeof groupSpent> | null;
    readonly currency: string | null;
    readonly timeZone: string;
  },
): Promise<(group: GroupKey) => GroupMoney> {
  const { counts, costs, currency, timeZone } = found;
  const nothing: Pot = { amountMicros: 0, unconverted: new Map() };
  if (currency === null) {
    const unconverted = { revenue: nothing.unconverted, spend: nothing.unconverted };
    return () => ({ revenueMicros: null, spendMicros: null, unconverted });
  }
  const keyed = <Group extends { readonly group: GroupKey }>({ group, ...rest }: Group) => ({
    ...rest,
    group: JSON.stringify(group),
  });
  const request = { workspaceId, currency, timeZone };
  const valued = counts.filter(({ type, valueMicros }) => type === "conversion" && valueMicros !== 0);
  const own = valued.filter((count) => count.currency === currency);
  // Only what is to be converted is read day by day.
  const foreign =
    own.length === valued.length
      ? []
      : await countEvents(db, selection, { types: ["conversion"], foreignTo: currency });
  const revenue = await potsOf(db, [...own, ...foreign].map(toAmount).map(keyed), request);
  const spend = costs === null ? null : await potsOf(db, costs.map(keyed), request);
  return (group) => {
    const key = JSON.stringify(group);
    const earned = revenue.get(key) ?? nothing;
    const cost = spend === null ? null : (spend.get(key) ?? nothing);
    return {
      revenueMicros: earned.amountMicros,
      spendMicros: cost?.amountMicros ?? null,
      unconverted: { revenue: earned.unconverted, spend: cost?.unconverted ?? new Map() },
    };
  };
}

function toAmount({
  group,
  currency,
  quarter,
  valueMicros,
}: GroupCount): Omit<Amount, "group"> & { group: GroupKey } {
  return { group, currency, at: quarter, amountMicros: valueMicros };
}
