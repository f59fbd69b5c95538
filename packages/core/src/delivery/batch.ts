/**
 * Taking a batch: one transaction that claims due deliveries of a post, sets aside those that must not go out, and puts back those for which it is
 * not the hour; takes their share of the channel's day, their place under the frequency cap and their money from the budget, and leaves a claim
 * row as the fence.
 */
import { loadRecipients, lowerLimit } from "../audience/index.ts";
import { reserveUnits } from "../budgets/index.ts";
import type { Campaign } from "../campaigns/index.ts";
import type { Unit } from "../kernel/unit.ts";
import { loadPolicies } from "../policies/index.ts";
import type { Channel, Recipient } from "../ports/channel.ts";
import { preferIndexes } from "../storage/plans.ts";
import { giveBackPlaces } from "./accounting.ts";
import { dayAt, type LimitedDay } from "./accounts/day.ts";
import { hasClaimsOfDay, returnToDay, takeOfDay } from "./accounts/days-store.ts";
import { type Claim, countClaims, insertClaim } from "./claims-store.ts";
import { changeDeliveries, type DeliveryChange, selectStandings } from "./deliveries-store.ts";
import { skippedUnlessInDoubt, type UnknownPolicy } from "./delivery.ts";
import { restDispatch, takeTurn } from "./dispatches-store.ts";
import { takePlaces } from "./frequency.ts";
import { BUDGET_EXHAUSTED, holdPost, waitUntil } from "./post-state.ts";
import type { PostRow } from "./posts-store.ts";
import { insertReady, takeReady } from "./ready-store.ts";
import { timingOf } from "./timing.ts";

const WEEK_MS = 7 * 24 * 3_600_000;
/** A post whose money, or share of the day, is in other hands is looked at again when those have ended, or after so long. */
const LOOK_AGAIN_MS = 1_000;

/** A delivery taken out of the ready table. */
interface Claimed {
  readonly id: string;
  readonly contactId: string | null;
  readonly segmentSet: string | null;
  readonly attempts: number;
  readonly onUnknown: UnknownPolicy;
  /** Why an earlier attempt may have gone out all the same; empty when none can have. */
  readonly doubt: string;
}

/** A claimed delivery that must not go out, and why. */
interface Refused extends Claimed {
  readonly reason: string;
}

/** A delivery that may go out now. */
export interface Ready extends Claimed {
  /** `null` for a public post. */
  readonly recipient: Recipient | null;
  /** From then on it is quiet where the recipient is: what has not begun goes back. Infinite where it never is. */
  readonly closesAt: number;
}

/** A claimed delivery that may not go out yet. */
interface Early {
  readonly id: string;
  readonly dueAt: number;
}

/** A batch in this worker's hands. */
export interface Batch {
  /** Its reservation was set aside for those that have not been paid for before. */
  readonly claim: Claim;
  readonly post: PostRow;
  readonly campaign: Campaign;
  readonly deliveries: readonly Ready[];
}

/** What came of trying to take one. */
export type TakeResult =
  | { readonly outcome: "batch"; readonly batch: Batch }
  /** All that was due was set aside; there may be more. */
  | { readonly outcome: "none-eligible" }
  | { readonly outcome: "nothing-due" }
  /** The post was paused. */
  | { readonly outcome: "closed" }
  /** The channel has sent what it may today: the post rests until tomorrow. */
  | { readonly outcome: "day-full" }
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
  /** The number of the post's turn. */
  readonly turn: number;
}

