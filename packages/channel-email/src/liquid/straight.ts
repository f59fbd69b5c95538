/**
 * Templates without branches and loops as a list of pieces, which are put together in a tenth of the time that Liquid takes.
 *
 * Only what is certain to come out alike is done here: text, fields that hold a text or a number, the filters `default` and `url_encode`, and the
 * tags of compilation. Whatever else a template holds, or a field turns out to hold, is left to Liquid. A property test holds the two together.
 */
import { evalQuotedToken, type Filter, Output, Tag, type Template, TokenKind, TypeGuards } from "liquidjs";
import type { MergeScope } from "./scope.ts";
import { type CompiledLink, LinkTag, type MessageState, StateTag } from "./tags.ts";

/** A field that is output. */
interface FieldPiece {
  readonly path: readonly string[];
  /** What stands for it where it is missing; `null`: Liquid says that it is. */
  readonly fallback: string | null;
  readonly urlEncoded: boolean;
  readonly escaped: boolean;
}

type Piece = string | FieldPiece | StateTag | LinkTag;

/** The pieces of a template, in order. */
export type StraightTemplate = readonly Piece[];

/** Names that Liquid reads otherwise than as a property. */
const SPECIAL: readonly string[] = ["size", "first", "last"];
/** Longer texts may run into Liquid's limits, which it has to see. */
const MAX_LENGTH = 500_000;

/** The pieces of a parsed template; `null` when it holds what only Liquid can render. */
export function compileStraight(
  templates: readonly Template[],
  kind: "html" | "text",
): StraightTemplate | null {
  const pieces: Piece[] = [];
  for (const template of templates) {
    const piece = pieceOf(template, kind);
    if (piece === null) return null;
    pieces.push(piece);
  }
  return pieces;
}

function pieceOf(template: Template, kind: "html" | "text"): Piece | null {
  if (template instanceof Output) return fieldOf(template, kind);
  if (template instanceof StateTag || template instanceof LinkTag) return template;
  if (template instanceof Tag) return null;
  return TypeGuards.isHTMLToken(template.token) ? template.token.getContent() : null;
}

function fieldOf({ value }: Output, kind: "html" | "text"): FieldPiece | null {
  const [variable, ...more] = value.initial.postfix;
  if (more.length > 0 || !TypeGuards.isPropertyAccessToken(variable) || variable.variable !== undefined)
    return null;
  const path: string[] = [];
  for (const prop of variable.props) {
    if (!TypeGuards.isWordToken(prop) || SPECIAL.includes(prop.content)) return null;
    path.push(prop.content);
  }
  if (value.filters.some(({ raw }) => raw)) return null;
  // The engine for HTML puts a filter of its own behind those of the author.
  const filters = kind === "html" ? value.filters.slice(0, -1) : [...value.filters];
  const fallback = filters[0]?.name === "default" ? fallbackOf(filters.shift()) : null;
  if (fallback === undefined) return null;
  const urlEncoded = filters[0]?.name === "url_encode" && filters[0].args.length === 0;
  if (filters.length > (urlEncoded ? 1 : 0)) return null;
  return { path, fallback, urlEncoded, escaped: kind === "html" };
}

/** The text of `default: "…"`; `undefined` for any other form of it. */
function fallbackOf(filter: Filter | undefined): string | undefined {
  const [text, ...more] = filter?.args ?? [];
  if (text === undefined || more.length > 0 || Array.isArray(text) || text.kind !== TokenKind.Quoted)
    return undefined;
  return TypeGuards.isQuotedToken(text) ? evalQuotedToken(text) : undefined;
}

/** Puts a message together; `null` when a field holds what only Liquid can render, or nothing. */
export function renderStraight(
  pieces: StraightTemplate,
  scope: MergeScope,
  state: MessageState,
): string | null {
  let result = "";
  for (const piece of pieces) {
    const text = typeof piece === "string" ? piece : renderPiece(piece, scope, state);
    if (text === null) return null;
    result += text;
  }
  return result.length > MAX_LENGTH ? null : result;
}

function renderPiece(piece: Exclude<Piece, string>, scope: MergeScope, state: MessageState): string | null {
  if (piece instanceof StateTag) return piece.textFor(state);
  if (piece instanceof LinkTag) {
    const link = state.links[piece.slot];
    if (link === undefined) return "";
    const pieces = straightLink(link);
    const merged = pieces === null ? null : renderStraight(pieces, scope, state);
    return merged === null ? null : piece.textFor(link, merged, state);
  }
  return renderField(piece, scope);
}

const links = new WeakMap<CompiledLink, { readonly pieces: StraightTemplate | null }>();

function straightLink(link: CompiledLink): StraightTemplate | null {
  let known = links.get(link);
  if (known === undefined) {
    known = { pieces: compileStraight(link.templates, "text") };
    links.set(link, known);
  }
  return known.pieces;
}

function renderField({ path, fallback, urlEncoded, escaped }: FieldPiece, scope: MergeScope): string | null {
  const value = valueAt(scope, path);
  let text: string;
  if (typeof value === "string" && (value !== "" || fallback === null)) text = value;
  else if (typeof value === "number") text = String(value);
  else if ((value === undefined || value === "") && fallback !== null) text = fallback;
  else return null;
  if (urlEncoded) {
    if (!text.isWellFormed()) return null;
    text = encodeURIComponent(text).replace(/%20/g, "+");
  }
  return escaped ? escapeAsLiquid(text) : text;
}

/** What stands at a path; `undefined` where nothing does, `null` where Liquid would look further than into plain members. */
function valueAt(scope: MergeScope, path: readonly string[]): unknown {
  let value: unknown = scope;
  for (const name of path) {
    if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== null) return null;
    if (!Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
};

/** As the engine's own filter does, which is not quite as ours. */
function escapeAsLiquid(text: string): string {
  return /[&<>"']/.test(text)
    ? text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
    : text;
}
