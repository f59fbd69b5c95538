/** Suppressions: addresses that get nothing any more, from whatever part of the product. Pure. */
import { z } from "zod";
import type { AddressKind } from "../../ports/channel.ts";
import { storableText } from "../addresses/text.ts";
import { ADDRESS_KINDS } from "../consents/consent.ts";

/**
 * Why an address is suppressed. `hard-bounce`: there is no such mailbox. `soft-bounces`: mail came back as often as the policy allows. `erased`: the
 * person asked to be forgotten, and only the hash is left.
 */
export const SUPPRESSION_REASONS = [
  "hard-bounce",
  "soft-bounces",
  "complaint",
  "manual",
  "unsubscribe-all",
  "erased",
] as const;

/** A reason. */
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number];

/** One suppressed address, for one reason. */
export interface Suppression {
  readonly id: string;
  readonly channel: AddressKind;
  /** Normalised; `null` once the person was erased. */
  readonly address: string | null;
  readonly reason: SuppressionReason;
  readonly source: string;
  readonly createdAt: Date;
}

/** What `suppressions.add` and `remove` take. */
export const suppressionSchema = z.strictObject({
  channel: z.enum(ADDRESS_KINDS),
  address: z.string().min(1).max(1_000),
  reason: z.enum(SUPPRESSION_REASONS),
  source: z.string().overwrite(storableText).min(1).max(500),
});
