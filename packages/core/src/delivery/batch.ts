/**
 * Taking a batch: one transaction that claims due deliveries of a post, sets aside those that must not go out, takes their place under the
 * frequency cap and their money from the budget, and leaves a claim row as the fence.
 */
import { loadRecipients } from "../audience/index.ts";
import { reserveUnits } from "../budgets/index.ts";
import type { Campaign } from "../campaigns/index.ts";
import type { Unit } from "../kernel/unit.ts";
import { loadPolicies } from "../policies/index.ts";
import type { Channel, Recipient } from "../ports/channel.ts";
import { preferIndexes } from "../storage/plans.ts";
import { addCounts, type DeliveryChange, updateDeliveries } from "./deliveries-store.ts";
import { skippedUnlessInDoubt } from "./delivery.ts";
import type { ClaimedDelivery } from "./dispatch-store.ts";
import {
  claimReady,
  insertClaim,
  insertReady,
  restDispatch,
  selectClaimed,
  takeTurn,
} from "./dispatch-store.ts";
import { returnPlaces, takePlaces } from "./frequency.ts";
import { BUDGET_EXHAUSTED, holdPost } from "./post-state.ts";
import type { PostRow } from "./posts-store.ts";

const WEEK_MS = 7 * 24 * 3_600_000;

/** A delivery that may go out now. */
export interface Ready extends ClaimedDelivery {
  /** `null` for a public post. */
  readonly recipient: Recipient | null;
}

/** A batch in this worker's hands. */
export interface Batch {
  readonly claimId: string;
  readonly post: PostRow;
  readonly campaign: Campaign;
  readonly deliveries: readonly Ready[];
  /** What was set aside for those that have not been paid for before; `null` when nothing was. */
  readonly reservationId: string | null;
  /** What one message costs. */
  readonly unitMicros: number;
}

/** What came of trying to take one. */
export type TakeResult =
  | { readonly outcome: "batch"; readonly batch: Batch }
  /** All that was due was set aside; there may be more. */
  | { readonly outcome: "none-eligible" }
  | { readonly outcome: "nothing-due" }
  /** The post was paused. */
  | { readonly outcome: "closed" }
  /** The budget has no room: the post rests until tomorrow, or is held until there is some. */
  | { readonly outcome: "no-budget" };

/** Whose batch, of what, and how large. */
export interface TakeRequest {
  readonly post: PostRow;
  readonly campaign: Campaign;
  readonly channel: Channel;
  readonly owner: string;
  readonly leaseMs: number;
  readonly limit: number;
  readonly part: number;
}

/** Takes a batch. */
export async function takeBatch(unit: Unit, request: TakeRequest): Promise<TakeResult> {
  const { post, campaign, channel } = request;
  await preferIndexes(unit.db);
  if (!(await takeTurn(unit.db, post.id, unit.now))) return { outcome: "closed" };
  const ids = await claimReady(unit.db, post.id, unit.now, request.limit);
  if (ids.length === 0) return { outcome: "nothing-due" };
  const claimed = await selectClaimed(unit.db, ids);
  const { ready, skipped } = await screen(unit, request, claimed);
  await skip(unit, request, skipped);
  if (ready.length === 0) return { outcome: "none-eligible" };
  const unitMicros = channel.costMicros ?? 0;
  const claimId = unit.newId();
  // What may have gone out at an earlier attempt is paid for.
  const unpaid = ready.filter(({ doubt }) => doubt === "");
  const grant = await reserveUnits(unit, {
    campaignId: campaign.id,
    channel: post.channel,
    unitMicros,
    count: unpaid.length,
    key: `batch:${claimId}`,
  });
  const refused = new Set(unpaid.slice(grant.granted));
  const granted = ready.filter((delivery) => !refused.has(delivery));
  if (refused.size > 0) {
    await giveBack(unit, request, [...refused]);
    if (granted.length === 0) {
      // In the unit that holds the budget's lock: a top-up comes before, and is seen, or after, and opens the post again.
      if (grant.retryAt === null) await holdPost(unit, post, BUDGET_EXHAUSTED);
      else await restDispatch(unit.db, post.id, grant.retryAt);
      return { outcome: "no-budget" };
    }
  }
  await insertClaim(unit.db, {
    id: claimId,
    workspaceId: unit.workspaceId,
    postId: post.id,
    owner: request.owner,
    leaseUntil: unit.now + request.leaseMs,
    deliveryIds: granted.map(({ id }) => id),
    reservationId: grant.reservationId,
    unitMicros,
  });
  return {
    outcome: "batch",
    batch: { claimId, post, campaign, deliveries: granted, reservationId: grant.reservationId, unitMicros },
  };
}

