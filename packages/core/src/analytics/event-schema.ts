/** Events from outside become `NewEvent`s here, or a list of what is wrong with them. */
import { z } from "zod";
import { isStorable, textOf } from "../kernel/text.ts";
import { isId } from "../kernel/validate.ts";
import { type Money, micros } from "../math/money.ts";
import { CampaignKitError } from "../ports/errors.ts";
import { EVENT_TYPES, type EventType } from "./event.ts";

/** Clocks differ; an event from further ahead than this is a mistake. */
const FUTURE_TOLERANCE_MS = 3_600_000;
/** Before it, offsets of time zones were no whole quarters of an hour everywhere. */
const EARLIEST = new Date("1980-01-01T00:00:00Z");
const MAX_PROPERTIES_LENGTH = 4_096;

const id = z
  .string()
  .refine(isId, { error: ({ input }) => `"${String(input)}" is no id of campaignkit (a UUID).` });
const label = textOf({ min: 1, max: 200 });

const type = z.string().regex(/^[a-z][a-z0-9_.-]{0,63}$/, {
  error: ({ input }) =>
    `"${String(input)}" can't be an event type; give ${EVENT_TYPES.join(", ")}, or a name of your own like "signup" or "cart.abandoned".`,
});

const value = z.custom<Money>().transform((input, context): Money => {
  try {
    return micros(input?.currency, input?.amountMicros);
  } catch (error) {
    if (!CampaignKitError.is(error, "MONEY_INVALID")) throw error;
    context.addIssue({ code: "custom", message: error.message });
    return z.NEVER;
  }
});

const properties = z
  .record(z.string(), z.json())
  .refine((given) => JSON.stringify(given).length <= MAX_PROPERTIES_LENGTH, {
    error: `The properties are too long; as JSON they may have ${MAX_PROPERTIES_LENGTH} characters.`,
  })
  .refine(holdsStorableTexts, {
    error: "The properties hold a NUL or half of a surrogate pair, which can't be stored.",
  });

function holdsStorableTexts(given: unknown): boolean {
  if (typeof given === "string") return isStorable(given);
  if (typeof given !== "object" || given === null) return true;
  return Object.entries(given).every(([key, inner]) => isStorable(key) && holdsStorableTexts(inner));
}

const base = z
  .object({
    id: label.optional(),
    type,
    at: z
      .date()
      .min(EARLIEST, { error: "The event is from before 1980; give the instant at which it happened." })
      .optional(),
    campaignId: id.nullish(),
    postId: id.nullish(),
    contactId: id.nullish(),
    externalId: label.nullish(),
    clickToken: z.string().max(4_096).nullish(),
    channel: label.nullish(),
    variant: label.nullish(),
    segment: label.nullish(),
    count: z.int().min(0).max(1_000_000_000).optional(),
    value: value.nullish(),
    machine: label.nullish(),
    properties: properties.nullish(),
  })
  .strict()
  .refine(({ contactId, externalId }) => contactId == null || externalId == null, {
    path: ["externalId"],
    error: "Give contactId or externalId, not both.",
  });

/** What a host says about an event. */
export interface TrackedEvent {
  /** The host's id of the event, at most 200 characters: the same id is recorded once. Without it each call is a new event. */
  readonly id?: string;
  readonly type: EventType;
  /** When it happened; now when absent. */
  readonly at?: Date;
  readonly campaignId?: string | null;
  readonly postId?: string | null;
  readonly contactId?: string | null;
  /** The host's id of the contact, in place of `contactId`. */
  readonly externalId?: string | null;
  /** The token that a tracked link brought to the host's page: names campaign, post and contact that the event follows from. */
  readonly clickToken?: string | null;
  /** The host's name of the channel. */
  readonly channel?: string | null;
  readonly variant?: string | null;
  /** The segment that it counts for, its id or a name of yours; when absent, those that the delivery was addressed to. */
  readonly segment?: string | null;
  /** How many happenings it stands for, where only sums are known; 1 when absent. A refund is a conversion with `count: 0` and a negative value. */
  readonly count?: number;
  /** What it is worth; revenue is the value of conversions. */
  readonly value?: Money | null;
  /** Why it is taken for the act of a machine; people's figures leave it out. */
  readonly machine?: string | null;
  /** More about it, at most 4,096 characters as JSON. */
  readonly properties?: Readonly<Record<string, unknown>> | null;
}

/** The schema at an instant: what lies too far ahead of it is refused. */
export function eventSchema(now: number) {
  const limit = now + FUTURE_TOLERANCE_MS;
  return base.refine(({ at }) => at === undefined || at.getTime() <= limit, {
    path: ["at"],
    error: "The event lies in the future; give the instant at which it happened.",
  });
}

/** An event that keeps the schema. */
export type CheckedEvent = z.output<ReturnType<typeof eventSchema>>;
