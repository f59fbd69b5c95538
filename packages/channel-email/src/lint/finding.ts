/** What the lint finds, before it is told. */
import type { HtmlBody } from "../compile/document.ts";
import type { EmailTexts } from "../content/content.ts";

/** Something an author should look at. */
export interface Finding {
  readonly code: string;
  readonly message: string;
  /** Where in the HTML it is; absent for what is nowhere in particular. */
  readonly at?: number;
  /** The field it is in, where that is not the body. */
  readonly field?: "subject" | "preheader" | "text";
}

/** What is looked over: the texts of one locale. */
export interface LintSubject {
  readonly texts: EmailTexts;
  /** `null` for a message of text only. */
  readonly body: HtmlBody | null;
  /** The text part's template. */
  readonly text: string;
  /** The `cid` of each inline image. */
  readonly inlineImages: ReadonlySet<string>;
  readonly locale: string | null;
  /** Whether messages will carry an unsubscribe address. */
  readonly tracked: boolean;
  /** Whether a footer may be added where the author wrote no unsubscribe link. */
  readonly footer: boolean;
}

/** A part of a source, short enough for a message. */
export function shown(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
