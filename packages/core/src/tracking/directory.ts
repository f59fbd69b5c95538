/** What tracking must know of deliveries and consent, wired by the engine: delivery knows tracking, not the other way round. */
import type { Unit } from "../kernel/unit.ts";
import type { AddressKind } from "../ports/channel.ts";
import type { Db } from "../storage/db.ts";

/** The delivery that a token names. */
export interface TrackedDelivery {
  readonly workspaceId: string;
  readonly deliveryId: string;
  readonly campaignId: string | null;
  readonly postId: string;
  /** `null` for a post on a public channel. */
  readonly contactId: string | null;
  /** The host's name of the channel. */
  readonly channel: string;
  readonly variant: string | null;
}

/** Wired by the engine. */
export interface TrackingDirectory {
  /** The delivery, in whatever workspace; only a token that we signed leads here. */
  deliveryOf(db: Db, deliveryId: string): Promise<TrackedDelivery | null>;
  /** Records that the contact wants no more marketing on that kind of address. Idempotent. */
  withdrawConsent(
    unit: Unit,
    withdrawal: { readonly contactId: string; readonly channel: AddressKind; readonly source: string },
  ): Promise<void>;
}
