/**
 * What a worker writes while it sends a batch: results in micro-batches, and intents before the calls.
 *
 * Each write begins by renewing the claim. A claim that is gone belongs to nobody any more: the reaper has decided about what was open, and
 * the only thing still written is the truth about messages that were accepted after all.
 */
import { recordEvents } from "../analytics/index.ts";
import { recordCost, settleReservation } from "../budgets/index.ts";
import { SYSTEM_ACTOR } from "../kernel/access.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { runUnit, type Unit } from "../kernel/unit.ts";
import { micros } from "../math/money.ts";
import type { AddressKind } from "../ports/channel.ts";
import { preferIndexes } from "../storage/plans.ts";
import type { Batch, Ready } from "./batch.ts";
import {
  addCounts,
  type DeliveryChange,
  markSending,
  selectStates,
  updateDeliveries,
} from "./deliveries-store.ts";
import { type DeliveryState, mayBeOut } from "./delivery.ts";
import { deleteClaim, insertReady, renewClaim, wakeDispatch } from "./dispatch-store.ts";
import { returnPlaces } from "./frequency.ts";
import type { Settlement } from "./outcome.ts";
import { holdPost, isOpen } from "./post-state.ts";

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
  readonly address: AddressKind | undefined;
  /** What the claim answers for: of the batch, what has not been settled, or settled so that nobody opens it again. */
  readonly held: Set<string>;
}

/** A result, and what becomes of its delivery. */
interface Settled extends Result {
  readonly change: DeliveryChange;
}

const NOTHING: CheckpointAnswer = { proceed: false, intended: new Set() };

/** Writes results and intents in one transaction. Repeating it after an unknown commit changes nothing more. */
export async function checkpoint(frame: CheckpointFrame, work: CheckpointWork): Promise<CheckpointAnswer> {
  const { kernel, batch } = frame;
  const actor = { kernel, workspaceId: batch.post.workspace_id, actor: SYSTEM_ACTOR };
  const settled = work.results.map((result): Settled => ({ ...result, change: changeOf(result) }));
  const leaving = new Set(
    settled.filter(({ change }) => !isFinal(change)).map(({ delivery }) => delivery.id),
  );
  const answer = await runUnit(actor, async (unit): Promise<CheckpointAnswer> => {
    await preferIndexes(unit.db);
    const claim = await renewClaim(unit.db, {
      claimId: batch.claimId,
      number: work.number,
      leaseUntil: unit.now + frame.leaseMs,
      deliveryIds: leaving.size === 0 ? null : [...frame.held].filter((id) => !leaving.has(id)),
    });
    if (claim === "gone") {
      await settleLate(unit, frame, settled);
      return NOTHING;
    }
    const open = await isOpen(unit.db, batch.post.id);
    if (claim === "repeated") return { proceed: open, intended: await selectIntended(unit, work.intents) };
    await settle(unit, frame, settled);
    const intended =
      open && work.intents.length > 0 ? await markSending(unit.db, work.intents) : NOTHING.intended;
    if (work.finish !== undefined) await finish(unit, frame, work.finish);
    return { proceed: open, intended };
  });
  for (const id of leaving) frame.held.delete(id);
  return answer;
}

/** Whether nobody, neither the engine nor a person, opens it again. */
function isFinal({ state }: DeliveryChange): boolean {
  return state === "sent" || state === "skipped";
}

/** Which intents the same write left when it was committed the first time. */
async function selectIntended(unit: Unit, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const states = await selectStates(unit.db, ids);
  return new Set(states.filter(({ state }) => state === "sending").map(({ id }) => id));
}

/**
 * The state a settlement leads to, as the row and the counters have it. What may have gone out at an earlier attempt is never said to have
 * failed or been skipped: it is uncertain.
 */
function changeOf({ delivery, settlement }: Result): DeliveryChange {
  // Counted here whether or not an intent counted it on the row, unless it was not the message's fault.
  const attempts = delivery.attempts + (settlement.to === "pending" && !settlement.counts ? 0 : 1);
  const base = { id: delivery.id, attempts, externalId: null, error: null, costMicros: 0, reason: "" };
  switch (settlement.to) {
    case "sent":
      return {
        ...base,
        state: "sent",
        externalId: settlement.externalId,
        url: settlement.url,
        costMicros: settlement.costMicros,
      };
    case "failed":
    case "skipped":
      return delivery.doubt === ""
        ? { ...base, state: settlement.to, reason: settlement.reason, error: settlement.error }
        : { ...base, state: "uncertain", reason: delivery.doubt, error: settlement.error };
    case "uncertain":
      return { ...base, state: "uncertain", reason: settlement.reason, error: settlement.error };
    case "pending":
      return {
        ...base,
        state: "pending",
        reason: settlement.doubt || delivery.doubt,
        error: settlement.error,
      };
  }
}

async function settle(unit: Unit, frame: CheckpointFrame, all: readonly Settled[]): Promise<void> {
  if (all.length === 0) return;
  const { batch } = frame;
  const changes = all.map(({ change }) => change);
  const changed = await updateDeliveries(unit.db, ["pending", "sending"], changes, unit.now);
  const settled = all.filter(({ delivery }) => changed.has(delivery.id));
  const counts = settled.flatMap(({ change }) =>
    change.state === "pending"
      ? []
      : [
          { state: "pending", reason: "", n: -1 },
          { state: change.state, reason: change.reason, n: 1 },
        ],
  );
  await addCounts(unit.db, batch.post.id, frame.part, counts);
  await account(unit, frame, settled);
  const again = settled.flatMap(({ delivery, settlement }) =>
    settlement.to === "pending" ? [{ id: delivery.id, dueAt: unit.now + settlement.afterMs }] : [],
  );
  await insertReady(unit.db, batch.post.id, again);
  const hold = settled
    .map(({ settlement }) => (settlement.to === "pending" ? settlement.hold : undefined))
    .find(Boolean);
  if (hold !== undefined) await holdPost(unit, batch.post, hold);
}

