/**
 * What a worker writes while it sends a batch: results in micro-batches, and intents before the calls.
 *
 * Each write begins by renewing the claim. A claim that is gone belongs to nobody any more: the reaper has decided about what was open, and
 * the only thing still written is the truth about messages that were accepted after all.
 */
import { SYSTEM_ACTOR } from "../kernel/access.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { runUnit, type Unit } from "../kernel/unit.ts";
import { preferIndexes } from "../storage/plans.ts";
import { account, bookLateCost, type Decided, recordSent, returnShare } from "./accounting.ts";
import type { Batch, Ready } from "./batch.ts";
import { refusedJob } from "./bounces.ts";
import { deleteClaim, renewClaim } from "./claims-store.ts";
import { changeDeliveries, markSending, selectStandings, UNSETTLED } from "./deliveries-store.ts";
import { isOpen, lockDispatch, wakeDispatch } from "./dispatches-store.ts";
import { changeOf, type Settlement } from "./outcome.ts";
import { addPace } from "./pace-store.ts";
import { holdPost } from "./post-state.ts";
import { insertReady } from "./ready-store.ts";

/** A settled attempt. */
export interface Result {
  readonly delivery: Ready;
  readonly settlement: Settlement;
  /** When the call ended, in epoch milliseconds. */
  readonly at: number;
}

/** What one write carries. */
export interface CheckpointWork {
  /** Its number in the batch, from 1; it keeps it when it is repeated. */
  readonly number: number;
  readonly results: readonly Result[];
  readonly intents: readonly string[];
  /** The end of the batch: these were not tried and go back; the claim ends. */
  readonly finish?: { readonly untried: readonly Ready[] };
}

/** What the write found. */
export interface CheckpointAnswer {
  /** Whether sending may go on: the claim is held and the post is open. */
  readonly proceed: boolean;
  /** Which of the intents stand. */
  readonly intended: ReadonlySet<string>;
}

/** The frame of a batch's writes. */
export interface CheckpointFrame {
  readonly kernel: Kernel;
  readonly batch: Batch;
  readonly leaseMs: number;
  readonly part: number;
  /** What the claim answers for: of the batch, what has not been settled, or settled so that nobody opens it again. */
  readonly held: Set<string>;
}

/** A result, and what becomes of its delivery. */
type Settled = Result & Decided;

const NOTHING: CheckpointAnswer = { proceed: false, intended: new Set() };

/** Writes results and intents in one transaction. Repeating it after an unknown commit changes nothing more. */
export async function checkpoint(frame: CheckpointFrame, work: CheckpointWork): Promise<CheckpointAnswer> {
  const { kernel, batch } = frame;
  const actor = { kernel, workspaceId: batch.post.workspace_id, actor: SYSTEM_ACTOR };
  const settled = work.results.map(
    (result): Settled => ({ ...result, change: changeOf(result.delivery, result.settlement) }),
  );
  const leaving = new Set(
    settled.filter(({ change }) => !isFinal(change.state)).map(({ delivery }) => delivery.id),
  );
  const answer = await runUnit(actor, async (unit): Promise<CheckpointAnswer> => {
    await preferIndexes(unit.db);
    const claim = await renewClaim(unit, {
      claimId: batch.claim.id,
      number: work.number,
      leaseUntil: unit.now + frame.leaseMs,
      deliveryIds: leaving.size === 0 ? null : [...frame.held].filter((id) => !leaving.has(id)),
    });
    if (claim === "gone") {
      await settleLate(unit, frame, settled);
      return NOTHING;
    }
    // The dispatch is locked before counters, caps and money, as by whoever takes a batch.
    const untried = work.finish?.untried ?? [];
    const putsBack = leaving.size > 0 || untried.length > 0;
    const open = putsBack
      ? (await lockDispatch(unit, batch.post.id)) === "open"
      : await isOpen(unit, batch.post.id);
    if (claim === "repeated") return { proceed: open, intended: await selectIntended(unit, work.intents) };
    if (work.finish !== undefined) await endClaim(unit, batch);
    await settle(unit, frame, settled);
    await putBack(unit, frame, untried);
    if (work.finish !== undefined)
      await addPace(unit, batch.post.id, batch.deliveries.length - untried.length);
    const intended = open ? await markSending(unit, work.intents) : NOTHING.intended;
    return { proceed: open, intended };
  });
  for (const id of leaving) frame.held.delete(id);
  return answer;
}

/** Whether nobody, neither the engine nor a person, opens it again. */
function isFinal(state: Decided["change"]["state"]): boolean {
  return state === "sent" || state === "skipped";
}

