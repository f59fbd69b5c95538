import { createCampaignKit, definePlugin, type Scope } from "@campaignkit/core";
import { describeEachDatabase, type TestDatabase } from "@campaignkit/test-support/each-database";
import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";
import { verifyRollups } from "../analytics/recount.ts";
import { registerLinks } from "./links.ts";
import { signToken } from "./token.ts";
import { messageUrls } from "./urls.ts";

const BASE = "https://shop.example/t";
const SIGNING_KEY = "a key of the host's own, at least 32 bytes long";
const KEY = new TextEncoder().encode(SIGNING_KEY);
const TARGETS = ["https://shop.example/spring?a=1&b=2", "https://shop.example/for/{{ firstName }}"] as const;

const uuid = (n: number): string => `00000000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
const CAMPAIGN = uuid(1);
const POST = uuid(2);
const CONTACT = uuid(3);
const DELIVERY = uuid(4);

/** An engine with one delivery of one post to one contact, and the URLs of its message. */
async function open(database: TestDatabase) {
  const time = virtualTime();
  const probe = definePlugin<Scope>({ id: "probe", workspace: (scope) => scope });
  const kit = createCampaignKit({
    storage: database.connect(),
    channels: {},
    plugins: { probe },
    runtime: time.runtime,
    tracking: { baseUrl: BASE, signingKey: SIGNING_KEY },
  });
  const scope = kit.workspace("shop").plugins.probe;
  const links = await scope.write("content:write", async (unit) => {
    const at = unit.now;
    await unit.db
      .insertInto("ck_contacts")
      .values({ workspace_id: "shop", id: CONTACT, attributes: "{}", created_at: at, updated_at: at })
      .execute();
    await unit.db
      .insertInto("ck_posts")
      .values({
        id: POST,
        workspace_id: "shop",
        campaign_id: CAMPAIGN,
        channel: "newsletter",
        state: "sending",
        role: "content",
        sequence: 1,
        purpose: "marketing",
        on_unknown: "hold",
        content: "{}",
        content_version: 1,
        fanned_out: true,
        version: 1,
        created_at: at,
        updated_at: at,
      })
      .execute();
    await unit.db
      .insertInto("ck_deliveries")
      .values({
        id: DELIVERY,
        workspace_id: "shop",
        campaign_id: CAMPAIGN,
        post_id: POST,
        contact_id: CONTACT,
        state: "sent",
        reason: "",
        attempts: 1,
        on_unknown: "hold",
        cost_micros: 0,
        created_at: at,
      })
      .execute();
    return registerLinks(unit, POST, TARGETS);
  });
  const urls = messageUrls({
    baseUrl: BASE,
    key: KEY,
    deliveryId: DELIVERY,
    links,
    capabilities: { links: true, opens: true, unsubscribe: true },
  });
  const events = () =>
    scope.read("analytics:read", (db) =>
      db
        .selectFrom("ck_events")
        .select(["type", "campaign_id", "post_id", "contact_id", "channel", "machine"])
        .where("workspace_id", "=", "shop")
        .orderBy("type")
        .orderBy("at")
        .orderBy("id")
        .execute(),
    );
  const consents = () =>
    scope.read("audience:read", (db) =>
      db.selectFrom("ck_consents").select(["contact_id", "channel", "purpose", "state"]).execute(),
    );
  const verify = () => scope.read("analytics:read", (db) => verifyRollups(db, "shop", CAMPAIGN));
  const get = (url: string | null, init?: RequestInit) => kit.trackingHandler(new Request(url ?? "", init));
  return { kit, time, urls, events, consents, verify, get, scope };
}

const FACTS = { campaign_id: CAMPAIGN, post_id: POST, contact_id: CONTACT, channel: "newsletter" };

describeEachDatabase("tracking handler", (database) => {
  it("CHN-11: redirects a click to the registered or the merged target, and records it", async () => {
    const { kit, time, urls, events, get, verify } = await open(await database());
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
    const { kit, time, urls, events, get } = await open(await database());
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
    const { kit, urls, events, get } = await open(await database());
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
    const { kit, urls, events, consents, get } = await open(await database());
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
    const { kit, urls, events, consents, get } = await open(await database());
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
    const { kit, urls, events, get } = await open(await database());
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
    const { kit, get } = await open(await database());
    const link = { id: "a".repeat(16), url: "https://shop.example/a\r\nset-cookie: a=b" };
    const response = await get(`${BASE}/c/${signToken(KEY, "click", DELIVERY, link)}`);
    expect(response.headers.get("set-cookie")).toBeNull();
    expect(response.headers.get("location")).toBe("https://shop.example/aset-cookie:%20a=b");
    await kit.stop();
  });

  it("CHN-11: works behind any base path, and knows its methods", async () => {
    const { kit, urls, get } = await open(await database());
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
});