/** Money, caps and events of settled deliveries: once per write, not once per message. */
async function account(unit: Unit, frame: CheckpointFrame, settled: readonly Settled[]): Promise<void> {
  const { batch, address } = frame;
  // In the order in which a claim takes them, so that the two never wait for each other: places, then money.
  if (address !== undefined) {
    const unsent = settled.filter(({ change }) => !mayBeOut(change)).map(({ delivery }) => delivery);
    await returnPlaces(unit, address, placesOf(unsent));
  }
  await pay(unit, batch, settled);
  await recordSent(
    unit,
    batch,
    settled.filter(({ change }) => change.state === "sent"),
  );
}

/** Commits the price of what may have gone out, and gives back the rest. What was in doubt before is paid for already. */
async function pay(
  unit: Unit,
  { claimId, reservationId, unitMicros, campaign, post }: Batch,
  settled: readonly Settled[],
): Promise<void> {
  const first = settled[0]?.delivery.id;
  if (first === undefined) return;
  const unpaid = settled.filter(({ delivery }) => delivery.doubt === "");
  const out = unpaid.filter(({ change }) => mayBeOut(change)).length;
  const extra = settled.reduce((total, { change }) => total + change.costMicros, 0);
  if (reservationId === null) {
    // The channel names no price beforehand, and the far side did afterwards.
    if (extra > 0) {
      await recordCost(unit, campaign.id, {
        key: `${claimId}:${first}:cost`,
        kind: "message",
        amount: micros(campaign.currency, extra),
        channel: post.channel,
      });
    }
    return;
  }
  await settleReservation(unit, {
    reservationId,
    key: `${claimId}:${first}`,
    commitMicros: out * unitMicros + extra,
    releaseMicros: (unpaid.length - out) * unitMicros,
  });
}

function recordSent(unit: Unit, { campaign, post }: Batch, sent: readonly Settled[]): Promise<unknown> {
  const events = sent.map(({ delivery, at }) => ({
    id: `sent:${delivery.id}`,
    type: "sent",
    at,
    campaignId: campaign.id,
    postId: post.id,
    channel: post.channel,
    contactId: delivery.contactId,
  }));
  return recordEvents(unit, events);
}

/** The places under a frequency cap that go back; what may have gone out keeps its own. */
function placesOf(
  deliveries: readonly Ready[],
): readonly { readonly deliveryId: string; readonly contactId: string }[] {
  return deliveries.flatMap(({ id, contactId, doubt }) =>
    contactId === null || doubt !== "" ? [] : [{ deliveryId: id, contactId }],
  );
}

/** Ends the claim; what was not tried is as if it had never been taken. */
async function finish(
  unit: Unit,
  { batch, address }: CheckpointFrame,
  { untried }: NonNullable<CheckpointWork["finish"]>,
): Promise<void> {
  await deleteClaim(unit.db, batch.claimId);
  // Somebody may have looked at the post while the batch was out, and put it to rest.
  await wakeDispatch(unit.db, batch.post.id, unit.now);
  if (untried.length === 0) return;
  const undone = untried.map(
    ({ id, attempts, doubt }): DeliveryChange => ({
      id,
      state: "pending",
      reason: doubt,
      attempts,
      externalId: null,
      error: null,
      costMicros: 0,
    }),
  );
  await updateDeliveries(unit.db, ["sending"], undone, unit.now);
  await insertReady(
    unit.db,
    batch.post.id,
    untried.map(({ id }) => ({ id, dueAt: unit.now })),
  );
  if (address !== undefined) await returnPlaces(unit, address, placesOf(untried));
  if (batch.reservationId !== null) {
    const releaseMicros = untried.filter(({ doubt }) => doubt === "").length * batch.unitMicros;
    await settleReservation(unit, {
      reservationId: batch.reservationId,
      key: `${batch.claimId}:untried`,
      commitMicros: 0,
      releaseMicros,
    });
  }
}

/**
 * The worker was taken for dead and its claim given away. What it knows to be accepted is still the truth: an `uncertain` delivery becomes
 * `sent`. One that was put back to be sent again stays so: that is the duplicate that its policy allows.
 */
async function settleLate(unit: Unit, frame: CheckpointFrame, settled: readonly Settled[]): Promise<void> {
  const { batch, part } = frame;
  const accepted = settled.filter(({ change }) => change.state === "sent");
  if (accepted.length === 0) return;
  const before = new Map(
    (
      await selectStates(
        unit.db,
        accepted.map(({ delivery }) => delivery.id),
      )
    ).map((row) => [row.id, row.reason]),
  );
  const from: readonly DeliveryState[] = ["uncertain"];
  const changes = accepted.map(({ change }) => change);
  const changed = await updateDeliveries(unit.db, from, changes, unit.now);
  const counts = [...changed].flatMap((id) => [
    { state: "uncertain", reason: before.get(id) ?? "", n: -1 },
    { state: "sent", reason: "", n: 1 },
  ]);
  await addCounts(unit.db, batch.post.id, part, counts);
  await recordSent(
    unit,
    batch,
    accepted.filter(({ delivery }) => changed.has(delivery.id)),
  );
}
