import { describe, expect, it } from "vitest";
import { readToken } from "./token.ts";
import { type MessageUrlsInput, messageUrls } from "./urls.ts";

const KEY = Buffer.alloc(32, 7);
const DELIVERY = "01890000-0000-7000-8000-00000000abcd";
const BASE = "https://shop.example/t";
const CAPABILITIES = { links: true, opens: true, unsubscribe: true };
const LINKS = [
  { id: "aaaaaaaaaaaaaaaa", url: "https://shop.example/spring?a=1&b=2" },
  { id: "bbbbbbbbbbbbbbbb", url: "https://shop.example/for/{{ firstName }}" },
];

const urls = (given: Partial<MessageUrlsInput> = {}) =>
  messageUrls({
    baseUrl: BASE,
    key: KEY,
    deliveryId: DELIVERY,
    links: LINKS,
    capabilities: CAPABILITIES,
    ...given,
  });

describe("the URLs of a message (CHN-11)", () => {
  it("carry the link's id where it is as registered, and the address itself where fields were merged", () => {
    const made = urls();
    const registered = made.click(0, "https://shop.example/spring?a=1&b=2");
    const merged = made.click(1, "https://shop.example/for/Zoë");
    expect(registered.startsWith(`${BASE}/c/`)).toBe(true);
    expect(readToken([KEY], "click", registered.slice(BASE.length + 3))).toEqual({
      deliveryId: DELIVERY,
      link: { id: "aaaaaaaaaaaaaaaa", url: null },
    });
    expect(readToken([KEY], "click", merged.slice(BASE.length + 3))).toEqual({
      deliveryId: DELIVERY,
      link: { id: "bbbbbbbbbbbbbbbb", url: "https://shop.example/for/Zoë" },
    });
    expect(urls().click(0, LINKS[0]?.url ?? "")).toBe(registered);
  });

  it("leave alone what is no web address, what is ours already, and what is too long to survive", () => {
    const { click, unsubscribe, preferences } = urls();
    const kept = [
      "mailto:hello@shop.example",
      "tel:+49301234567",
      "#top",
      "javascript:alert(1)",
      "/relative",
      "",
      "https://",
      unsubscribe ?? "",
      preferences ?? "",
      `https://shop.example/${"x".repeat(3_000)}`,
    ];
    for (const url of kept) expect(click(0, url)).toBe(url);
    expect(click(7, "https://shop.example/unregistered")).toBe("https://shop.example/unregistered");
  });

  it("never make our address vouch for a site that a merged field names: such a link stays as it is", () => {
    const written = (url: string): MessageUrlsInput["links"] => [{ id: "cccccccccccccccc", url }];
    const wrapped = (as: string, merged: string): boolean =>
      urls({ links: written(as) })
        .click(0, merged)
        .startsWith(`${BASE}/c/`);
    expect(wrapped("https://shop.example/for/{{ name }}", "https://shop.example/for/Zoë")).toBe(true);
    expect(wrapped("HTTPS://Shop.Example/for/{{ name }}", "https://shop.example/for/Ann")).toBe(true);
    expect(wrapped("https://shop.example?from={{ id }}", "https://shop.example?from=7")).toBe(true);
    const open: readonly (readonly [string, string])[] = [
      ["{{ contact.attributes.site }}", "https://evil.example/"],
      ["https://{{ site }}/", "https://evil.example/"],
      ["https://{{ shop }}.example/", "https://evil.example/"],
      ["https://shop.example{{ path }}", "https://shop.example.evil.example/"],
      ["https://shop.example{{ path }}", "https://shop.example@evil.example/"],
      ["https://shop.example{{ path }}", "https://shop.example/fine"],
      ["https://a:{{ x }}@shop.example/", "https://a:b@evil.example/"],
      ["https://shop.example:{{ port }}/", "https://shop.example:8443/"],
      ["https:{{ rest }}", "https://evil.example/"],
      ["https://shop.example/{{ path }}", "https://evil.example/"],
      ["https://shop.example\\{{ path }}", "https://shop.example\\@evil.example/"],
    ];
    for (const [as, merged] of open) expect([as, wrapped(as, merged)]).toEqual([as, false]);
  });

  it("never wrap the pages of ours, however their address is spelled", () => {
    const { click, unsubscribe, preferences } = urls();
    for (const page of [unsubscribe ?? "", preferences ?? ""]) {
      for (const spelled of [
        page,
        page.replace("https", "HTTPS"),
        page.replace("shop.example", "SHOP.Example"),
        page.replace("shop.example", "shop.example:443"),
        page.replace("/t/", "/x/../t/"),
      ])
        expect(urls({ links: [{ id: "dddddddddddddddd", url: spelled }] }).click(0, spelled)).toBe(spelled);
      expect(click(0, page)).toBe(page);
    }
  });

  it("have an invisible link only where the host wants one and links are tracked", () => {
    expect(urls().honeypot).toBeNull();
    const honeypot = urls({ honeypot: "https://shop.example/" }).honeypot ?? "";
    expect(readToken([KEY], "click", honeypot.slice(BASE.length + 3))).toEqual({
      deliveryId: DELIVERY,
      link: { id: "0000000000000000", url: "https://shop.example/" },
    });
    expect(urls({ baseUrl: null, honeypot: "https://shop.example/" }).honeypot ?? null).toBeNull();
    expect(
      urls({ honeypot: "https://shop.example/", capabilities: { ...CAPABILITIES, links: false } }).honeypot,
    ).toBeNull();
  });

  it("are there only as far as the host serves them and the channel can carry them", () => {
    const untracked = urls({ baseUrl: null });
    expect([untracked.click(0, "https://a.example/"), untracked.open, untracked.unsubscribe]).toEqual([
      "https://a.example/",
      null,
      null,
    ]);
    const bare = urls({ capabilities: { links: false, opens: false, unsubscribe: false } });
    expect([bare.click(0, "https://a.example/"), bare.open, bare.unsubscribe]).toEqual([
      "https://a.example/",
      null,
      null,
    ]);
    expect(untracked.preferences).toBeNull();
    const { preferences } = urls();
    expect(preferences?.startsWith(`${BASE}/p/`)).toBe(true);
    expect(readToken([KEY], "preferences", preferences?.slice(BASE.length + 3) ?? "")).toEqual({
      deliveryId: DELIVERY,
      link: null,
    });
    expect(urls().preferences).toBe(preferences);
    expect(urls().open).toMatch(/^https:\/\/shop\.example\/t\/o\/[A-Za-z0-9_-]+\.gif$/);
    expect(urls().unsubscribe).toMatch(/^https:\/\/shop\.example\/t\/u\/[A-Za-z0-9_-]+$/);
  });
});
