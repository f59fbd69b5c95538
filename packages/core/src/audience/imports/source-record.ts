/** One record of a source, before anything is made of it. */

/** The longest record; more is taken for a mistake, such as a quote that is never closed. */
export const MAX_RECORD_CHARACTERS = 1_000_000;

/** A record with its place: `row` counts records from 1, `line` is where it begins (for objects the same as `row`). */
export type SourceRecord = { readonly row: number; readonly line: number } & (
  | { readonly kind: "cells"; readonly cells: readonly string[] }
  | { readonly kind: "object"; readonly value: unknown }
  /** It can't be read, the next ones can. */
  | { readonly kind: "broken"; readonly text: string; readonly reason: string }
);

/** The source can't be read any further: nothing that follows could be trusted. */
export class SourceBroken extends Error {
  readonly line: number;

  constructor(line: number, reason: string, options?: { readonly cause?: unknown }) {
    super(`Line ${line}: ${reason}`, options);
    this.line = line;
  }
}
