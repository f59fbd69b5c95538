/** Topics: what a workspace writes about, for people to choose from. Pure. */
import { z } from "zod";
import { textOf } from "../../kernel/text.ts";
import type { AddressKind } from "../../ports/channel.ts";
import { ADDRESS_KINDS, purposeSchema } from "../consents/consent.ts";

/** How a topic is called in one language. */
export interface TopicText {
  readonly name: string;
  readonly description: string | null;
}

/** What a workspace writes about. People opt out of it, and in again, one by one. */
export interface Topic extends TopicText {
  /** What posts name it by; unique in the workspace, and never changed. */
  readonly key: string;
  /** Name and description in other languages, by BCP 47 tag. */
  readonly translations: Readonly<Record<string, TopicText>>;
  readonly channel: AddressKind;
  /** The purpose of consent under which it is sent. */
  readonly purpose: string;
  /** Its place in lists; equal ones stand by their keys. */
  readonly position: number;
  /** Whether people find it in the preference centre. */
  readonly visible: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A topic as a host defines it. */
export interface TopicInput {
  /** 1 to 64 letters, digits and `.`, `_`, `-`. */
  readonly key: string;
  readonly name: string;
  readonly description?: string | null;
  /** Replaces all that were given before. */
  readonly translations?: Readonly<
    Record<string, { readonly name: string; readonly description?: string | null }>
  >;
  /** `email` when absent. Can't be changed later. */
  readonly channel?: AddressKind;
  /** `marketing` when absent. Can't be changed later. */
  readonly purpose?: string;
  /** After all others when absent at first. */
  readonly position?: number;
  /** `true` when absent at first. */
  readonly visible?: boolean;
}

/** How many topics a workspace can have: more, and nobody reads the list. */
export const MAX_TOPICS = 100;
const MAX_TRANSLATIONS = 50;

/** What a topic is called by. */
export const topicKeySchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    "Give 1 to 64 letters, digits and . _ -, a letter or digit first.",
  );

const name = textOf({ min: 1, max: 200 });
const description = textOf({ max: 1_000 })
  .transform((text) => (text === "" ? null : text))
  .nullable();

/** The canonical form of a language tag, or `null`. */
function canonicalTag(tag: string): string | null {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? null;
  } catch {
    // A RangeError is how the platform says that this is no tag.
    return null;
  }
}

const translations = z
  .record(
    z.string().transform((tag, context) => {
      const canonical = canonicalTag(tag);
      if (canonical === null) context.addIssue("This is no BCP 47 language tag, such as de or pt-BR.");
      return canonical ?? tag;
    }),
    z.strictObject({ name, description: description.default(null) }),
  )
  .refine((given) => Object.keys(given).length <= MAX_TRANSLATIONS, {
    error: `Give at most ${MAX_TRANSLATIONS} languages.`,
  });

/** A topic as a host defines it. */
export const topicSchema = z.strictObject({
  key: topicKeySchema,
  name,
  description: description.optional(),
  translations: translations.optional(),
  channel: z.enum(ADDRESS_KINDS).optional(),
  purpose: purposeSchema.optional(),
  position: z.int().min(0).max(1_000_000).optional(),
  visible: z.boolean().optional(),
});

/** What is said of a key that names no topic. */
export function unknownTopic(key: string): string {
  return `No topic "${key}" is defined; define it with preferences.topics.define.`;
}
