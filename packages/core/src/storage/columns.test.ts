import { expect, it } from "vitest";
import { fromJson, toDate, toDateOrNull, toInteger, toIntegerOrNull, toJson } from "./columns.ts";

it("reads 64-bit integers however a driver returned them, and refuses what would be rounded", () => {
  for (const stored of [7, "7", 7n]) expect(toInteger(stored)).toBe(7);
  for (const stored of ["9007199254740993", 9007199254740993n, 2 ** 53, "7.5", "x"]) {
    expect(() => toInteger(stored)).toThrow(expect.objectContaining({ code: "STORAGE_FAILED" }));
  }
  expect(toIntegerOrNull(null)).toBeNull();
  expect(toIntegerOrNull("-1")).toBe(-1);
});

it("reads instants and JSON, also when a host's connection has parsed them already", () => {
  expect(toDate("1800000000000")).toEqual(new Date(1_800_000_000_000));
  expect(toDateOrNull(null)).toBeNull();
  expect(fromJson(toJson({ a: [1, null, "ü"] }))).toEqual({ a: [1, null, "ü"] });
  expect(fromJson({ a: 1 })).toEqual({ a: 1 });
});
