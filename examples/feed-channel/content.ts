/** What a post on the feed says, and what a campaign can set for it. */
import { z } from "zod";

/** Everything XML 1.0 can carry (section 2.2); control characters and lone surrogates can't be written at all. */
const XML_TEXT = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u;

/** Text of that length, with the line ends that XML keeps. */
function text(maxLength: number) {
  return z
    .string()
    .regex(XML_TEXT, "holds a character that XML can't carry, such as a control character")
    .transform((value) => value.replaceAll(/\r\n?/g, "\n").trim())
    .pipe(z.string().min(1).max(maxLength));
}

const tag = text(60).pipe(z.string().regex(/^[^\n\t]*$/, "must be one line"));

export const contentSchema = z.strictObject({
  title: text(200).pipe(z.string().regex(/^[^\n]*$/, "must be one line")),
  text: text(20_000),
  /** Where the entry leads: http or https. */
  link: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .max(2_000)
    .transform((value) => new URL(value).href)
    .optional(),
  tags: z.array(tag).max(10).default([]),
});

export const configSchema = z.strictObject({
  /** Put on every entry of the campaign, beside the post's own tags. */
  category: tag.optional(),
});

/** A post as its author writes it. */
export type FeedContentInput = z.input<typeof contentSchema>;
/** What a campaign can set. */
export type FeedConfigInput = z.input<typeof configSchema>;
/** What a campaign has set. */
export type FeedConfig = z.output<typeof configSchema>;
