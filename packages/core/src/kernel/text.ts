/** Texts from outside, as every database can keep them. */
import { z } from "zod";

/** Whether both families can store the text: PostgreSQL has no NUL, and neither has half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\u0000");
}

/**
 * What a far side or a host's code said, as every database can keep it: at most so many UTF-16 units, half characters and NULs replaced. An error
 * must not become another one because it can't be written down.
 */
export function keptText(text: string, max: number): string {
  return text.slice(0, max).toWellFormed().replaceAll("\u0000", "\ufffd");
}

/** A trimmed text of at most `max` UTF-16 units, and at least `min` (0 when absent). */
export function textOf(limits: { readonly max: number; readonly min?: number }): z.ZodType<string, string> {
  const { max, min = 0 } = limits;
  return z
    .string()
    .trim()
    .min(min, { error: min === 1 ? "Give a text; this one is empty." : `Give at least ${min} characters.` })
    .max(max, {
      error: ({ input }) => `The text has ${String(input).length} characters; at most ${max} fit.`,
    })
    .refine(isStorable, {
      error:
        "The text holds a NUL or half of a surrogate pair, which can't be stored; send well-formed Unicode.",
    });
}
