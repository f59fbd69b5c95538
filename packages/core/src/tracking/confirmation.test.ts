import { type ConsentRequestInput, createCampaignKit } from "@campaignkit/core";
import { describeEachDatabase, type TestDatabase } from "@campaignkit/test-support/each-database";
import { virtualTime } from "@campaignkit/testing";
import { expect, it } from "vitest";

const BASE = "https://shop.example/t";

async function open(database: TestDatabase) {
  const time = virtualTime();
  const kit = createCampaignKit({
    storage: database.connect(),
    channels: {},
    runtime: time.runtime,
    tracking: { baseUrl: BASE, signingKey: "a key of the host's own, at least 32 bytes long" },
  });
  const shop = kit.workspace("shop");
  const ann = (await shop.contacts.upsert({ email: "ann@example.com" })).contact.id;
  const request = (input: Partial<ConsentRequestInput> = {}, id = ann) =>
    shop.consents.request(id, { channel: "email", source: "sign-up form", ...input });
  const get = (url: string, init?: RequestInit) => kit.trackingHandler(new Request(url, init));
  const press = (url: string, from: { readonly ip?: string } = {}) =>
    kit.trackingHandler(new Request(url, { method: "POST", body: new URLSearchParams("confirm=yes") }), from);
  const states = async (id = ann) =>
    (await shop.consents.list(id)).map(({ channel, purpose, state }) => `${channel} ${purpose} ${state}`);
  return { kit, shop, time, ann, request, get, press, states };
}

const heading = async (response: Response): Promise<readonly [number, string]> => [
  response.status,
  /<h1>(.*)<\/h1>/.exec(await response.text())?.[1] ?? "",
];

