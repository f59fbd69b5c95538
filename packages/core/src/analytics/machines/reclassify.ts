/** Judges again what was kept of requests, by other rules or better ones, and moves what was counted. */
import type { Scope } from "../../kernel/scope.ts";
import type { Unit } from "../../kernel/unit.ts";
import type { MachineRules } from "../../ports/machines.ts";
import { type Correction, countAndCorrect } from "./correct.ts";
import { judge } from "./judge.ts";
import type { Judging } from "./judge-new.ts";
import type { Verdict } from "./request.ts";
import {
  type KeptRequest,
  lockJudging,
  type RequestPlace,
  selectRequestPage,
  selectRequests,
  updateJudged,
} from "./requests-store.ts";

/** What is to be judged again. */
export interface ReclassifyOptions {
  /**
   * Rules in place of the engine's (`tracking.machines`), with the default for each that is absent. Give the same to the engine: the next request
   * of a message is judged by the engine's, and so are the earlier ones of that message.
   */
  readonly rules?: Partial<MachineRules>;
  /** Only messages with a request at or after this instant; all when absent. */
  readonly since?: Date;
}

/** What judging again came to. */
export interface ReclassifyReport {
  /** The version of the rules. */
  readonly version: string;
  /** Requests judged. Events without kept facts stay what they are. */
  readonly judged: number;
  /** Events that were taken for a person's, and are a machine's now. */
  readonly toMachine: number;
  /** The other way round. */
  readonly toPerson: number;
  /** A machine's as before, for another reason. */
  readonly otherReason: number;
}

/** Requests per transaction. */
const PAGE = 500;

type Counts = { judged: number; toMachine: number; toPerson: number; otherReason: number };

/** One page in one transaction. Returns where the next begins; `null` when it was the last. */
async function reclassifyPage(
  unit: Unit,
  { rules, linkCounts }: Judging,
  place: { readonly after: RequestPlace | null; readonly since: number },
): Promise<{ readonly next: RequestPlace | null; readonly counts: Counts }> {
  const { db, workspaceId } = unit;
  const page = await selectRequestPage(db, workspaceId, { ...place, limit: PAGE });
  const last = page.at(-1);
  const personalIds = [
    ...new Set(page.filter(({ contactId }) => contactId !== null).map(({ deliveryId }) => deliveryId)),
  ];
  await lockJudging(db, personalIds);
  // Whole messages, and as they are now that nobody else judges them.
  const whole = await selectRequests(db, workspaceId, personalIds);
  const impersonal = page.filter(({ contactId }) => contactId === null);
  const postIds = [...new Set(page.flatMap(({ postId }) => postId ?? []))];
  const links = await linkCounts(db, workspaceId, postIds);
  const verdicts = new Map<string, Verdict>();
  const requests: readonly KeptRequest[] = [...whole, ...impersonal];
  for (const of of Map.groupBy(requests, ({ deliveryId }) => deliveryId).values()) {
    const personal = of[0]?.contactId !== null;
    const message = { links: links.get(of[0]?.postId ?? "") ?? 0, personal };
    for (const [eventId, verdict] of judge(of, message, rules)) verdicts.set(eventId, verdict);
  }
  const judged = requests.map((request) => ({
    request,
    verdict: verdicts.get(request.eventId) ?? { machine: request.machine, proxy: request.proxy },
  }));
  const corrections = judged.flatMap(({ request, verdict }): readonly Correction[] =>
    verdict.machine === request.machine
      ? []
      : [{ eventId: request.eventId, from: request.machine, to: verdict.machine }],
  );
  await updateJudged(
    db,
    workspaceId,
    judged
      .filter(({ request, verdict }) => request.judgedBy !== rules.version || request.proxy !== verdict.proxy)
      .map(({ request: { deliveryId, eventId }, verdict: { proxy } }) => ({
        deliveryId,
        eventId,
        proxy,
        judgedBy: rules.version,
      })),
  );
  await countAndCorrect(db, workspaceId, [], corrections);
  const counts = {
    judged: requests.length,
    toMachine: corrections.filter(({ from }) => from === null).length,
    toPerson: corrections.filter(({ to }) => to === null).length,
    otherReason: corrections.filter(({ from, to }) => from !== null && to !== null).length,
  };
  if (corrections.length > 0) {
    const { toMachine, toPerson, otherReason } = counts;
    unit.record("events.reclassified", {
      subject: { type: "events", id: workspaceId },
      data: { version: rules.version, toMachine, toPerson, otherReason },
    });
  }
  if (last === undefined || page.length < PAGE) return { next: null, counts };
  // A message is judged whole: nothing of it is left for the next page.
  const done = last.contactId === null ? last.eventId : "\u{10ffff}";
  return { next: { deliveryId: last.deliveryId, eventId: done }, counts };
}

/** Judges again, page by page, each in a transaction of its own. Idempotent: what is stopped half-way is completed by another call. */
export async function reclassify(scope: Scope, judging: Judging, since: number): Promise<ReclassifyReport> {
  const sum: Counts = { judged: 0, toMachine: 0, toPerson: 0, otherReason: 0 };
  for (let after: RequestPlace | null = null; ; ) {
    const place: { after: RequestPlace | null; since: number } = { after, since };
    const { next, counts } = await scope.write("events:write", (unit) =>
      reclassifyPage(unit, judging, place),
    );
    sum.judged += counts.judged;
    sum.toMachine += counts.toMachine;
    sum.toPerson += counts.toPerson;
    sum.otherReason += counts.otherReason;
    if (next === null) return { version: judging.rules.version, ...sum };
    after = next;
  }
}
