/** What tracking must know of deliveries, consent and preferences, wired by the engine: the others know tracking, not the other way round. */
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
  /** The set of segments that it was addressed to. */
  readonly segmentSet: string | null;
  /** When it was sent, or began to be, in epoch milliseconds; `null` where that is not known. */
  readonly sentAt: number | null;
}

/** Whose preferences, on which channel kind. */
export interface PreferenceKey {
  readonly contactId: string;
  readonly channel: AddressKind;
}

/** A topic as the preference centre shows it. */
export interface ShownTopic {
  readonly key: string;
  readonly name: string;
  readonly description: string | null;
  /** By language. */
  readonly translations: Readonly<
    Record<string, { readonly name: string; readonly description: string | null }>
  >;
  readonly chosen: boolean;
}

/** What the preference centre shows. */
export interface PreferenceView {
  readonly topics: readonly ShownTopic[];
  readonly maxPerWeek: number | null;
  /** In the future, or `null`. */
  readonly snoozedUntil: Date | null;
  /** What the workspace sends to anybody in a week at most. */
  readonly policyPerWeek: number | null;
  /** Nothing is left that could be unsubscribed from. */
  readonly unsubscribed: boolean;
  readonly locale: string | null;
  readonly timeZone: string | null;
}

/** What a person chose. What is absent stays as it is. */
export interface PreferenceChanges extends PreferenceKey {
  readonly topics: readonly { readonly key: string; readonly chosen: boolean }[];
  readonly maxPerWeek?: number | null;
  readonly snoozedUntil?: Date | null;
  readonly source: string;
}

/** A consent that was asked for: `open` until it is confirmed, too old (`expired`), or overtaken (`void`). */
export interface AskedConsent {
  readonly workspaceId: string;
  readonly state: "open" | "confirmed" | "expired" | "void";
  readonly locale: string | null;
}

/** How somebody confirmed. */
export interface Confirmation {
  readonly requestId: string;
  readonly ip: string | null;
  readonly language: string;
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
  /** Records that the contact wants nothing more at all on that kind of address, but what is transactional. Idempotent. */
  unsubscribeFromAll(unit: Unit, withdrawal: PreferenceKey & { readonly source: string }): Promise<void>;
  /** `null` for a contact that is no more. */
  preferencesOf(
    db: Db,
    workspaceId: string,
    key: PreferenceKey & { readonly now: number },
  ): Promise<PreferenceView | null>;
  changePreferences(unit: Unit, changes: PreferenceChanges): Promise<void>;
  /** The request, in whatever workspace; only a token that we signed leads here. `null` for one that is no more. */
  askedConsent(db: Db, requestId: string, now: number): Promise<AskedConsent | null>;
  /** Grants what was asked for, if that is still open. Idempotent. @returns where it stands now. */
  confirmConsent(unit: Unit, confirmation: Confirmation): Promise<AskedConsent["state"] | null>;
}
