/** What a contact said about a topic. Pure. */
import { z } from "zod";
import { storableText } from "../addresses/text.ts";
import { topicKeySchema } from "./topic.ts";

/** Where a contact can stand to a topic. Who said nothing receives it, as far as the consent goes. */
export const TOPIC_STATES = ["opted-in", "opted-out"] as const;

/** Where a contact stands to a topic. */
export type TopicState = (typeof TOPIC_STATES)[number];

/** What a contact said about one topic, now. */
export interface TopicChoice {
  /** The topic's key. */
  readonly topic: string;
  readonly state: TopicState;
  /** Where it came from: a form, an import, the preference centre … Never personal data. */
  readonly source: string;
  readonly changedAt: Date;
}

/** A choice as a host states it. */
export interface TopicChoiceInput {
  /** The topic's key. */
  readonly topic: string;
  readonly state: TopicState;
  /** Where it came from. Never personal data. */
  readonly source: string;
  /** When it was made, not in the future; now when absent. An older one never replaces a newer one; an opt-out now always wins. */
  readonly at?: Date;
}

/** Where a choice or a wish came from. */
export const sourceSchema = z.string().overwrite(storableText).min(1).max(500);

/** A choice as a host states it. */
export const topicChoiceSchema = z.strictObject({
  topic: topicKeySchema,
  state: z.enum(TOPIC_STATES),
  source: sourceSchema,
  at: z.date().optional(),
});

/** A checked choice. */
export type TopicStatement = z.output<typeof topicChoiceSchema>;
