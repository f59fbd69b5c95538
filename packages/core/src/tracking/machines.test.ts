import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { expect, it } from "vitest";
import { BASE, DELIVERY, KEY, openMessage, TARGETS, uuid } from "./message.fixture.ts";
import { signToken } from "./token.ts";

const BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
const HOME = "https://shop.example/";
const browser = { headers: { "user-agent": BROWSER } };

describeEachDatabase("machines behind tracked links", (database) => {
  it("CHN-11: keeps of a request what it is judged by, bounded, and of the address only its network", async () => {
    const { kit, time, urls, get, scope } = await openMessage(await database(), {}, { sentMsAgo: 60_000 });
    await get(
      urls.click(0, TARGETS[0]),
      { headers: { "user-agent": `${BROWSER} ${"x".repeat(900)}` } },
      { ip: "203.0.113.77" },
    );
    await time.advance("1m", kit);
    await get(
      urls.open,
      { headers: { "user-agent": "via ggpht.com GoogleImageProxy" } },
      { ip: "2001:db8:1:2:3::4" },
    );
    const kept = await scope.read("analytics:read", (db) =>
      db.selectFrom("ck_event_requests").selectAll().orderBy("event_id").execute(),
    );
    expect(kept).toMatchObject([
      { delivery_id: DELIVERY, method: "GET", network: "203.0.113.0/24", proxy: null, judged_by: "1" },
      { delivery_id: DELIVERY, link: null, network: "2001:db8:1::/48", proxy: "gmail-image-proxy" },
    ]);
    expect(kept[0]?.user_agent).toHaveLength(256);
    expect(JSON.stringify(kept)).not.toMatch(/203\.0\.113\.77|2001:db8:1:2/);
    await kit.stop();
  });

  it("CHN-11: tells scanners, privacy proxies and data centres from people, and redirects them all alike", async () => {
    const ranges = ["198.51.100.0/24"];
    const { kit, time, urls, get, events, verify } = await openMessage(await database(), {
      machines: { dataCentres: ranges },
    });
    const link = urls.click(0, TARGETS[0]);
    const visit = async (url: string | null, agent: string, ip?: string): Promise<void> => {
      const answer = await get(url, { headers: { "user-agent": agent } }, ip === undefined ? {} : { ip });
      expect([200, 302]).toContain(answer.status);
      await time.advance("1m", kit);
    };
    await visit(urls.open, "Mozilla/5.0");
    await visit(urls.open, "Mozilla/5.0 (via ggpht.com GoogleImageProxy)");
    await visit(link, "Mimecast/1.0");
    await visit(link, BROWSER, "198.51.100.9");
    await visit(link, BROWSER, "203.0.113.9");
    expect((await events()).map(({ type, machine }) => [type, machine])).toEqual([
      ["click", "scanner-mimecast"],
      ["click", "data-centre"],
      ["click", null],
      ["open", "apple-mail-privacy"],
      ["open", null],
    ]);
    expect(await verify()).toMatchObject({ exact: true, events: 5 });
    await kit.stop();
  });

  it("CHN-11: a click seconds after the send and clicks on all links at once are a scanner's, also when it calls itself a browser", async () => {
    const { kit, time, urls, get, events, verify } = await openMessage(
      await database(),
      {},
      { sentMsAgo: 500 },
    );
    const merged = urls.click(1, "https://shop.example/for/Ann");
    await get(urls.click(0, TARGETS[0]), browser);
    await time.advance("10s", kit);
    await get(urls.click(0, TARGETS[0]), browser);
    expect((await events()).map(({ machine }) => machine)).toEqual(["soon-after-send", null]);
    await get(merged, browser);
    expect((await events()).map(({ machine }) => machine)).toEqual([
      "soon-after-send",
      "link-burst",
      "link-burst",
    ]);
    expect(await verify()).toMatchObject({ exact: true, events: 3 });
    await kit.stop();
  });

  it("CHN-11: whoever follows the invisible link is a machine, and is led home like everybody", async () => {
    const { kit, time, urls, get, events } = await openMessage(await database(), { honeypot: HOME });
    expect(urls.honeypot?.startsWith(`${BASE}/c/`)).toBe(true);
    await get(urls.click(0, TARGETS[0]), browser, { ip: "192.0.2.1" });
    await time.advance("4s", kit);
    const trapped = await get(urls.honeypot ?? null, browser, { ip: "192.0.2.1" });
    expect([trapped.status, trapped.headers.get("location")]).toEqual([302, HOME]);
    await time.advance("1h", kit);
    await get(urls.click(0, TARGETS[0]), browser, { ip: "192.0.2.1" });
    expect((await events()).map(({ machine }) => machine)).toEqual(["honeypot", "honeypot", null]);
    await kit.stop();
  });

  it("CHN-11: what many people do at once with a public post is not taken for a machine's", async () => {
    const { kit, urls, get, events } = await openMessage(
      await database(),
      {},
      { isPublic: true, sentMsAgo: 0 },
    );
    await get(urls.click(0, TARGETS[0]), browser);
    await get(urls.click(1, "https://shop.example/for/all"), browser);
    expect((await events()).map(({ machine }) => machine)).toEqual([null, null]);
    await kit.stop();
  });

  it("CHN-11: a token is its own delivery's: cut, spliced or signed for another it opens nothing and counts for nobody", async () => {
    const { kit, urls, get, events } = await openMessage(await database());
    const tokenOf = (url: string): Buffer => Buffer.from(url.slice(`${BASE}/c/`.length), "base64url");
    const [own, merged] = [
      tokenOf(urls.click(0, TARGETS[0])),
      tokenOf(urls.click(1, "https://shop.example/for/Ann")),
    ];
    const other = Buffer.from(uuid(77).replaceAll("-", ""), "hex");
    // The delivery of somebody else under this one's signature, byte for byte and as a whole.
    const replayed = Buffer.from(own);
    other.copy(replayed, 2);
    const spliced = Buffer.concat([own.subarray(0, 18), merged.subarray(18)]);
    const retargeted = Buffer.concat([
      merged.subarray(0, 26),
      Buffer.from("https://evil.example/"),
      merged.subarray(merged.length - 16),
    ]);
    const forged = [
      replayed,
      retargeted,
      ...Array.from(own.keys(), (at) => own.map((byte, n) => (n === at ? byte ^ 1 : byte))),
    ];
    for (const bytes of forged) {
      const answer = await get(`${BASE}/c/${Buffer.from(bytes).toString("base64url")}`);
      expect([answer.status, answer.headers.get("location")]).toEqual([404, null]);
    }
    // Both halves are this delivery's own and say the same of it, so that this is the merged token itself.
    expect(spliced.equals(merged)).toBe(true);
    expect(await events()).toEqual([]);
    // A right signature for a delivery that is not there leads to nothing that was registered.
    const stranger = signToken(KEY, "click", uuid(77), { id: "a".repeat(16), url: null });
    expect((await get(`${BASE}/c/${stranger}`)).status).toBe(404);
    await kit.stop();
  });
});