/** Sorts out who must not receive it: consent withdrawn or address suppressed since fan-out, or too much mail this week. */
async function screen(
  unit: Unit,
  { post, channel }: TakeRequest,
  claimed: readonly ClaimedDelivery[],
): Promise<{
  readonly ready: readonly Ready[];
  readonly skipped: readonly (ClaimedDelivery & { readonly reason: string })[];
}> {
  const { address } = channel;
  if (address === undefined)
    return { ready: claimed.map((delivery) => ({ ...delivery, recipient: null })), skipped: [] };
  const contactIds = claimed.flatMap(({ contactId }) => (contactId === null ? [] : [contactId]));
  const policies = await loadPolicies(unit.db, unit.workspaceId);
  const known = await loadRecipients(unit.db, {
    workspaceId: unit.workspaceId,
    contactIds,
    address,
    purpose: post.purpose,
    requireConsent: policies.requireConsent,
  });
  const skipped: (ClaimedDelivery & { readonly reason: string })[] = [];
  const eligible: (Ready & { readonly contactId: string })[] = [];
  for (const delivery of claimed) {
    const found = delivery.contactId === null ? undefined : known.get(delivery.contactId);
    if (delivery.contactId === null || found === undefined)
      skipped.push({ ...delivery, reason: "contact-gone" });
    else if (found.skip !== null) skipped.push({ ...delivery, reason: found.skip });
    else eligible.push({ ...delivery, contactId: delivery.contactId, recipient: found.recipient });
  }
  if (address !== "email" || post.purpose !== "marketing" || policies.maxEmailsPerContactPerWeek === null) {
    return { ready: eligible, skipped };
  }
  const cap = { limit: policies.maxEmailsPerContactPerWeek, windowMs: WEEK_MS };
  const wishes = eligible.map(({ id, contactId }) => ({ deliveryId: id, contactId }));
  const capped = await takePlaces(unit, address, wishes, cap);
  return {
    ready: eligible.filter(({ id }) => !capped.has(id)),
    skipped: [
      ...skipped,
      ...eligible
        .filter(({ id }) => capped.has(id))
        .map((delivery) => ({ ...delivery, reason: "frequency-cap" })),
    ],
  };
}

async function skip(
  unit: Unit,
  request: TakeRequest,
  skipped: readonly (ClaimedDelivery & { readonly reason: string })[],
): Promise<void> {
  const changes = skipped.map(
    ({ id, reason, attempts, doubt }): DeliveryChange => ({
      id,
      ...skippedUnlessInDoubt(doubt, reason),
      attempts,
      externalId: null,
      error: null,
      costMicros: 0,
    }),
  );
  const changed = await updateDeliveries(unit.db, ["pending"], changes, unit.now);
  const counts = changes
    .filter(({ id }) => changed.has(id))
    .flatMap(({ state, reason }) => [
      { state: "pending", reason: "", n: -1 },
      { state, reason, n: 1 },
    ]);
  await addCounts(unit.db, request.post.id, request.part, counts);
}

/** Puts deliveries back that the budget has no room for, and their places under the frequency cap. */
async function giveBack(
  unit: Unit,
  { post, channel }: TakeRequest,
  deliveries: readonly Ready[],
): Promise<void> {
  await insertReady(
    unit.db,
    post.id,
    deliveries.map(({ id }) => ({ id, dueAt: unit.now })),
  );
  if (channel.address === undefined) return;
  const places = deliveries.flatMap(({ id, contactId }) =>
    contactId === null ? [] : [{ deliveryId: id, contactId }],
  );
  await returnPlaces(unit, channel.address, places);
}
