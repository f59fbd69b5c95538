import { createCampaignKit, money } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { expect, it } from "vitest";
import {
  BASE,
  CAMPAIGN,
  CONTACT,
  DELIVERY,
  KEY,
  openMessage,
  POST,
  SIGNING_KEY,
  TARGETS,
  uuid,
} from "./message.fixture.ts";
import { signToken } from "./token.ts";

const FACTS = { campaign_id: CAMPAIGN, post_id: POST, contact_id: CONTACT, channel: "newsletter" };

describeEachDatabase("tracking handler", (database) => {
  it("CHN-11: redirects a click to the registered or the merged target, and records it", async () => {
    const { kit, time, urls, events, get, verify } = await openMessage(await database());
    const registered = await get(urls.click(0, TARGETS[0]));
    expect([registered.status, registered.headers.get("location")]).toEqual([302, TARGETS[0]]);
    expect(registered.headers.get("cache-control")).toContain("no-store");
    expect(registered.headers.get("referrer-policy")).toBe("no-referrer");
    await time.advance("5s", kit);
    const merged = await get(urls.click(1, "https://shop.example/for/Zoë"));
    expect(merged.headers.get("location")).toBe("https://shop.example/for/Zo%C3%AB");
    expect(await events()).toEqual([
      { type: "click", machine: null, ...FACTS },
      { type: "click", machine: null, ...FACTS },
    ]);
    expect(await verify()).toMatchObject({ exact: true, events: 2 });
    await kit.stop();
  });

  it("CHN-11: shows the pixel and records an open; the same moment counts once, another moment again", async () => {
    const { kit, time, urls, events, get } = await openMessage(await database());
    const first = await get(urls.open);
    expect([first.status, first.headers.get("content-type")]).toEqual([200, "image/gif"]);
    expect(
      Buffer.from(await first.arrayBuffer())
        .subarray(0, 6)
        .toString(),
    ).toBe("GIF89a");
    await Promise.all([get(urls.open), get(urls.open), get(urls.open)]);
    expect(await events()).toHaveLength(1);
    await time.advance("1m", kit);
    await get(urls.open);
    expect(await events()).toHaveLength(2);
    await kit.stop();
  });

  it("CHN-11: a prefetch and a HEAD are redirected, but are no person's clicks", async () => {
    const { kit, urls, events, get } = await openMessage(await database());
    const url = urls.click(0, TARGETS[0]);
    for (const headers of [
      { "sec-purpose": "prefetch;prerender" },
      { purpose: "prefetch" },
      { "x-moz": "prefetch" },
    ]) {
      expect((await get(url, { headers })).headers.get("location")).toBe(TARGETS[0]);
    }
    expect((await get(url, { method: "HEAD" })).headers.get("location")).toBe(TARGETS[0]);
    await get(url);
    expect((await events()).map(({ machine }) => machine).sort()).toEqual(
      ["head-request", "prefetch", null].sort(),
    );
    await kit.stop();
  });

  it("CHN-2, CHN-12: a GET of the unsubscribe page changes nothing, a POST withdraws consent, again and again the same", async () => {
    const { kit, urls, events, consents, get } = await openMessage(await database());
    const shown = await get(urls.unsubscribe);
    const html = await shown.text();
    expect(shown.status).toBe(200);
    expect(html).toContain('<form method="post">');
    expect(html).toContain('<html lang="en">');
    expect(html).not.toContain("<script");
    expect(shown.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect((await get(urls.unsubscribe, { method: "HEAD" })).status).toBe(200);
    expect([await events(), await consents()]).toEqual([[], []]);

    const oneClick = { method: "POST", body: new URLSearchParams("List-Unsubscribe=One-Click") };
    const done = await get(urls.unsubscribe, oneClick);
    expect([done.status, done.headers.get("location")]).toEqual([200, null]);
    expect(await done.text()).toContain("You are unsubscribed");
    const form = new FormData();
    form.set("List-Unsubscribe", "One-Click");
    expect((await get(urls.unsubscribe, { method: "POST", body: form })).status).toBe(200);
    expect(await events()).toEqual([{ type: "unsubscribe", machine: null, ...FACTS }]);
    expect(await consents()).toEqual([
      { contact_id: CONTACT, channel: "email", purpose: "marketing", state: "withdrawn" },
    ]);
    await kit.stop();
  });

  it("CHN-12: a POST that does not ask for it changes nothing", async () => {
    const { kit, urls, events, consents, get } = await openMessage(await database());
    const bodies: RequestInit[] = [
      { body: "" },
      { body: new URLSearchParams("List-Unsubscribe=maybe") },
      { body: "x".repeat(1_000_000), headers: { "content-type": "application/x-www-form-urlencoded" } },
      { body: "--broken", headers: { "content-type": "multipart/form-data; boundary=other" } },
      { body: '{"List-Unsubscribe":"One-Click"}', headers: { "content-type": "application/json" } },
      {},
    ];
    for (const init of bodies)
      expect((await get(urls.unsubscribe, { method: "POST", ...init })).status).toBe(400);
    expect([await events(), await consents()]).toEqual([[], []]);
    await kit.stop();
  });

  it("CHN-11: forged, foreign and mistaken addresses all get the same answer, and leave no trace", async () => {
    const { kit, urls, events, get } = await openMessage(await database());
    const click = urls.click(0, TARGETS[0]);
    const token = click.slice(`${BASE}/c/`.length);
    const sign = (key: Uint8Array, url: string | null, id = "a".repeat(16), delivery = DELIVERY): string =>
      `${BASE}/c/${signToken(key, "click", delivery, { id, url })}`;
    const forged = [
      `${BASE}/c/${token.slice(0, -2)}`,
      `${BASE}/c/${token}AA`,
      `${BASE}/u/${token}`,
      `${BASE}/o/${token}.gif`,
      `${BASE}/c/${(urls.unsubscribe ?? "").slice(`${BASE}/u/`.length)}`,
      `${BASE}/c/`,
      `${BASE}/c/${"A".repeat(100_000)}`,
      `${BASE}/c/${token}/../../etc/passwd`,
      `${BASE}/c/${token}%0d%0aset-cookie:a=b`,
      `${BASE}/c?url=https://evil.example/`,
      `${BASE}/`,
      sign(Buffer.alloc(32), "https://evil.example/"),
      sign(KEY, null, "0".repeat(16)),
      sign(KEY, null, "a".repeat(16), uuid(99)),
      sign(KEY, "javascript:alert(1)"),
      sign(KEY, "data:text/html,<script>alert(1)</script>"),
      sign(KEY, "//evil.example/"),
      sign(KEY, ""),
    ];
    const bodies = new Set<string>();
    for (const url of forged) {
      const response = await get(url);
      expect([url.slice(0, 120), response.status, response.headers.get("location")]).toEqual([
        url.slice(0, 120),
        404,
        null,
      ]);
      bodies.add(await response.text());
    }
    expect(bodies.size).toBe(1);
    expect(await events()).toEqual([]);
    await kit.stop();
  });

  it("CHN-11: a line break in a signed target never reaches a header", async () => {
    const { kit, get } = await openMessage(await database());
    const link = { id: "a".repeat(16), url: "https://shop.example/a\r\nset-cookie: a=b" };
    const response = await get(`${BASE}/c/${signToken(KEY, "click", DELIVERY, link)}`);
    expect(response.headers.get("set-cookie")).toBeNull();
    expect(response.headers.get("location")).toBe("https://shop.example/aset-cookie:%20a=b");
    await kit.stop();
  });

  it("CHN-11: works behind any base path, and knows its methods", async () => {
    const { kit, urls, get } = await openMessage(await database());
    const moved = urls.click(0, TARGETS[0]).replace(BASE, "http://10.0.0.7:3000");
    expect((await get(moved)).headers.get("location")).toBe(TARGETS[0]);
    expect((await get(`${moved}?utm_source=gateway#x`)).headers.get("location")).toBe(TARGETS[0]);
    const wrong = await get(moved, { method: "POST", body: "a=b" });
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect((await get(urls.open, { method: "DELETE" })).status).toBe(405);
    expect((await get(urls.unsubscribe, { method: "PUT", body: "a" })).headers.get("allow")).toBe(
      "GET, HEAD, POST",
    );
    await kit.stop();
  });

  it("CHN-11: a click whose target is in the link is redirected while the database is away; opens still show", async () => {
    const { kit, outage, urls, get, time } = await openMessage(await database());
    await get(urls.open);
    outage.down = true;
    const merged = await get(urls.click(1, "https://shop.example/for/Zoe"));
    expect([merged.status, merged.headers.get("location")]).toEqual([302, "https://shop.example/for/Zoe"]);
    expect((await get(urls.open)).status).toBe(200);
    const registered = await get(urls.click(0, TARGETS[0]));
    expect([registered.status, registered.headers.get("retry-after")]).toEqual([503, "120"]);
    const unsubscribe = { method: "POST", body: new URLSearchParams("List-Unsubscribe=One-Click") };
    const failed = await get(urls.unsubscribe, unsubscribe);
    expect(failed.status).toBe(503);
    expect(await failed.text()).not.toContain("unsubscribed");
    expect(time.log.filter(({ level }) => level === "error").length).toBeGreaterThan(0);
    outage.down = false;
    expect((await get(urls.click(0, TARGETS[0]))).status).toBe(302);
    expect((await get(urls.unsubscribe, unsubscribe)).status).toBe(200);
    await kit.stop();
  });

  it("CHN-11, ANA-1: a click's token lets the host's page name campaign, post and contact of a conversion", async () => {
    const { kit, urls, get, verify } = await openMessage(await database(), { clickParameter: "ck" });
    const response = await get(urls.click(0, TARGETS[0]));
    const target = new URL(response.headers.get("location") ?? "");
    expect([target.searchParams.get("a"), target.searchParams.get("b")]).toEqual(["1", "2"]);
    const clickToken = target.searchParams.get("ck") ?? "";
    const order = { id: "order-1", type: "conversion", clickToken, value: money("EUR", 10) };
    expect((await kit.workspace("shop").events.track(order)).outcome).toBe("recorded");
    const [event] = (await kit.workspace("shop").events.list({ contactId: CONTACT, type: "conversion" }))
      .items;
    expect(event).toMatchObject({
      campaignId: CAMPAIGN,
      postId: POST,
      deliveryId: DELIVERY,
      channel: "newsletter",
    });
    expect(await verify()).toMatchObject({ exact: true, events: 2 });
    const others = kit.workspace("other");
    await expect(others.events.track(order)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    // It is good for naming a click, and for nothing else.
    for (const route of ["c", "u"]) expect((await get(`${BASE}/${route}/${clickToken}`)).status).toBe(404);
    await kit.stop();
  });

  it("CHN-11, TEAM-5: links signed with an earlier key work as long as the host names it", async () => {
    const shared = await database();
    const old = await openMessage(shared);
    await old.kit.stop();
    const rotated = (previousSigningKeys: readonly string[]) =>
      createCampaignKit({
        storage: shared.connect(),
        channels: {},
        runtime: old.time.runtime,
        tracking: {
          baseUrl: BASE,
          signingKey: "another key, of at least thirty-two bytes",
          previousSigningKeys,
        },
      });
    const status = async (keys: readonly string[]): Promise<number> => {
      const kit = rotated(keys);
      const { status: found } = await kit.trackingHandler(new Request(old.urls.click(0, TARGETS[0])));
      await kit.stop();
      return found;
    };
    expect([await status([SIGNING_KEY]), await status([])]).toEqual([302, 404]);
    expect(() => rotated(["short"])).toThrow(/previousSigningKeys/);
  });

  it("CHN-12: speaks the recipient's language, and says in which", async () => {
    const { kit, urls, get } = await openMessage(await database());
    const page = async (accept: string): Promise<[string | null, string]> => {
      const response = await get(urls.unsubscribe, { headers: { "accept-language": accept } });
      return [
        response.headers.get("content-language"),
        /<h1>(.*)<\/h1>/.exec(await response.text())?.[1] ?? "",
      ];
    };
    expect(await page("de-AT,de;q=0.9,en;q=0.8")).toEqual(["de", "Abmelden"]);
    expect(await page("ja, fr;q=0.2, es;q=0.7")).toEqual(["es", "Darse de baja"]);
    expect(await page("*;q=x,<script>,de;q=0")).toEqual(["en", "Unsubscribe"]);
    await kit.stop();
  });
});