/** Takes a batch. */
export async function takeBatch(unit: Unit, request: TakeRequest): Promise<TakeResult> {
  const { post, campaign, channel } = request;
  await preferIndexes(unit.db);
  if (!(await takeTurn(unit, post.id, request.turn))) return { outcome: "closed" };
  const ids = await takeReady(unit.db, post.id, unit.now, request.limit);
  if (ids.length === 0) return { outcome: "nothing-due" };
  const screened = await screen(unit, request, await selectClaimed(unit, ids));
  await insertReady(unit, post.id, screened.early);
  const { granted: today, day } = await takeShare(unit, request, screened.eligible);
  const { ready, refused } = await takePlacesFor(unit, request, today, screened.maxPerWeek);
  await skip(unit, request, [...screened.refused, ...refused]);
  if (day !== null) await returnToDay(unit.db, day, today.length - ready.length);
  if (ready.length === 0) {
    const full = day !== null && screened.eligible.length > 0 && today.length === 0;
    return full ? awaitTomorrow(unit, post, day) : { outcome: "none-eligible" };
  }
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
  const unaffordable = new Set(unpaid.slice(grant.granted));
  const granted = ready.filter((delivery) => !unaffordable.has(delivery));
  if (unaffordable.size > 0) {
    await giveBack(unit, post, [...unaffordable]);
    if (day !== null) await returnToDay(unit.db, day, unaffordable.size);
    if (granted.length === 0) {
      await awaitMoney(unit, post, grant.retryAt);
      return { outcome: "no-budget" };
    }
  }
  const claim: Claim = {
    id: claimId,
    postId: post.id,
    owner: request.owner,
    leaseUntil: unit.now + request.leaseMs,
    deliveryIds: granted.map(({ id }) => id),
    reservationId: grant.reservationId,
    unitMicros,
    capDay: day?.day ?? null,
  };
  await insertClaim(unit, claim);
  return { outcome: "batch", batch: { claim, post, campaign, deliveries: granted } };
}

/**
 * Lets the post wait for money, in the unit that holds the budget's lock: a top-up comes before, and is seen, or after, and opens the post again.
 *
 * What other workers have in hand of it is paid for. A hold would stop that, give its price back, open the post again, and so on for ever.
 */
async function awaitMoney(unit: Unit, post: PostRow, retryAt: number | null): Promise<void> {
  if (retryAt !== null) return waitUntil(unit, post, "daily-budget", retryAt);
  if ((await countClaims(unit.db, unit.workspaceId, post.id)) > 0)
    return restDispatch(unit, post.id, unit.now + LOOK_AGAIN_MS);
  await holdPost(unit, post, BUDGET_EXHAUSTED);
}

/** The deliveries behind claimed ids; one that has an outcome already is not claimed again. */
async function selectClaimed(unit: Unit, ids: readonly string[]): Promise<readonly Claimed[]> {
  return (await selectStandings(unit, ids))
    .filter(({ state }) => state === "pending")
    .map(({ id, contactId, segmentSet, attempts, onUnknown, reason }) => ({
      id,
      contactId,
      segmentSet,
      attempts,
      onUnknown,
      doubt: reason,
    }));
}

/** What came of looking at the recipients. */
interface Screened {
  readonly eligible: readonly Ready[];
  readonly refused: readonly Refused[];
  readonly early: readonly Early[];
  /** How many messages a week each contact may get, by the policy and its own wish. */
  readonly maxPerWeek: ReadonlyMap<string, number | null>;
}

/** Sorts out who must not receive it (consent withdrawn, topic refused or address suppressed since fan-out), and for whom it is not the hour. */
async function screen(
  unit: Unit,
  { post, campaign, channel }: TakeRequest,
  claimed: readonly Claimed[],
): Promise<Screened> {
  const { address } = channel;
  if (address === undefined) {
    const eligible = claimed.map((delivery) => ({
      ...delivery,
      recipient: null,
      closesAt: Number.POSITIVE_INFINITY,
    }));
    return { eligible, refused: [], early: [], maxPerWeek: new Map() };
  }
  const contactIds = claimed.flatMap(({ contactId }) => (contactId === null ? [] : [contactId]));
  const policies = await loadPolicies(unit.db, unit.workspaceId);
  const known = await loadRecipients(unit.db, {
    workspaceId: unit.workspaceId,
    contactIds,
    address,
    purpose: post.purpose,
    requireConsent: policies.requireConsent,
    wishes: { topic: post.topic, now: unit.now },
  });
  const timing = timingOf(post, campaign, policies, unit.now);
  const refused: Refused[] = [];
  const eligible: Ready[] = [];
  const early: Early[] = [];
  for (const delivery of claimed) {
    const found = delivery.contactId === null ? undefined : known.get(delivery.contactId);
    if (found === undefined) refused.push({ ...delivery, reason: "contact-gone" });
    else if (found.skip !== null) refused.push({ ...delivery, reason: found.skip });
    else {
      const { opensAt, closesAt } = timing.windowOf(found.recipient.timeZone);
      if (opensAt > unit.now) early.push({ id: delivery.id, dueAt: opensAt });
      else eligible.push({ ...delivery, recipient: found.recipient, closesAt });
    }
  }
  const policy = address === "email" ? policies.maxEmailsPerContactPerWeek : null;
  const maxPerWeek = new Map([...known].map(([id, found]) => [id, lowerLimit(policy, found.maxPerWeek)]));
  return { eligible, refused, early, maxPerWeek };
}

