/**
 * Funnels: how many people went from one stage to the next, in order, within a window.
 *
 * A person has reached a stage if some of their events, one per stage and each later than the one before, end there no later than the
 * window after the first. Any start counts, not only the earliest: for each event the latest start that leads to it is carried along, and
 * that one decides, because no other leaves more of the window. Events of the same instant stand in the order of the stages.
 */
import { type RawBuilder, sql } from "kysely";
import { z } from "zod";
import { textOf } from "../kernel/text.ts";
import { isId, parse } from "../kernel/validate.ts";
import { ratio } from "../math/money.ts";
import { type StoredInteger, toInteger } from "../storage/columns.ts";
import type { Db } from "../storage/db.ts";
import { rowsAs } from "../storage/sets.ts";
import type { EventType } from "./event.ts";
import type { CheckedQuery } from "./metrics/query.ts";
import { conditionsOf, type Selection } from "./metrics/selection.ts";

/** One stage: an event of that type, perhaps only on one channel or of one post. */
export interface FunnelStage {
  readonly type: EventType;
  readonly channel?: string;
  readonly postId?: string;
}

/** How a funnel is measured. */
export interface FunnelOptions {
  /** In order, 1 to 10. */
  readonly stages: readonly (EventType | FunnelStage)[];
  /** How long after the first stage the last may be reached, in milliseconds; 30 days when absent. */
  readonly withinMs?: number;
}

/** How many people reached a stage. */
export interface FunnelStep {
  readonly type: EventType;
  /** `null`: any. */
  readonly channel: string | null;
  readonly postId: string | null;
  readonly people: number;
  /** Of those who reached the first stage; `null` over zero. */
  readonly ofFirst: number | null;
  /** Of those who reached the stage before; `null` over zero and for the first. */
  readonly ofPrevious: number | null;
}

/** A measured funnel. */
export interface Funnel {
  readonly withinMs: number;
  readonly stages: readonly FunnelStep[];
}

const DAY_MS = 86_400_000;
const MAX_WITHIN_MS = 3_660 * DAY_MS;

const typeSchema = textOf({ min: 1, max: 64 });
const stageSchema = z.strictObject({
  type: typeSchema,
  channel: textOf({ min: 1, max: 200 }).nullable().default(null),
  postId: z.string().refine(isId, "This is no id of campaignkit (a UUID).").nullable().default(null),
});

const schema = z.strictObject({
  stages: z
    .array(z.union([typeSchema.transform((type) => ({ type, channel: null, postId: null })), stageSchema]))
    .min(1, "Name at least one stage.")
    .max(10, "A funnel has at most 10 stages."),
  withinMs: z
    .int()
    .min(0)
    .max(MAX_WITHIN_MS)
    .default(30 * DAY_MS),
});

/** A checked funnel. */
export type CheckedFunnel = z.output<typeof schema>;

/** Checks a funnel. @throws {VALIDATION_FAILED} */
export function checkFunnel(options: FunnelOptions): CheckedFunnel {
  return parse(schema, options, "funnel");
}

/** Measures a funnel. Reads the events themselves; `from` and `until` say when people entered it. */
export async function measureFunnel(
  db: Db,
  selection: Selection,
  { stages, withinMs }: CheckedFunnel,
): Promise<Funnel> {
  const { from, until } = selection;
  const table = rowsAs<{ number: number; type: string; channel: string | null; post_id: string | null }>(
    db,
    "stage",
    { number: "integer", type: "text", channel: "text", post_id: "uuid" },
    stages.map(({ type, channel, postId }, index) => ({ number: index + 1, type, channel, post_id: postId })),
  );
  const conditions = [conditionsOf(db, selection, "event", { nil: false, variant: true })];
  if (from !== null) conditions.push(sql`event.at >= ${from}`);
  if (until !== null) conditions.push(sql`event.at < ${until + withinMs}`);
  const entered = [sql`number = 1`];
  if (until !== null) entered.push(sql`at < ${until}`);

  // An event that fits several stages serves one of them at a time: behind those that it could follow, before those that could follow it.
  const overlap = new Set(stages.map(({ type }) => type)).size < stages.length;
  const identity = overlap
    ? sql`, event.id, min(stage.number) over (partition by event.id) as lowest`
    : sql``;
  const order = overlap
    ? sql`(partition by contact_id order by at, lowest, id, number desc)`
    : sql`(partition by contact_id order by at, number)`;
  if (stages.some(({ channel }) => channel !== null)) {
    conditions.push(sql`(stage.channel is null or event.channel = stage.channel)`);
  }
  if (stages.some(({ postId }) => postId !== null)) {
    conditions.push(sql`(stage.post_id is null or event.post_id = stage.post_id)`);
  }
  let steps: RawBuilder<unknown> = sql`
    select touched.*, max(case when ${sql.join(entered, sql` and `)} then at end) over ${order} as start_1
    from (
      select event.contact_id, event.at, stage.number ${identity}
      from ${table} cross join ck_events as event
      where ${sql.join(conditions, sql` and `)} and event.type = stage.type and event.contact_id is not null and event.count > 0
    ) as touched`;
  const start = (number: number): RawBuilder<unknown> => sql.raw(`start_${number}`);
  for (let number = 2; number <= stages.length; number++) {
    steps = sql`
      select steps.*, max(case when number = ${sql.lit(number)} and at - ${start(number - 1)} <= ${sql.lit(withinMs)}
        then ${start(number - 1)} end) over ${order} as ${start(number)}
      from (${steps}) as steps`;
  }
  const reached = stages.map(
    (_, index) => sql`count(max_${sql.raw(`${index + 1}`)}) as ${sql.raw(`people_${index + 1}`)}`,
  );
  const last = stages.map((_, index) => sql`max(${start(index + 1)}) as ${sql.raw(`max_${index + 1}`)}`);
  const { rows } = await sql<Record<string, StoredInteger>>`
    select ${sql.join(reached)} from (
      select contact_id, ${sql.join(last)} from (${steps}) as steps group by contact_id
    ) as people
  `.execute(db);
  const people = stages.map((_, index) => toInteger(rows[0]?.[`people_${index + 1}`] ?? 0));
  return {
    withinMs,
    stages: stages.map((stage, index) => ({
      ...stage,
      people: people[index] ?? 0,
      ofFirst: ratio(people[index] ?? 0, people[0] ?? 0),
      ofPrevious: index === 0 ? null : ratio(people[index] ?? 0, people[index - 1] ?? 0),
    })),
  };
}

/** The selection of a funnel: a query that divides nothing. */
export function funnelSelection(workspaceId: string, query: CheckedQuery): Selection {
  return {
    workspaceId,
    campaignIds: query.campaignIds ?? null,
    channel: query.channel ?? null,
    postId: query.postId ?? null,
    variant: query.variant ?? null,
    segment: query.segment ?? null,
    from: query.from,
    until: query.until,
    includeMachines: query.includeMachines,
    dimensions: [],
    buckets: null,
  };
}
