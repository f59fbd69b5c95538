/** Asking for a consent that the person confirms by a link of their own (double opt-in). Pure. */
import { z } from "zod";
import type { AddressKind } from "../../ports/channel.ts";
import { type ConsentState, consentSchema } from "./consent.ts";

/** A consent to be asked for. */
export interface ConsentRequestInput {
  readonly channel: AddressKind;
  /** `marketing` when absent. */
  readonly purpose?: string;
  /** Where the wish came from, such as `sign-up form`. Never personal data. */
  readonly source: string;
  /** Proof of the wish: the form's wording, its address … It is kept with the consent, once that is confirmed. */
  readonly evidence?: Readonly<Record<string, unknown>>;
  /** Until when the link is good: a minute to 30 days ahead; 7 days when absent. */
  readonly expiresAt?: Date;
}

/** A consent that was asked for. */
export interface ConsentRequest {
  /** The signed link, for the contact's own address and nowhere else: whoever has it can confirm. */
  readonly url: string;
  readonly expiresAt: Date;
  /**
   * Where the consent stands: `pending`, or as it was: `granted` needs no confirmation, and `withdrawn` stays so until the person confirms.
   */
  readonly state: ConsentState;
}

/** What the engine knows of a confirmation besides its time. */
export interface ConfirmationProof {
  /** As the host told it; `null` where it did not. */
  readonly ip: string | null;
  /** The language of the page. */
  readonly language: string;
}

/**
 * Where a request stands. `confirmed`: done, and the consent still stands. `expired`: too late. `void`: the address is another one by now,
 * or the consent was withdrawn after it was asked for or given.
 */
export type ConsentRequestState = "open" | "confirmed" | "expired" | "void";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** How long a link is good where the host does not say. */
export const DEFAULT_EXPIRY_MS = 7 * DAY_MS;
const MAX_EXPIRY_MS = 30 * DAY_MS;

const { channel, purpose, source, evidence } = consentSchema.shape;

/** A consent to be asked for. */
export const consentRequestSchema = z.strictObject({
  channel,
  purpose,
  source,
  evidence,
  expiresAt: z.date().optional(),
});

/** Why a link can't expire then, or `null`. */
export function expiryProblem(now: number, expiresAt: Date | undefined): string | null {
  if (expiresAt === undefined) return null;
  const ahead = expiresAt.getTime() - now;
  if (ahead >= MINUTE_MS && ahead <= MAX_EXPIRY_MS) return null;
  return "Give a time from one minute to 30 days ahead.";
}

/** What is known of a request when it is decided where it stands. */
export interface RequestFacts {
  readonly requestedAt: number;
  readonly expiresAt: number;
  readonly confirmedAt: number | null;
  /** Whether the contact still has the address that the link went to. */
  readonly sameAddress: boolean;
  /** The consent as it is now, if there is one. */
  readonly consent: { readonly state: ConsentState; readonly changedAt: number } | null;
}

/** Decides where a request stands. An old link never takes a later withdrawal back. */
export function requestState(facts: RequestFacts, now: number): ConsentRequestState {
  const { consent, requestedAt, expiresAt, confirmedAt, sameAddress } = facts;
  if (!sameAddress) return "void";
  if (confirmedAt !== null) return consent?.state === "granted" ? "confirmed" : "void";
  if (consent?.state === "withdrawn" && consent.changedAt >= requestedAt) return "void";
  return expiresAt <= now ? "expired" : "open";
}
