/**
 * Column codecs: what a value is in the database and what it is in the engine.
 *
 * 64-bit integers come back as number, string or bigint, depending on whose connection read them; the row types say so, and the
 * compiler then insists on a codec.
 */
import type { ColumnType } from "kysely";
import { StorageError } from "../ports/errors.ts";

/** A 64-bit integer as some driver returned it. */
export type StoredInteger = number | string | bigint;

/** An instant, in milliseconds since the Unix epoch. Read it with `instant` or `toInteger`. */
export type InstantColumn = ColumnType<StoredInteger, number, number>;
/** An instant that may be absent. */
export type NullableInstantColumn = ColumnType<
  StoredInteger | null,
  number | null | undefined,
  number | null
>;
/** An amount in micros, a count or a position. Read it with `toInteger`. */
export type BigIntColumn = ColumnType<StoredInteger, number, number>;
/** Such a column that may be null. */
export type NullableBigIntColumn = ColumnType<StoredInteger | null, number | null | undefined, number | null>;
/** A JSON object or array, written as text. Read it with `fromJson`. */
export type JsonColumn = ColumnType<unknown, string, string>;
/** Such a column that may be null. */
export type NullableJsonColumn = ColumnType<unknown, string | null | undefined, string | null>;
/** A truth value; 0 or 1 on SQLite. Read it with `Boolean`. */
export type BooleanColumn = ColumnType<boolean | number, boolean, boolean>;

/** A stored integer as a number. @throws {STORAGE_FAILED} when it is outside the safe integers: a wrong number must not pass. */
export function toInteger(stored: StoredInteger): number {
  const value = Number(stored);
  if (!Number.isSafeInteger(value))
    throw new StorageError("invalid", `The stored integer ${stored} is outside the safe range.`);
  return value;
}

/** A stored integer that may be absent. */
export function toIntegerOrNull(stored: StoredInteger | null): number | null {
  return stored === null ? null : toInteger(stored);
}

/** A stored instant as a Date. */
export function toDate(stored: StoredInteger): Date {
  return new Date(toInteger(stored));
}

/** A stored instant that may be absent. */
export function toDateOrNull(stored: StoredInteger | null): Date | null {
  return stored === null ? null : toDate(stored);
}

/** A JSON column's value; the caller names the type that it wrote. */
export function fromJson<Value>(stored: unknown): Value {
  return (typeof stored === "string" ? JSON.parse(stored) : stored) as Value;
}

/** An object or array as a JSON column takes it. */
export function toJson(value: object): string {
  return JSON.stringify(value);
}
