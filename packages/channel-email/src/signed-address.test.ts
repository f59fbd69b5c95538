import { expect, it } from "vitest";
import { fillAddress, isReturnPath, isSignedAddress } from "./signed-address.ts";

it.each([
  "bounces+{token}@bounce.shop.example",
  "{token}@bounce.shop.example",
  "b-{token}-b@bounce.shop.example",
  "seventeen-and-16={token}@bounce.shop.example",
])("CHN-2: %s has a place for a name", (address) => {
  expect(isSignedAddress(address)).toBe(true);
  expect(isReturnPath(address)).toBe(true);
});

it.each([
  ["no place", "bounces@bounce.shop.example"],
  ["two places", "{token}+{token}@bounce.shop.example"],
  ["the place in the domain", "bounces@{token}.shop.example"],
  ["letters beside it", "bounces{token}@bounce.shop.example"],
  ["a local part that is too long", "more-than-seventeen+{token}@bounce.shop.example"],
  ["no address", "bounces+{token}"],
])("CHN-2: %s is refused", (_, address) => {
  expect(isSignedAddress(address)).toBe(false);
});

it("CHN-2: is filled in, or left out where there is no name", () => {
  expect(fillAddress("b+{token}@a.example", "xyz")).toBe("b+xyz@a.example");
  expect(fillAddress("b+{token}@a.example", undefined)).toBeNull();
  expect(fillAddress("b@a.example", "xyz")).toBe("b@a.example");
  expect(fillAddress(null, "xyz")).toBeNull();
});