/** Counts them on the channel's day, as far as there is room; the others go back. */
async function takeShare(
  unit: Unit,
  { post, channel }: TakeRequest,
  eligible: readonly Ready[],
): Promise<{ readonly granted: readonly Ready[]; readonly day: LimitedDay | null }> {
  const { perDay } = channel.limits;
  if (perDay === undefined || eligible.length === 0) return { granted: eligible, day: null };
  const day = await dayAt(unit.db, post.channel, perDay, unit.now);
  const count = await takeOfDay(unit.db, day, eligible.length, day.limit);
  await insertReady(
    unit,
    post.id,
    eligible.slice(count).map(({ id }) => ({ id, dueAt: unit.now })),
  );
  return { granted: eligible.slice(0, count), day };
}

/** The channel has sent what it may today. What other workers have in hand of it may come back, though. */
async function awaitTomorrow(unit: Unit, post: PostRow, day: LimitedDay): Promise<TakeResult> {
  if (await hasClaimsOfDay(unit.db, day)) await restDispatch(unit, post.id, unit.now + LOOK_AGAIN_MS);
  else await waitUntil(unit, post, "daily-cap", day.nextAt);
  return { outcome: "day-full" };
}

/** Takes their places under the frequency caps; those that find none are refused. */
async function takePlacesFor(
  unit: Unit,
  { post, channel: { address } }: TakeRequest,
  deliveries: readonly Ready[],
  maxPerWeek: ReadonlyMap<string, number | null>,
): Promise<{ readonly ready: readonly Ready[]; readonly refused: readonly Refused[] }> {
  if (address === undefined || post.purpose !== "marketing") return { ready: deliveries, refused: [] };
  const requests = deliveries.flatMap(({ id, contactId }) => {
    const limit = contactId === null ? null : (maxPerWeek.get(contactId) ?? null);
    return contactId === null || limit === null ? [] : [{ deliveryId: id, contactId, limit }];
  });
  const capped = await takePlaces(unit, address, requests, WEEK_MS);
  return {
    ready: deliveries.filter(({ id }) => !capped.has(id)),
    refused: deliveries
      .filter(({ id }) => capped.has(id))
      .map((delivery) => ({ ...delivery, reason: "frequency-cap" })),
  };
}

async function skip(unit: Unit, { post, part }: TakeRequest, refused: readonly Refused[]): Promise<void> {
  const changes = refused.map(
    ({ id, reason, attempts, doubt }): DeliveryChange => ({
      id,
      ...skippedUnlessInDoubt(doubt, reason),
      attempts,
    }),
  );
  await changeDeliveries(unit, { postId: post.id, part }, { states: ["pending"] }, changes);
}

/** Puts deliveries back that the budget has no room for, and their places under the frequency cap. */
async function giveBack(unit: Unit, post: PostRow, deliveries: readonly Ready[]): Promise<void> {
  await insertReady(
    unit,
    post.id,
    deliveries.map(({ id }) => ({ id, dueAt: unit.now })),
  );
  await giveBackPlaces(unit, post.channel, deliveries);
}
