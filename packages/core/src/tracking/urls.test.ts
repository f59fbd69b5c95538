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
