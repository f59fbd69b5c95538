/** Who may be written to, and why not. Pure. */

/**
 * Why a contact gets nothing.
 *
 * - `contact-gone`, `erased`: there is no such person any more.
 * - `no-address`: nothing to send to on this channel.
 * - `suppressed`: the address is on the workspace's suppression list.
 * - `consent-withdrawn`: the person took the consent back; no policy overrules it.
 * - `no-consent`: never given, or not confirmed yet.
 * - `topic-opt-out`: the person wants nothing on the post's topic.
 * - `snoozed`: the person wants nothing before a date; transactional messages go out all the same.
 */
export type SkipReason =
  | "contact-gone"
  | "erased"
  | "no-address"
  | "suppressed"
  | "consent-withdrawn"
  | "no-consent"
  | "topic-opt-out"
  | "snoozed";

/** The purpose of messages that somebody's own order or contract calls for: a receipt, a changed date. They need no consent. */
export const TRANSACTIONAL_PURPOSE = "transactional";

/** Whose silence is enough: of everybody where the policy says so, and for transactional messages. */
export function silenceIsConsent(query: {
  readonly purpose: string;
  readonly requireConsent?: boolean;
}): boolean {
  return query.requireConsent === false || query.purpose === TRANSACTIONAL_PURPOSE;
}

/** What is known about one contact on one channel kind and purpose. */
export interface Standing {
  readonly erased: boolean;
  readonly hasAddress: boolean;
  readonly suppressed: boolean;
  /** `null`: the person never said anything. */
  readonly consent: string | null;
  /** Out of the topic of the post. */
  readonly optedOut: boolean;
  readonly snoozed: boolean;
}

/** The first reason that stands against sending, or `null`. A withdrawal always stands, whatever silence means. */
export function skipReason(standing: Standing, silenceIsEnough: boolean): SkipReason | null {
  if (standing.erased) return "erased";
  if (!standing.hasAddress) return "no-address";
  if (standing.suppressed) return "suppressed";
  if (standing.consent === "withdrawn") return "consent-withdrawn";
  if (!silenceIsEnough && standing.consent !== "granted") return "no-consent";
  if (standing.optedOut) return "topic-opt-out";
  if (standing.snoozed) return "snoozed";
  return null;
}
