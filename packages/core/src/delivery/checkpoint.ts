/**
 * What a worker writes while it sends a batch: results in micro-batches, and intents before the calls.
 *
 * Each write begins by renewing the claim. A claim that is gone belongs to nobody any more: the reaper has decided about what was open, and
 * the only thing still written is the truth about messages that were accepted after all.
 */
import { recordEvents } from "../analytics/index.ts";
import { settleReservation } from "../budgets/index.ts";
import { SYSTEM_ACTOR } from "../kernel/access.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { runUnit, type Unit } from "../kernel/unit.ts";
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
import type { DeliveryState } from "./delivery.ts";
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
  readonly results: readonly Result[];
  readonly intents: readonly string[];
  /** The end of the batch: these were not tried and go back; the claim ends. */
  readonly finish?: { readonly untried: readonly Ready[]; readonly intended: ReadonlySet<string> };
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
}

/** States whose deliveries take no place under a frequency cap. */
const NOT_OUT: ReadonlySet<string> = new Set(["failed", "skipped", "pending"]);

const NOTHING: CheckpointAnswer = { proceed: false, intended: new Set() };

/** Writes results and intents in one transaction. Repeating it after an unknown commit changes nothing more. */
export async function checkpoint(frame: CheckpointFrame, work: CheckpointWork): Promise<CheckpointAnswer> {
  const { kernel, batch } = frame;
  const actor = { kernel, workspaceId: batch.post.workspace_id, actor: SYSTEM_ACTOR };
  return runUnit(actor, async (unit) => {
    await preferIndexes(unit.db);
    const held = await renewClaim(unit.db, batch.claimId, unit.now + frame.leaseMs);
    if (!held) {
      await settleLate(unit, frame, work.results);
      return NOTHING;
    }
    await settle(unit, frame, work.results);
    const open = await isOpen(unit.db, batch.post.id);
    const intended =
      open && work.intents.length > 0 ? await markSending(unit.db, work.intents) : NOTHING.intended;
    if (work.finish !== undefined) await finish(unit, frame, work.finish);
    return { proceed: open, intended };
  });
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

async function settle(unit: Unit, frame: CheckpointFrame, results: readonly Result[]): Promise<void> {
  if (results.length === 0) return;
  const { batch } = frame;
  const changes = new Map(results.map((result) => [result.delivery.id, changeOf(result)]));
  const changed = await updateDeliveries(unit.db, ["pending", "sending"], [...changes.values()], unit.now);
  const settled = results.filter(({ delivery }) => changed.has(delivery.id));
  const counts = settled.flatMap(({ delivery }) => {
    const change = changes.get(delivery.id);
    return change === undefined || change.state === "pending"
      ? []
      : [
          { state: "pending", reason: "", n: -1 },
          { state: change.state, reason: change.reason, n: 1 },
        ];
  });
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
async function account(unit: Unit, frame: CheckpointFrame, settled: readonly Result[]): Promise<void> {
  const { batch, address } = frame;
  const sent = settled.filter(({ settlement }) => settlement.to === "sent");
  const statesOf = new Map(settled.map((result) => [result.delivery.id, changeOf(result).state]));
  const first = settled[0]?.delivery.id;
  if (batch.reservationId !== null && first !== undefined) {
    // An uncertain message is paid for: it may well have gone out.
    const paid = [...statesOf.values()].filter((state) => state === "sent" || state === "uncertain").length;
    const extra = sent.reduce(
      (total, { settlement }) => total + (settlement.to === "sent" ? settlement.costMicros : 0),
      0,
    );
    await settleReservation(unit, {
      reservationId: batch.reservationId,
      key: `${batch.claimId}:${first}`,
      commitMicros: paid * batch.unitMicros + extra,
      releaseMicros: (settled.length - paid) * batch.unitMicros,
    });
  }
  if (address !== undefined) {
    const unsent = settled
      .map(({ delivery }) => delivery)
      .filter(({ id }) => NOT_OUT.has(statesOf.get(id) ?? ""));
    await returnPlaces(unit, address, placesOf(unsent));
  }
  await recordEvents(
    unit,
    sent.map(({ delivery, at }) => ({
      id: `sent:${delivery.id}`,
      type: "sent",
      at,
      campaignId: batch.campaign.id,
      postId: batch.post.id,
      channel: batch.post.channel,
      contactId: delivery.contactId,
    })),
  );
}

function placesOf(
  deliveries: readonly Ready[],
): readonly { readonly deliveryId: string; readonly contactId: string }[] {
  return deliveries.flatMap(({ id, contactId }) =>
    contactId === null ? [] : [{ deliveryId: id, contactId }],
  );
}

/** Ends the claim; what was not tried is as if it had never been taken. */
async function finish(
  unit: Unit,
  { batch, address }: CheckpointFrame,
  { untried, intended }: NonNullable<CheckpointWork["finish"]>,
): Promise<void> {
  await deleteClaim(unit.db, batch.claimId);
  // Somebody may have looked at the post while the batch was out, and put it to rest.
  await wakeDispatch(unit.db, batch.post.id, unit.now);
  if (untried.length === 0) return;
  const undone = untried
    .filter(({ id }) => intended.has(id))
    .map(
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
  const first = untried[0]?.id;
  if (batch.reservationId !== null && first !== undefined) {
    const releaseMicros = untried.length * batch.unitMicros;
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
async function settleLate(unit: Unit, frame: CheckpointFrame, results: readonly Result[]): Promise<void> {
  const { batch, part } = frame;
  const accepted = results.filter(({ settlement }) => settlement.to === "sent");
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
  const changed = await updateDeliveries(unit.db, from, accepted.map(changeOf), unit.now);
  const counts = [...changed].flatMap((id) => [
    { state: "uncertain", reason: before.get(id) ?? "", n: -1 },
    { state: "sent", reason: "", n: 1 },
  ]);
  await addCounts(unit.db, batch.post.id, part, counts);
  await recordEvents(
    unit,
    accepted
      .filter(({ delivery }) => changed.has(delivery.id))
      .map(({ delivery, at }) => ({
        id: `sent:${delivery.id}`,
        type: "sent",
        at,
        campaignId: batch.campaign.id,
        postId: batch.post.id,
        channel: batch.post.channel,
        contactId: delivery.contactId,
      })),
  );
}
