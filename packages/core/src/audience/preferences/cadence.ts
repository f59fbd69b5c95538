/** How often a contact wishes to be written to. Pure. */
import { z } from "zod";
import type { AddressKind } from "../../ports/channel.ts";
import { ADDRESS_KINDS } from "../consents/consent.ts";
import { sourceSchema } from "./choice.ts";

/** How often a contact wishes to be written to on one channel kind. Holds for all but transactional messages. */
export interface Cadence {
  readonly channel: AddressKind;
  /** At most so many messages in any seven days; of this and the workspace's policy the lower counts. `null`: no wish. */
  readonly maxPerWeek: number | null;
  /** Nothing before that; `null`: no pause. */
  readonly snoozedUntil: Date | null;
  /** Where it came from. Never personal data. */
  readonly source: string;
  readonly changedAt: Date;
}

/** A wish as a host states it. What is absent stays as it is; `null` takes it away. */
export interface CadenceInput {
  readonly channel: AddressKind;
  /** 1 to 100. */
  readonly maxPerWeek?: number | null;
  /** At most 366 days ahead: who wants nothing any more withdraws the consent. */
  readonly snoozedUntil?: Date | null;
  /** Where it came from. Never personal data. */
  readonly source: string;
}

/** The highest wish that says anything. */
const MAX_PER_WEEK = 100;
const DAY_MS = 86_400_000;
const MAX_SNOOZE_MS = 366 * DAY_MS;

/** A wish as a host states it. */
export const cadenceSchema = z.strictObject({
  channel: z.enum(ADDRESS_KINDS),
  maxPerWeek: z.int().min(1).max(MAX_PER_WEEK).nullable().optional(),
  snoozedUntil: z.date().nullable().optional(),
  source: sourceSchema,
});

/** Why nobody can be snoozed until then, or `null`. */
export function snoozeProblem(now: number, until: Date | null | undefined): string | null {
  if (until == null || until.getTime() <= now + MAX_SNOOZE_MS) return null;
  return "This is more than a year ahead; who wants nothing any more withdraws the consent.";
}

/** Of two wishes for the same channel kind what both allow. */
export function stricterCadence(
  one: Pick<Cadence, "maxPerWeek" | "snoozedUntil">,
  other: Pick<Cadence, "maxPerWeek" | "snoozedUntil">,
): Pick<Cadence, "maxPerWeek" | "snoozedUntil"> {
  return {
    maxPerWeek: lowerLimit(one.maxPerWeek, other.maxPerWeek),
    snoozedUntil: later(one.snoozedUntil, other.snoozedUntil),
  };
}

/** The lower of two limits; `null` is none. */
export function lowerLimit(one: number | null, other: number | null): number | null {
  if (one === null) return other;
  return other === null ? one : Math.min(one, other);
}

function later(one: Date | null, other: Date | null): Date | null {
  if (one === null) return other;
  return other === null || one > other ? one : other;
}
