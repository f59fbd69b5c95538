/** Lets a `default` filter stand for a missing field wherever it is in the chain, not only as the first filter. */
import { type TagToken, Tokenizer, TokenKind, type TopLevelToken } from "liquidjs";
import { applyEdits, type Edit } from "../html/scan.ts";
import { textEngine } from "./engine.ts";

/** Turns a missing value into nil without replacing it, so that the filters behind it, `default` among them, get to see it. */
const LENIENT_FILTER = "default: nil, allow_false: true | ";

/**
 * The engine takes a missing field for granted only where `default` is the first filter. In
 * `{{ contact.firstName | capitalize | default: "friend" }}` another first filter is put before.
 */
export function letDefaultsApply(source: string): string {
  const tokens = new Tokenizer(source).readTopLevelTokens(textEngine.options);
  return applyEdits(source, tokens.flatMap(lenientEdit));
}

function lenientEdit(token: TopLevelToken): Edit[] {
  const value = valueTokenizer(token);
  if (value === null) return [];
  const { filters } = value.readFilteredValue();
  const [first] = filters;
  if (first === undefined || first.name === "default" || !filters.some((filter) => filter.name === "default"))
    return [];
  return [{ begin: first.begin, end: first.begin, text: LENIENT_FILTER }];
}

/** A tokenizer that stands before the value of an output, an echo or an assignment. */
function valueTokenizer(token: TopLevelToken): Tokenizer | null {
  if (token.kind === TokenKind.HTML || !("contentRange" in token)) return null;
  const tokenizer = new Tokenizer(token.input, textEngine.options.operators, undefined, token.contentRange);
  if (token.kind === TokenKind.Output) return tokenizer;
  const { name } = token as TagToken;
  if (name !== "echo" && name !== "assign") return null;
  tokenizer.readTagName();
  tokenizer.skipBlank();
  if (name === "echo") return tokenizer.end() ? null : tokenizer;
  tokenizer.readIdentifier();
  tokenizer.skipBlank();
  if (tokenizer.peek() !== "=") return null;
  tokenizer.advance();
  return tokenizer;
}
