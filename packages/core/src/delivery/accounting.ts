/**
 * What follows from outcomes for caps, money and results; once for each write, not once for each message.
 *
 * What may have gone out is paid for and keeps its place under the frequency cap, whatever follows; the rest is given back.
 */
import { recordEvents } from "../analytics/index.ts";
import { recordCost, settleReservation } from "../budgets/index.ts";
import type { Campaign } from "../campaigns/index.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Unit } from "../kernel/unit.ts";
import { micros } from "../math/money.ts";
import type { AddressKind } from "../ports/channel.ts";
import { returnToDay } from "./accounts/days-store.ts";
import type { Claim } from "./claims-store.ts";
import type { DeliveryChange } from "./deliveries-store.ts";
import { mayBeOut } from "./delivery.ts";
import { returnPlaces } from "./frequency.ts";
import type { PostRow } from "./posts-store.ts";

/** A delivery of a claim, and what becomes of it. */
export interface Decided {
  readonly delivery: { readonly id: string; readonly contactId: string | null; readonly doubt: string };
  readonly change: DeliveryChange;
}

/** Where a channel reaches a person; `undefined` for a public one, or one that this process does not have. */
export function addressOf(kernel: Kernel, channel: string): AddressKind | undefined {
  return Object.hasOwn(kernel.channels, channel) ? kernel.channels[channel]?.address : undefined;
}

/** Gives back to the channel's day what of the claim certainly did not go out. Before places and money, as they were taken. */
export async function returnShare(
  unit: Unit,
  { capDay }: Pick<Claim, "capDay">,
  channel: string,
  count: number,
): Promise<void> {
  if (capDay !== null) await returnToDay(unit.db, { channel, day: capDay }, count);
}

/** Settles caps and money of decided deliveries. `step` names the write within the claim: repeated, it changes nothing more. */
export async function account(
  unit: Unit,
  {
    claim,
    channel,
    step,
    decided,
  }: {
    readonly claim: Claim;
    readonly channel: string;
    readonly step: string;
    readonly decided: readonly Decided[];
  },
): Promise<void> {
  // In the order in which a claim takes them, so that the two never wait for each other: places, then money.
  const unsent = decided.filter(({ change }) => !mayBeOut(change)).map(({ delivery }) => delivery);
  await giveBackPlaces(unit, channel, unsent);
  if (claim.reservationId === null) return;
  // What was in doubt before is paid for already.
  const unpaid = decided.filter(({ delivery }) => delivery.doubt === "");
  const out = unpaid.filter(({ change }) => mayBeOut(change)).length;
  await settleReservation(unit, {
    reservationId: claim.reservationId,
    key: `${claim.id}:${step}`,
    commitMicros: out * claim.unitMicros + extraOf(decided),
    releaseMicros: (unpaid.length - out) * claim.unitMicros,
  });
}

/** Books what the far side named as its price afterwards, where no reservation takes it in. `key` names the write: repeated, it adds nothing. */
export async function bookLateCost(
  unit: Unit,
  {
    campaign,
    channel,
    key,
    decided,
  }: {
    readonly campaign: Campaign;
    readonly channel: string;
    readonly key: string;
    readonly decided: readonly Decided[];
  },
): Promise<void> {
  const extra = extraOf(decided);
  if (extra === 0) return;
  await recordCost(unit, campaign.id, {
    key: `${key}:cost`,
    kind: "message",
    amount: micros(campaign.currency, extra),
    channel,
  });
}

function extraOf(decided: readonly Decided[]): number {
  return decided.reduce((total, { change }) => total + (change.costMicros ?? 0), 0);
}

/** Gives back the places under the frequency cap of deliveries that did not go out. */
export async function giveBackPlaces(
  unit: Unit,
  channel: string,
  deliveries: readonly { readonly id: string; readonly contactId: string | null }[],
): Promise<void> {
  const address = addressOf(unit.kernel, channel);
  if (address === undefined) return;
  const places = deliveries.flatMap(({ id, contactId }) =>
    contactId === null ? [] : [{ deliveryId: id, contactId }],
  );
  await returnPlaces(unit, address, places);
}

/** Records that deliveries of the post were sent. */
export async function recordSent(
  unit: Unit,
  post: Pick<PostRow, "id" | "campaign_id" | "channel">,
  sent: readonly {
    readonly id: string;
    readonly contactId: string | null;
    readonly segmentSet: string | null;
    readonly at: number;
  }[],
): Promise<void> {
  const events = sent.map(({ id, contactId, segmentSet, at }) => ({
    id: `sent:${id}`,
    type: "sent",
    at,
    campaignId: post.campaign_id,
    postId: post.id,
    channel: post.channel,
    contactId,
    segmentSet,
  }));
  await recordEvents(unit, events);
}
