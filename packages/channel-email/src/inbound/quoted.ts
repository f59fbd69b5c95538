/** The message that a mail is about, as far as it is quoted: its headers. */
import { addressParser } from "postal-mime";
import { type Fields, readFields } from "./fields.ts";

/** What the headers of the quoted message say. */
export interface Quoted {
  readonly references: readonly string[];
  readonly writtenTo: readonly string[];
}

/** The headers that hold a signed name of ours. */
const NAMING = ["return-path", "message-id", "list-unsubscribe"] as const;
const MAX_HEADERS = 100_000;
const MAX_NAMES = 10;
const MAX_VALUE = 4_000;

/** Reads the headers at the beginning of a quoted message. */
export function readQuoted(source: string): Quoted {
  const text = source.slice(0, MAX_HEADERS).trimStart();
  const end = /\r?\n[ \t]*\r?\n/.exec(text)?.index ?? text.length;
  const fields = readFields(text.slice(0, end));
  return {
    references: NAMING.flatMap((name) => (fields.get(name) ?? []).slice(0, MAX_NAMES).flatMap(partsOf)),
    writtenTo: addressesIn(fields, "to"),
  };
}

/** `<mailto:…>, <https://…>` are two names. */
function partsOf(value: string): readonly string[] {
  const bracketed = Array.from(value.matchAll(/<([^<>]{1,3000})>/g), (match) => match[1] ?? "");
  return bracketed.length > 0 ? bracketed.slice(0, MAX_NAMES) : [value];
}

/** The addresses of a header, the first few. */
export function addressesIn(fields: Fields, name: string): readonly string[] {
  return (fields.get(name) ?? []).slice(0, MAX_NAMES).flatMap((value) =>
    addressParser(value.slice(0, MAX_VALUE), { flatten: true })
      .slice(0, MAX_NAMES)
      .flatMap(({ address }) => (address === undefined || address === "" ? [] : [address])),
  );
}
