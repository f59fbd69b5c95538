/** Judges requests as they are recorded, each together with what is known of its message. */
import type { Unit } from "../../kernel/unit.ts";
import type { MachineRules } from "../../ports/machines.ts";
import type { Db } from "../../storage/db.ts";
import type { NewEvent } from "../event.ts";
import type { Correction } from "./correct.ts";
import { judge } from "./judge.ts";
import type { JudgedRequest, Verdict } from "./request.ts";
import { insertRequests, type KeptRequest, lockJudging, selectRequests } from "./requests-store.ts";

/** What requests are judged by. */
export interface Judging {
  readonly rules: MachineRules;
  /** How many tracked links the posts have; what is not in the answer has none. */
  linkCounts(db: Db, workspaceId: string, postIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

/** Requests of one message to one person that are kept. Those past it are taken for what they say themselves, for good. */
export const KEPT_PER_MESSAGE = 200;

/** What came of judging. */
export interface JudgedEvents {
  /** As given, each with what it is taken for. */
  readonly events: readonly NewEvent[];
  /** Earlier events that turned out to be something else. */
  readonly corrections: readonly Correction[];
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly kept: ReadonlySet<string>;
  readonly version: string;
}

/** A request on its way to being recorded. */
type Arriving = NewEvent & {
  readonly request: NonNullable<NewEvent["request"]>;
  readonly deliveryId: string;
};

const isRequest = (event: NewEvent): event is Arriving => event.request != null && event.deliveryId != null;

function toJudged({ id: eventId, type, at, request }: Arriving): JudgedRequest {
  return { ...request, eventId, type, at };
}

/** Judges what arrives. Holds the right to judge these messages until the transaction ends. */
export async function judgeNew(
  { db, workspaceId }: Unit,
  events: readonly NewEvent[],
  { rules, linkCounts }: Judging,
): Promise<JudgedEvents> {
  const arriving = events.filter(isRequest);
  const byDelivery = Map.groupBy(arriving, ({ deliveryId }) => deliveryId);
  const personal = arriving.filter(({ contactId }) => contactId != null).map(({ deliveryId }) => deliveryId);
  const personalIds = [...new Set(personal)];
  await lockJudging(db, personalIds);
  const known = await selectRequests(db, workspaceId, personalIds);
  const knownOf = Map.groupBy(known, ({ deliveryId }) => deliveryId);
  const postIds = [...new Set(arriving.flatMap(({ postId }) => postId ?? []))];
  const links =
    personalIds.length === 0 ? new Map<string, number>() : await linkCounts(db, workspaceId, postIds);

  const verdicts = new Map<string, Verdict>();
  const corrections: Correction[] = [];
  const kept = new Set<string>();
  for (const [deliveryId, all] of byDelivery) {
    const earlier: readonly KeptRequest[] = knownOf.get(deliveryId) ?? [];
    const there = new Set(earlier.map(({ eventId }) => eventId));
    const fresh = all.filter(({ id }) => !there.has(id));
    const isPersonal = all[0]?.contactId != null;
    const room = isPersonal ? Math.max(0, KEPT_PER_MESSAGE - earlier.length) : fresh.length;
    for (const { id } of fresh.slice(0, room)) kept.add(id);
    const message = { links: links.get(all[0]?.postId ?? "") ?? 0, personal: isPersonal };
    const judged = judge([...earlier, ...fresh.slice(0, room).map(toJudged)], message, rules);
    for (const [eventId, verdict] of judged) verdicts.set(eventId, verdict);
    for (const { eventId, machine: from } of earlier) {
      const to = judged.get(eventId)?.machine ?? null;
      if (to !== from) corrections.push({ eventId, from, to });
    }
  }
  return {
    events: events.map((event) => {
      const verdict = verdicts.get(event.id);
      return verdict === undefined ? event : { ...event, machine: verdict.machine };
    }),
    corrections,
    verdicts,
    kept,
    version: rules.version,
  };
}

/** Keeps what the recorded requests were judged by. */
export async function keepNew(
  { db, workspaceId }: Unit,
  { events, verdicts, kept, version }: JudgedEvents,
  recorded: ReadonlySet<string>,
): Promise<void> {
  const requests = events.filter(isRequest).filter(({ id }) => recorded.has(id) && kept.has(id));
  await insertRequests(
    db,
    workspaceId,
    requests.map(({ id: eventId, deliveryId, request }) => ({
      ...request,
      eventId,
      deliveryId,
      proxy: verdicts.get(eventId)?.proxy ?? null,
      judgedBy: version,
    })),
  );
}
