/** Values on their way in and out, the same over `pg` and PGlite, whatever the host has set in its global type parsers. */
import { type SqlParameter, StorageError } from "@campaignkit/core";

/** Turns a value's text into what a row holds. */
export type Parser = (text: string) => unknown;

function exact(text: string): number {
  const number = Number(text);
  if (Math.abs(number) <= Number.MAX_SAFE_INTEGER || !Number.isFinite(number)) return number;
  throw new StorageError(
    "invalid",
    "PostgreSQL: a number in the result is beyond 2^53 and can't be held exactly; select it as text.",
  );
}

function bytes(text: string): Uint8Array {
  if (text.startsWith("\\x")) return Buffer.from(text.slice(2), "hex");
  throw new StorageError("invalid", "PostgreSQL: bytea_output must be hex, which is the server's default.");
}

const asText: Parser = (text) => text;

/** By type id (`SELECT oid, typname FROM pg_type`). Every other type, JSON and timestamps included, stays text. */
export const PARSERS: Readonly<Record<number, Parser>> = {
  16: (text) => text === "t" || text === "true",
  17: bytes,
  20: exact,
  21: Number,
  23: Number,
  26: Number,
  700: Number,
  701: Number,
  1700: exact,
};

function refuseBinary(): never {
  throw new StorageError(
    "invalid",
    "PostgreSQL: the pool is set to binary results; use one with text results.",
  );
}

/** The parser of a type's text form. */
export function parserOf(typeId: number): Parser {
  return PARSERS[typeId] ?? asText;
}

/** What `pg` asks per query instead of its global registry. */
export const RESULT_TYPES = {
  getTypeParser: (typeId: number, format?: string): Parser =>
    format === "binary" ? refuseBinary : parserOf(typeId),
};

function refuseNaN(position: number): never {
  throw new StorageError(
    "invalid",
    `PostgreSQL: parameter ${position} is NaN, which is no value of the engine; pass null for "unknown".`,
  );
}

/** A parameter as `pg` takes it. */
export function toPgValue(value: SqlParameter, index: number): string | number | boolean | null | Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (typeof value === "bigint") return value.toString();
  if (Number.isNaN(value)) refuseNaN(index + 1);
  return value;
}

/** A parameter in the text form of every type, for PGlite. */
export function toText(value: SqlParameter, index: number): string | null {
  if (value === null || typeof value === "string") return value;
  if (value instanceof Uint8Array)
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")}`;
  if (Number.isNaN(value)) refuseNaN(index + 1);
  return String(value);
}
