import { describe, expect, it } from "vitest";
import { asciiAddress, isAddress, parseMailbox } from "./address.ts";
import { headerText, isHeaderSafe } from "./header-text.ts";

describe("an address", () => {
  it.each([
    "a@b.example",
    "first.last+tag@sub.shop.example",
    "x@localhost",
    "ada@bücher.example",
    "jörg@käse.example",
    "o'neil@x.example",
    "用户@例子.example",
  ])("%s is one", (address) => {
    expect(isAddress(address)).toBe(true);
  });

  it.each([
    "",
    "a",
    "@b.example",
    "a@",
    "a b@c.example",
    "a@b@c.example",
    ".a@b.example",
    "a.@b.example",
    "a..b@c.example",
    "a@-b.example",
    "a@b..example",
    "a@b.example\n",
    "<a@b.example>",
    '"a b"@c.example',
    "a@b.example,c@d.example",
    "a,b@c.example",
    "a:b@c.example",
    "a@[127.0.0.1]",
    `${"a".repeat(65)}@b.example`,
    `a@${"b.".repeat(130)}example`,
  ])("%j is none", (address) => {
    expect(isAddress(address)).toBe(false);
  });

  it("goes over the wire with an ASCII domain in lower case, its local part as written", () => {
    expect(asciiAddress("Ada@BÜCHER.example")).toBe("Ada@xn--bcher-kva.example");
  });
});

describe("a mailbox", () => {
  it.each([
    ["hello@shop.example", "", "hello@shop.example"],
    ["The Shop <hello@shop.example>", "The Shop", "hello@shop.example"],
    ['"Shop, The" <hello@shop.example>', "Shop, The", "hello@shop.example"],
    ["Käse 🧀 <hallo@käse.example>", "Käse 🧀", "hallo@käse.example"],
  ])("is read from %s", (text, name, address) => {
    expect(parseMailbox(text)).toEqual({ name, address });
  });

  it.each([
    "",
    "Shop",
    "a@b.example, c@d.example",
    "Team: a@b.example;",
    "Shop <a@b.example> x@y.example",
    "Shop\r\n <a@b.example>",
  ])("is not read from %j", (text) => {
    expect(parseMailbox(text)).toBeNull();
  });
});

describe("header text", () => {
  it("is one line, well-formed, without controls", () => {
    expect(headerText(" a\r\n\tb\u0000c\u2028d\ud800 ")).toBe("a b c d\ufffd");
    expect(isHeaderSafe("Grüße 🎉")).toBe(true);
    expect(isHeaderSafe("a\u0085b")).toBe(false);
  });
});
