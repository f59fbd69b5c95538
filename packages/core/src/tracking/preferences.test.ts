import { createCampaignKit } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { expect, it } from "vitest";
import { fieldsOf, openCentre } from "./centre.fixture.ts";

const DAY_MS = 86_400_000;
const UNTOUCHED = { consents: ["marketing granted"], topics: [], cadences: [], events: [] };

describeEachDatabase("preference centre", (database) => {
  it("CHN-12, AUD-5: shows what one receives and how often; looking changes nothing, whoever looks", async () => {
    const { kit, ann, link, get, state } = await openCentre(await database());
    const shown = await get(link);
    expect(shown.status).toBe(200);
    const page = await shown.text();
    const headers = Object.fromEntries(shown.headers);
    expect(headers).toMatchObject({
      "cache-control": "no-store, private",
      "x-robots-tag": "noindex, nofollow",
      "referrer-policy": "no-referrer",
      "x-frame-options": "DENY",
      "content-language": "en",
    });
    expect(headers["content-security-policy"]).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(page).toContain('<html lang="en">');
    expect(page).toContain("<h1>Your preferences</h1>");
    expect(page).not.toMatch(/<script|javascript:| on\w+=|style="/i);
    for (const hidden of ["Internal", "Text messages", "ann@example.com"]) expect(page).not.toContain(hidden);
    // Each field has a label of its own, each group a legend.
    const ids = [...page.matchAll(/<(?:select|input type="checkbox") id="([^"]+)"/g)].map(([, id]) => id);
    expect(ids).toEqual(["topic-0", "topic-1", "per-week", "snooze"]);
    for (const id of ids) expect(page).toContain(`<label for="${id}">`);
    for (const [, id] of page.matchAll(/aria-(?:describedby|labelledby)="([^"]+)"/g))
      expect(page).toContain(` id="${id}"`);
    expect(page.match(/<fieldset/g)).toHaveLength(page.match(/<legend>/g)?.length ?? 0);
    expect(fieldsOf(page)).toEqual({
      action: ["save"],
      shown: ["news", "offers"],
      topic: ["news", "offers"],
      "per-week": ["any"],
      snooze: ["none"],
    });
    // Of the limits only those are offered that are below the workspace's own.
    expect([...page.matchAll(/<option value="(\d)"/g)].map(([, limit]) => limit)).toEqual(["1", "2", "7"]);

    const head = await get(link, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    for (const query of ["?action=unsubscribe-all", "?action=save&shown=news", "?List-Unsubscribe=One-Click"])
      expect((await get(`${link}${query}`, { headers: { "sec-purpose": "prefetch" } })).status).toBe(200);
    const wrong = await get(link, { method: "PUT", body: "action=unsubscribe-all" });
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET, HEAD, POST"]);
    expect(await state(ann)).toEqual(UNTOUCHED);
    await kit.stop();
  });

  it("CHN-12, AUD-5: keeps what one chose, and shows it again; pressing the button without a choice says nothing", async () => {
    const { kit, shop, time, ann, link, get, post, state } = await openCentre(await database());
    const first = await post(link, fieldsOf(await (await get(link)).text()));
    expect(first.status).toBe(200);
    expect(await first.text()).toContain('<p class="notice" role="status">Your choices are saved.</p>');
    expect(await state(ann)).toEqual(UNTOUCHED);

    const until = new Date(time.now().getTime() + 30 * DAY_MS);
    const fields = {
      action: "save",
      shown: ["news", "offers"],
      topic: "news",
      "per-week": "1",
      snooze: "30",
    };
    const saved = await (await post(link, fields)).text();
    expect(saved).toContain("<title>Your choices are saved. – Your preferences</title>");
    expect(fieldsOf(saved)).toMatchObject({ topic: ["news"], "per-week": ["1"], snooze: ["keep"] });
    expect(saved).toContain("Paused until ");
    const chosen = {
      consents: ["marketing granted"],
      topics: ["offers opted-out"],
      cadences: [{ channel: "email", maxPerWeek: 1, snoozedUntil: until }],
      events: [],
    };
    expect(await state(ann)).toEqual(chosen);
    // The same form once more, as a reader reloads it.
    await post(link, fieldsOf(saved));
    expect(await state(ann)).toEqual(chosen);
    expect((await shop.preferences.log(ann)).items).toMatchObject([
      { kind: "topic", topic: "offers", state: "opted-out", source: "preference centre", actor: "system" },
      { kind: "cadence", maxPerWeek: 1, source: "preference centre" },
    ]);
    await post(link, {
      action: "save",
      shown: ["news", "offers"],
      topic: ["news", "offers"],
      "per-week": "any",
      snooze: "none",
    });
    expect(await state(ann)).toMatchObject({
      topics: ["offers opted-in"],
      cadences: [{ channel: "email", maxPerWeek: null, snoozedUntil: null }],
    });
    await kit.stop();
  });

  it("CHN-12: a topic that the person did not see is not chosen against, nor can one be chosen that is not offered", async () => {
    const { kit, shop, ann, link, post, state } = await openCentre(await database());
    const elsewhere = kit.workspace("other");
    await elsewhere.preferences.topics.define({ key: "theirs", name: "Theirs" });
    await shop.preferences.topics.define({ key: "added", name: "Added since" });
    await shop.preferences.setTopic(ann, { topic: "internal", state: "opted-out", source: "staff" });
    await post(link, {
      action: "save",
      shown: ["news", "internal", "texts", "theirs", "nothing", "<script>", "' or 1=1 --"],
      topic: ["internal", "texts"],
    });
    expect(await state(ann)).toMatchObject({
      topics: ["internal opted-out", "news opted-out"],
      cadences: [],
    });
    await kit.stop();
  });

  it("CHN-12: whatever else is sent changes nothing, and says so", async () => {
    const { kit, ann, link, get, post, state } = await openCentre(await database());
    const save = { action: "save", shown: ["news"], snooze: "none", "per-week": "any" };
    const forms: readonly Readonly<Record<string, string | readonly string[]>>[] = [
      {},
      { action: "delete" },
      { "List-Unsubscribe": "One-Click" },
      { ...save, "per-week": "0" },
      { ...save, "per-week": "101" },
      { ...save, "per-week": "1e1" },
      { ...save, "per-week": "-1" },
      { ...save, "per-week": "" },
      { ...save, snooze: "100000" },
      { ...save, snooze: "7 days" },
      { ...save, shown: Array.from({ length: 2_000 }, (_, n) => `a-very-long-name-of-a-topic-${n}`) },
    ];
    for (const form of forms) {
      const answer = await post(link, form);
      expect([JSON.stringify(form).slice(0, 80), answer.status]).toEqual([
        JSON.stringify(form).slice(0, 80),
        400,
      ]);
      expect(await answer.text()).toContain("Nothing was saved");
    }
    const bodies: RequestInit[] = [
      {},
      { body: "--x", headers: { "content-type": "multipart/form-data; boundary=y" } },
      { body: '{"action":"unsubscribe-all"}', headers: { "content-type": "application/json" } },
    ];
    for (const init of bodies) expect((await get(link, { method: "POST", ...init })).status).toBe(400);
    expect(await state(ann)).toEqual(UNTOUCHED);
    await kit.stop();
  });

  it("CHN-12: a link opens the preferences of one contact only; forged ones and those of other purposes all look alike", async () => {
    const { kit, bob, ann, link, linkOf, get, post, state } = await openCentre(await database());
    const token = link.slice(link.lastIndexOf("/") + 1);
    const other = linkOf(bob).slice(linkOf(bob).lastIndexOf("/") + 1);
    const base = link.slice(0, link.lastIndexOf("/p/"));
    // One's signature under another's delivery.
    const crossed = Buffer.concat([
      Buffer.from(token, "base64url").subarray(0, 18),
      Buffer.from(other, "base64url").subarray(18),
    ]).toString("base64url");
    const answers = new Set<string>();
    for (const path of [
      `/p/${crossed}`,
      `/p/${token.slice(0, -1)}`,
      `/p/${token}A`,
      `/p/${token}=`,
      `/p/`,
      `/s/${token}`,
      `/u/${token}`,
      `/c/${token}`,
      `/p/${token}/../${other}x`,
    ]) {
      const shown = await get(`${base}${path}`);
      expect([path, shown.status]).toEqual([path, 404]);
      answers.add(await shown.text());
      const posted = await post(`${base}${path}`, { action: "unsubscribe-all" });
      expect([path, posted.status]).toEqual([path, path.startsWith("/c/") ? 405 : 404]);
    }
    expect(answers.size).toBe(1);
    await post(linkOf(bob), { action: "save", shown: ["news"], topic: [] });
    expect(await state(ann)).toEqual(UNTOUCHED);
    expect((await state(bob)).topics).toEqual(["news opted-out"]);
    await kit.stop();
  });

  it("CHN-12: unsubscribing from all withdraws every consent on that kind of address but none for what an order calls for", async () => {
    const { kit, shop, ann, link, get, post, state } = await openCentre(await database());
    await shop.preferences.topics.define({ key: "tips", name: "Tips", purpose: "service" });
    for (const [purpose, channel] of [
      ["survey", "email"],
      ["transactional", "email"],
      ["marketing", "phone"],
    ] as const)
      await shop.consents.set(ann, { channel, purpose, state: "granted", source: "form" });
    const done = await post(link, { action: "unsubscribe-all" });
    expect(done.status).toBe(200);
    expect(await done.text()).toContain("<h1>You are unsubscribed from all</h1>");
    expect(await shop.consents.list(ann)).toMatchObject([
      { channel: "email", purpose: "marketing", state: "withdrawn", source: "preference centre" },
      { channel: "email", purpose: "service", state: "withdrawn" },
      { channel: "email", purpose: "survey", state: "withdrawn" },
      { channel: "email", purpose: "transactional", state: "granted" },
      { channel: "phone", purpose: "marketing", state: "granted" },
    ]);
    expect((await state(ann)).events).toEqual(["unsubscribe"]);
    const log = (await shop.consents.log(ann)).items.length;
    await post(link, { action: "unsubscribe-all" });
    expect((await state(ann)).events).toEqual(["unsubscribe"]);
    expect((await shop.consents.log(ann)).items).toHaveLength(log);
    // There is no way back by this link: it may be in anybody's hands by now.
    const again = await (await get(link)).text();
    expect(again).not.toContain("<form");
    await post(link, {
      action: "save",
      shown: ["news", "offers", "tips"],
      topic: ["news", "offers", "tips"],
    });
    expect((await state(ann)).consents).toContain("marketing withdrawn");
    await kit.stop();
  });

  it("CHN-12: hostile names of topics and brands stay text", async () => {
    const hostile = `"><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;`;
    const { kit, shop, link, get } = await openCentre(await database(), {
      brand: {
        name: hostile,
        logoUrl: "https://cdn.example/a.png?x=1&y=%22;script-src%20*",
        accentColor: "#ffff00",
      },
      messages: { en: { preferencesIntro: `</p>${hostile}` } },
    });
    await shop.preferences.topics.define({ key: "news", name: hostile, description: `<b>${hostile}</b>` });
    const response = await get(link);
    const page = await response.text();
    expect(page).not.toMatch(/<script|<img src=x|<b>|onerror='/);
    expect(page.match(/&lt;script&gt;/g)).toHaveLength(5);
    expect(response.headers.get("content-security-policy")).toContain("; img-src https://cdn.example; ");
    expect(page).toContain('<img src="https://cdn.example/a.png?x=1&amp;y=%22;script-src%20*"');
    await kit.stop();
  });

  it("CHN-12: speaks the reader's language, topics too, and the contact's where the browser has no wish", async () => {
    const { kit, shop, ann, link, get } = await openCentre(await database(), {
      messages: { ar: { preferencesTitle: "تفضيلاتك" }, de: { saveButton: "Sichern" } },
    });
    const title = async (language?: string): Promise<readonly (string | undefined)[]> => {
      const headers = language === undefined ? {} : { "accept-language": language };
      const page = await (await get(link, { headers })).text();
      return [
        /<html ([^>]*)>/,
        /<h1>(.*?)<\/h1>/,
        /<label for="topic-0"><bdi>(.*?)</,
        /<button type="submit">(.*?)</,
      ].map((pattern) => pattern.exec(page)?.[1]);
    };
    expect(await title("de-CH, en;q=0.5")).toEqual([
      'lang="de"',
      "Ihre Einstellungen",
      "Neuigkeiten",
      "Sichern",
    ]);
    expect(await title("es")).toEqual(['lang="es"', "Sus preferencias", "News", "Guardar"]);
    expect(await title("fr-CA")).toEqual(['lang="fr"', "Vos préférences", "News", "Enregistrer"]);
    expect(await title("ar-EG")).toEqual(['lang="ar" dir="rtl"', "تفضيلاتك", "News", "Save"]);
    expect(await title()).toEqual(['lang="en"', "Your preferences", "News", "Save"]);
    await shop.contacts.update(ann, { locale: "de-AT" });
    expect(await title("nl")).toEqual(['lang="de"', "Ihre Einstellungen", "Neuigkeiten", "Sichern"]);
    await kit.stop();
  });

  it("CHN-12, AUD-1: an old link means who the contact is now, and nobody once the person is erased", async () => {
    const { kit, shop, ann, bob, link, linkOf, get, post, state } = await openCentre(await database());
    await shop.contacts.merge({ into: bob, from: ann });
    await post(link, { action: "save", shown: ["news"], topic: [], "per-week": "2" });
    expect(await state(bob)).toMatchObject({
      topics: ["news opted-out"],
      cadences: [{ channel: "email", maxPerWeek: 2 }],
    });
    await shop.contacts.erase(bob);
    for (const old of [link, linkOf(bob)]) {
      expect((await get(old)).status).toBe(404);
      expect((await post(old, { action: "save", shown: ["news"], topic: ["news"] })).status).toBe(404);
      expect((await post(old, { action: "unsubscribe-all" })).status).toBe(404);
    }
    expect(await shop.preferences.get(bob)).toEqual({ topics: [], cadences: [] });
    await kit.stop();
  });

  it("CHN-12: each workspace's pages carry its own brand; one that can't be used is left out", async () => {
    const asked: string[] = [];
    const { kit, link, time, get } = await openCentre(await database(), {
      brand: async (workspaceId) => {
        asked.push(workspaceId);
        if (asked.length === 2) throw new Error("no answer");
        if (asked.length === 3) return { name: "Ours", accentColor: "red; } body { display: none" };
        return { name: `Shop of ${workspaceId}` };
      },
    });
    const titles = [];
    for (let n = 0; n < 3; n++) titles.push(/<title>(.*)<\/title>/.exec(await (await get(link)).text())?.[1]);
    expect(titles).toEqual(["Your preferences – Shop of shop", "Your preferences", "Your preferences"]);
    expect(asked).toEqual(["shop", "shop", "shop"]);
    expect(time.log.filter(({ level }) => level === "error")).toHaveLength(2);
    // Whose page it is can't be known of a link that is none of ours.
    expect((await get("https://shop.example/t/p/forged")).status).toBe(404);
    expect(asked).toHaveLength(3);
    await kit.stop();
  });

  it("CHN-12: what a host sets of the pages is checked when the engine is made", async () => {
    const storage = (await database()).connect();
    const make = (pages: object) => () =>
      createCampaignKit({ storage, channels: {}, tracking: { baseUrl: "https://shop.example/t", pages } });
    expect(make({ brand: { name: "" } })).toThrow(/tracking\.pages\.brand\.name/);
    expect(make({ brand: { name: "x", logoUrl: "http://cdn.example/a.png" } })).toThrow(/logoUrl/);
    expect(make({ brand: { name: "x", logoUrl: "javascript:alert(1)" } })).toThrow(/logoUrl/);
    expect(make({ brand: { name: "x", accentColor: "#12345" } })).toThrow(/accentColor/);
    expect(make({ brand: { name: "x", font: "serif" } })).toThrow(/font/);
    expect(make({ messages: { "no language": {} } })).toThrow(/no BCP 47/);
    expect(make({ messages: { de: { saveButon: "x" } } })).toThrow(/messages\.de\.saveButon/);
    expect(make({ messages: { nl: { saveButton: " " } } })).toThrow(/messages\.nl\.saveButton/);
    expect(make({ messages: { nl: { perWeekAtMost: "Hooguit" } } })).toThrow(/\{count\}/);
    await createCampaignKit({ storage, channels: {} }).stop();
  });
});