describeEachDatabase("double opt-in", (database) => {
  it("CHN-12, AUD-5: only the person's own press of the button grants the consent, with proof", async () => {
    const { kit, shop, time, ann, request, get, press, states } = await open(await database());
    const { url, state, expiresAt } = await request({ evidence: { form: "footer" } });
    expect(url).toMatch(/^https:\/\/shop\.example\/t\/s\/[\w-]{46}$/);
    expect(state).toBe("pending");
    expect(expiresAt).toEqual(new Date(time.now().getTime() + 7 * 86_400_000));
    const asked = time.now();
    await time.advance("1h", kit);

    const shown = await get(url);
    const page = await shown.text();
    expect([shown.status, shown.headers.get("cache-control")]).toEqual([200, "no-store, private"]);
    expect(page).toContain("<h1>Please confirm</h1>");
    expect(page).not.toContain("ann@example.com");
    for (const init of [{ method: "HEAD" }, { headers: { "sec-purpose": "prefetch" } }, {}])
      expect((await get(`${url}?confirm=yes`, init)).status).toBe(200);
    for (const body of ["", "confirm=no", "List-Unsubscribe=One-Click", "x".repeat(20_000)])
      expect((await get(url, { method: "POST", body: new URLSearchParams(body) })).status).toBe(400);
    expect((await get(url, { method: "DELETE" })).status).toBe(405);
    expect(await states()).toEqual(["email marketing pending"]);

    expect(await heading(await press(url, { ip: "2001:db8::7" }))).toEqual([200, "Thank you"]);
    expect(await states()).toEqual(["email marketing granted"]);
    const log = (await shop.consents.log(ann)).items;
    expect(log).toEqual([
      {
        channel: "email",
        purpose: "marketing",
        state: "pending",
        source: "sign-up form",
        actor: "system",
        evidence: null,
        at: asked,
      },
      {
        channel: "email",
        purpose: "marketing",
        state: "granted",
        source: "double opt-in: sign-up form",
        actor: "system",
        evidence: {
          form: "footer",
          doubleOptIn: {
            requestedAt: asked.toISOString(),
            confirmedAt: time.now().toISOString(),
            ip: "2001:db8::7",
            language: "en",
          },
        },
        at: time.now(),
      },
    ]);
    // Pressed again, or opened again: it is done, and said so; nothing more is recorded.
    await time.advance("30d", kit);
    expect(await heading(await press(url))).toEqual([200, "Thank you"]);
    expect(await heading(await get(url))).toEqual([200, "Thank you"]);
    expect((await shop.consents.log(ann)).items).toEqual(log);
    await kit.stop();
  });

  it("CHN-12: of two who press at once one is recorded; an address that is none is no proof", async () => {
    const { kit, shop, ann, request, press, states } = await open(await database());
    const { url } = await request();
    const from = { ip: "10.0.0.1, <script>" };
    const answers = await Promise.all([press(url, from), press(url, from), press(url, from)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await states()).toEqual(["email marketing granted"]);
    const granted = (await shop.consents.log(ann)).items.filter(({ state }) => state === "granted");
    expect(granted).toHaveLength(1);
    expect(granted[0]?.evidence).toMatchObject({ doubleOptIn: { ip: null } });
    await kit.stop();
  });

  it("CHN-12: a link that is too old, overtaken by a withdrawal or by another address grants nothing, and says what to do", async () => {
    const { kit, shop, time, ann, request, get, press, states } = await open(await database());
    const late = await request({ expiresAt: new Date(time.now().getTime() + 120_000) });
    await time.advance("2m", kit);
    const gone = [410, "This link is no longer valid"] as const;
    expect(await heading(await get(late.url))).toEqual(gone);
    const answer = await press(late.url);
    expect(answer.status).toBe(410);
    expect(await answer.text()).toContain("please sign up again: you will get a new link");
    expect(await states()).toEqual(["email marketing pending"]);

    const withdrawn = await request();
    expect(withdrawn.url).not.toBe(late.url);
    // What it was is not told any more.
    expect((await get(late.url)).status).toBe(404);
    await time.advance("1m", kit);
    await shop.consents.set(ann, { channel: "email", state: "withdrawn", source: "one-click" });
    expect(await heading(await press(withdrawn.url))).toEqual(gone);
    expect(await states()).toEqual(["email marketing withdrawn"]);

    await time.advance("1m", kit);
    const anew = await request();
    expect(anew.state).toBe("withdrawn");
    await shop.contacts.update(ann, { email: "else@example.com" });
    expect(await heading(await press(anew.url))).toEqual(gone);
    await shop.contacts.update(ann, { email: "ANN@example.com" });
    expect(await heading(await press(anew.url))).toEqual([200, "Thank you"]);
    expect(await states()).toEqual(["email marketing granted"]);
    await time.advance("1m", kit);
    await shop.consents.set(ann, { channel: "email", state: "withdrawn", source: "one-click" });
    // A link that has done its work is no way back.
    for (const again of [await press(anew.url), await get(anew.url)])
      expect(await heading(again)).toEqual(gone);
    expect(await states()).toEqual(["email marketing withdrawn"]);
    await kit.stop();
  });

  it("CHN-12: filling in a form with somebody's address changes nothing of what they said", async () => {
    const { kit, shop, time, ann, request, states } = await open(await database());
    await shop.consents.set(ann, { channel: "email", state: "granted", source: "shop" });
    expect((await request()).state).toBe("granted");
    expect(await states()).toEqual(["email marketing granted"]);
    await time.advance("1m", kit);
    await shop.consents.set(ann, { channel: "email", state: "withdrawn", source: "shop" });
    await time.advance("1m", kit);
    const first = await request({ source: "form" });
    expect(first.state).toBe("withdrawn");
    expect(await states()).toEqual(["email marketing withdrawn"]);
    await time.advance("1d", kit);
    const second = await request({ source: "form" });
    expect(second.url).toBe(first.url);
    expect(second.expiresAt.getTime()).toBe(first.expiresAt.getTime() + 86_400_000);
    expect((await request({ purpose: "news" })).url).not.toBe(first.url);
    await kit.stop();
  });

  it("CHN-12: a forged, foreign or mistaken link does nothing, and all of them look alike", async () => {
    const { kit, request, get, press, states } = await open(await database());
    const { url } = await request();
    const token = url.slice(url.lastIndexOf("/") + 1);
    const foreign = createCampaignKit({
      storage: (await database()).connect(),
      channels: {},
      tracking: { baseUrl: BASE, signingKey: "another key, of at least thirty-two bytes" },
    });
    const theirs = foreign.workspace("shop");
    const eve = (await theirs.contacts.upsert({ email: "ann@example.com" })).contact.id;
    const alien = (await theirs.consents.request(eve, { channel: "email", source: "form" })).url;
    await foreign.stop();
    const answers = new Set<string>();
    for (const wrong of [
      alien,
      `${url}A`,
      url.slice(0, -1),
      `${BASE}/p/${token}`,
      `${BASE}/u/${token}`,
      `${BASE}/s/`,
    ]) {
      const shown = await get(wrong);
      expect([wrong, shown.status]).toEqual([wrong, 404]);
      answers.add(await shown.text());
      expect((await press(wrong)).status).toBe(404);
    }
    expect(answers.size).toBe(1);
    expect(await states()).toEqual(["email marketing pending"]);
    await kit.stop();
  });

  it("CHN-12, AUD-1: a request goes along when contacts are merged, and is gone with the person", async () => {
    const { kit, shop, ann, request, get, press, states } = await open(await database());
    const bob = (await shop.contacts.upsert({ externalId: "bob" })).contact.id;
    const { url } = await request();
    await shop.contacts.merge({ into: bob, from: ann });
    expect((await press(url)).status).toBe(200);
    expect(await states(bob)).toEqual(["email marketing granted"]);
    const other = await request({ purpose: "news", evidence: { form: "Ann's own words" } }, bob);
    expect((await shop.contacts.exportContact(bob)).consentRequests).toMatchObject([
      { purpose: "marketing", confirmedAt: expect.any(Date), evidence: null },
      { purpose: "news", confirmedAt: null, evidence: { form: "Ann's own words" } },
    ]);
    await shop.contacts.erase(bob);
    for (const gone of [url, other.url]) {
      expect((await get(gone)).status).toBe(404);
      expect((await press(gone)).status).toBe(404);
    }
    expect(await states(bob)).toEqual([]);
    await kit.stop();
  });

  it("CHN-12: what can't be asked for is refused", async () => {
    const { kit, time, request } = await open(await database());
    const ahead = (ms: number): Date => new Date(time.now().getTime() + ms);
    for (const wrong of [
      { channel: "phone" },
      { expiresAt: ahead(30_000) },
      { expiresAt: ahead(31 * 86_400_000) },
      { source: "" },
      { purpose: "a<b" },
      { evidence: { text: "x".repeat(30_000) } },
    ] as const)
      await expect(request(wrong)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await expect(request({}, "no id")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(
      kit
        .workspace("other")
        .consents.request("00000000-0000-7000-8000-000000000001", { channel: "email", source: "form" }),
    ).rejects.toMatchObject({ code: "NOT_FOUND" });
    await kit.stop();
    const pageless = createCampaignKit({ storage: (await database()).connect(), channels: {} });
    const { contact } = await pageless.workspace("shop").contacts.upsert({ email: "ann@example.com" });
    await expect(
      pageless.workspace("shop").consents.request(contact.id, { channel: "email", source: "form" }),
    ).rejects.toMatchObject({ code: "CONFIGURATION_INVALID", details: { setting: "tracking.baseUrl" } });
    await pageless.stop();
  });
});