/** Which intents the same write left when it was committed the first time. */
async function selectIntended(unit: Unit, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const standings = await selectStandings(unit, ids);
  return new Set(standings.filter(({ state }) => state === "sending").map(({ id }) => id));
}

async function settle(
  unit: Unit,
  { batch, part }: CheckpointFrame,
  results: readonly Settled[],
): Promise<void> {
  const { claim, campaign, post } = batch;
  const changes = results.map(({ change }) => change);
  const changed = await changeDeliveries(unit, { postId: post.id, part }, UNSETTLED, changes);
  const settled = results.filter(({ delivery }) => changed.has(delivery.id));
  const step = settled[0]?.delivery.id;
  if (step === undefined) return;
  await returnShare(
    unit,
    claim,
    post.channel,
    settled.filter(({ settlement }) => !wentOut(settlement)).length,
  );
  await account(unit, { claim, channel: post.channel, step, decided: settled });
  if (claim.reservationId === null)
    await bookLateCost(unit, {
      campaign,
      channel: post.channel,
      key: `${claim.id}:${step}`,
      decided: settled,
    });
  await recordSent(unit, post, sentOf(settled));
  const again = settled.flatMap(({ delivery, settlement }) =>
    settlement.to === "pending" ? [{ id: delivery.id, dueAt: unit.now + settlement.afterMs }] : [],
  );
  await insertReady(unit, post.id, again);
  const refused = settled.flatMap(({ delivery, settlement }) =>
    settlement.to === "failed" && settlement.bounce !== undefined
      ? [{ deliveryId: delivery.id, bounce: settlement.bounce }]
      : [],
  );
  if (refused.length > 0) unit.enqueue(refusedJob, { payload: { refused } });
  const hold = settled
    .map(({ settlement }) => (settlement.to === "pending" ? settlement.hold : undefined))
    .find(Boolean);
  if (hold !== undefined) await holdPost(unit, post, hold);
}

/** Whether this attempt may have gone out. */
function wentOut(settlement: Settlement): boolean {
  switch (settlement.to) {
    case "sent":
    case "uncertain":
      return true;
    case "failed":
    case "skipped":
      return false;
    case "pending":
      return settlement.doubt !== "";
  }
}

function sentOf(settled: readonly Settled[]) {
  return settled
    .filter(({ change }) => change.state === "sent")
    .map(({ delivery: { id, contactId, segmentSet }, at }) => ({ id, contactId, segmentSet, at }));
}

async function endClaim(unit: Unit, { claim, post }: Batch): Promise<void> {
  await deleteClaim(unit, claim.id);
  // Somebody may have looked at the post while the batch was out, and put it to rest.
  await wakeDispatch(unit, post.id, unit.now);
}

/** What was not tried is as if it had never been taken. */
async function putBack(
  unit: Unit,
  { batch, part }: CheckpointFrame,
  untried: readonly Ready[],
): Promise<void> {
  const { claim, post } = batch;
  if (untried.length === 0) return;
  const decided = untried.map((delivery): Decided => {
    const { id, attempts, doubt } = delivery;
    return { delivery, change: { id, state: "pending", reason: doubt, attempts } };
  });
  const undone = decided.map(({ change }) => change);
  await changeDeliveries(unit, { postId: post.id, part }, { states: ["sending"] }, undone);
  await insertReady(
    unit,
    post.id,
    untried.map(({ id }) => ({ id, dueAt: unit.now })),
  );
  await returnShare(unit, claim, post.channel, untried.length);
  await account(unit, { claim, channel: post.channel, step: "untried", decided });
}

/**
 * The worker was taken for dead and its claim given away. What it knows to be accepted is still the truth: an `uncertain` delivery becomes
 * `sent`. One that was put back to be sent again stays so: that is the duplicate that its policy allows.
 */
async function settleLate(
  unit: Unit,
  { batch, part }: CheckpointFrame,
  settled: readonly Settled[],
): Promise<void> {
  const { campaign, claim, post } = batch;
  const accepted = settled.filter(({ change }) => change.state === "sent");
  const ids = accepted.map(({ delivery }) => delivery.id);
  const reasons = new Map((await selectStandings(unit, ids)).map(({ id, reason }) => [id, reason]));
  const changed = await changeDeliveries(
    unit,
    { postId: post.id, part },
    { states: ["uncertain"], reasonOf: (id) => reasons.get(id) ?? "" },
    accepted.map(({ change }) => change),
  );
  const late = accepted.filter(({ delivery }) => changed.has(delivery.id));
  // Its price was paid when it became uncertain; what the far side asks beyond that is told only now.
  const key = `${claim.id}:late:${late[0]?.delivery.id}`;
  await bookLateCost(unit, { campaign, channel: post.channel, key, decided: late });
  await recordSent(unit, post, sentOf(late));
}
