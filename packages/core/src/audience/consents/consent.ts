/** Consent: what a contact has agreed to, by channel kind and purpose. Pure. */
import { z } from "zod";
import type { AddressKind } from "../../ports/channel.ts";
import type { ValidationIssue } from "../../ports/errors.ts";
import { isStorable, storableText } from "../addresses/text.ts";

/** The kinds of address there are. */
export const ADDRESS_KINDS = ["email", "phone"] as const satisfies readonly AddressKind[];

/** `pending`: asked for, not yet confirmed (double opt-in); counts as no consent. */
export const CONSENT_STATES = ["granted", "pending", "withdrawn"] as const;

/** Where a consent stands. */
export type ConsentState = (typeof CONSENT_STATES)[number];

/** What consents are for, where nothing else is said. */
export const DEFAULT_PURPOSE = "marketing";

/** What a contact has agreed to now, on one channel kind for one purpose. */
export interface Consent {
  readonly channel: AddressKind;
  readonly purpose: string;
  readonly state: ConsentState;
  /** Where it came from: a form, an import, an unsubscribe link … Never personal data. */
  readonly source: string;
  readonly changedAt: Date;
}

/** One entry of the consent log. */
export interface ConsentLogEntry {
  readonly channel: AddressKind;
  readonly purpose: string;
  readonly state: ConsentState;
  readonly source: string;
  /** Who recorded it. */
  readonly actor: string;
  /** The proof that the host gave along; gone once the contact is erased. */
  readonly evidence: Readonly<Record<string, unknown>> | null;
  readonly at: Date;
}

/** A consent as a host states it. */
export interface ConsentInput {
  readonly channel: AddressKind;
  /** `marketing` when absent. */
  readonly purpose?: string;
  readonly state: ConsentState;
  /** Where it came from. Never personal data: that belongs into `evidence`. */
  readonly source: string;
  /** When it was given, not in the future; now when absent. An older statement never replaces a newer one; a withdrawal now always wins. */
  readonly at?: Date;
  /** Proof: the form's wording, its address, the double opt-in's time … */
  readonly evidence?: Readonly<Record<string, unknown>>;
}

/** The longest purpose and source. */
const MAX_PURPOSE = 100;
const MAX_SOURCE = 500;
const MAX_EVIDENCE_BYTES = 20_000;

/** What a purpose is called. */
export const purposeSchema = z
  .string()
  .min(1)
  .max(MAX_PURPOSE)
  .regex(/^[\w .:/-]+$/, "Give letters, digits, blanks and . : / - _ only.");

/** A consent as a host states it. */
export const consentSchema = z.strictObject({
  channel: z.enum(ADDRESS_KINDS),
  purpose: purposeSchema.default(DEFAULT_PURPOSE),
  state: z.enum(CONSENT_STATES),
  source: z.string().overwrite(storableText).min(1).max(MAX_SOURCE),
  at: z.date().optional(),
  evidence: z
    .record(z.string(), z.json())
    .refine((evidence) => JSON.stringify(evidence).length <= MAX_EVIDENCE_BYTES, {
      error: `The evidence is longer than ${MAX_EVIDENCE_BYTES} characters of JSON.`,
    })
    .refine(isStorable, {
      error: "The evidence has text in it that no database stores: U+0000 or half a character.",
    })
    .optional(),
});

/** A checked statement. */
export type ConsentStatement = z.output<typeof consentSchema>;

/** How far a host's clock may be ahead of ours. */
const MAX_AHEAD_MS = 5 * 60_000;

/** Why a statement can't have been made at its time, or `null`: one from the future would stand against all that come until then. */
export function aheadOf(now: number, { at }: Pick<ConsentStatement, "at">): string | null {
  if (at === undefined || at.getTime() <= now + MAX_AHEAD_MS) return null;
  return "This is in the future; give when the statement was made, or leave it out for now.";
}

/** What `aheadOf` says of a list under `consents`. */
export function consentsAhead(
  now: number,
  consents: readonly ConsentStatement[],
): readonly ValidationIssue[] {
  return consents.flatMap((consent, index) => {
    const message = aheadOf(now, consent);
    return message === null ? [] : [{ path: ["consents", index, "at"], message }];
  });
}

/** The states from the least to the most restrictive. */
const RESTRICTION: Readonly<Record<ConsentState, number>> = { granted: 0, pending: 1, withdrawn: 2 };

/** The more restrictive of two states. */
export function stricter(a: ConsentState, b: ConsentState): ConsentState {
  return RESTRICTION[a] >= RESTRICTION[b] ? a : b;
}
