import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { expect, it } from "vitest";
import { loadRecipients } from "../index.ts";
import { openShop } from "../open-shop.fixture.ts";

type Shop = Awaited<ReturnType<typeof openShop>>;

const DAY_MS = 86_400_000;

/** A shop with the topics `news` and `offers`, and a contact who consented. */
async function openTopics(database: Parameters<typeof openShop>[0]) {
  const opened = await openShop(database);
  const { shop } = opened;
  await shop.preferences.topics.define({ key: "news", name: "News" });
  await shop.preferences.topics.define({ key: "offers", name: "Offers" });
  const person = (name: string) =>
    shop.contacts
      .upsert({
        email: `${name}@example.com`,
        consents: [{ channel: "email", state: "granted", source: "form" }],
      })
      .then(({ contact }) => contact.id);
  return { ...opened, ann: await person("ann"), person };
}

/** Why each contact would be skipped. */
async function skips(
  { scope, time }: Pick<Shop, "scope" | "time">,
  contactIds: readonly string[],
  topic: string | null,
  purpose = "marketing",
) {
  const known = await scope.read("audience:read", (db) =>
    loadRecipients(db, {
      workspaceId: "shop",
      contactIds,
      address: "email",
      purpose,
      wishes: { topic, now: time.now().getTime() },
    }),
  );
  return contactIds.map((id) => known.get(id)?.skip ?? null);
}

describeEachDatabase("topics", (database) => {
  it("AUD-5: are defined again and again the same, changed in part, and listed in their order", async () => {
    const { kit, shop, other } = await openShop(database);
    const { topics } = shop.preferences;
    const events: string[] = [];
    kit.on("topic.defined", ({ key }) => events.push(key));
    const offers = {
      key: "offers",
      name: " Offers ",
      description: "Cheaper",
      translations: {
        "pt-br": { name: "Ofertas" },
        DE: { name: "Angebote", description: "Günstiger" },
        fr: { name: "Offres" },
      },
    };
    const defined = await topics.define(offers);
    expect(defined).toMatchObject({
      key: "offers",
      name: "Offers",
      translations: {
        "pt-BR": { name: "Ofertas", description: null },
        de: { name: "Angebote", description: "Günstiger" },
      },
      channel: "email",
      purpose: "marketing",
      position: 0,
      visible: true,
    });
    expect(await topics.define(offers)).toEqual(defined);
    await topics.define({ key: "news", name: "News" });
    await topics.define({ key: "internal", name: "Internal", visible: false, position: 0 });
    expect(await topics.define({ key: "news", name: "Our news" })).toMatchObject({ position: 1 });
    expect((await topics.list()).map(({ key, name, visible }) => [key, name, visible])).toEqual([
      ["internal", "Internal", false],
      ["offers", "Offers", true],
      ["news", "Our news", true],
    ]);
    expect(await topics.get("offers")).toEqual(defined);
    expect(events).toEqual(["offers", "news", "internal", "news"]);
    expect(await other.preferences.topics.list()).toEqual([]);
    await expect(other.preferences.topics.get("offers")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await kit.stop();
  });

  it("AUD-5: are refused with every problem, and keep the channel and purpose that people chose by", async () => {
    const { kit, shop } = await openShop(database);
    const { topics } = shop.preferences;
    const wrong = { key: "a b", name: "", translations: { "!!": { name: "x" } }, position: -1 };
    await expect(topics.define(wrong)).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: {
        issues: [
          { path: ["key"] },
          { path: ["name"] },
          { path: ["translations", "!!"] },
          { path: ["position"] },
        ],
      },
    });
    await topics.define({ key: "offers", name: "Offers" });
    await expect(topics.define({ key: "offers", name: "Offers", channel: "phone" })).rejects.toMatchObject({
      code: "CONFLICT",
      details: { entity: "topic", id: "offers" },
    });
    await expect(topics.define({ key: "offers", name: "Offers", purpose: "service" })).rejects.toMatchObject({
      code: "CONFLICT",
    });
    for (const key of ["nothing", "no key at all", ""]) {
      await expect(topics.remove(key)).rejects.toMatchObject({ code: "NOT_FOUND" });
      await expect(topics.get(key)).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
    for (let n = 1; n < 100; n++) await topics.define({ key: `t${n}`, name: `Topic ${n}` });
    await expect(topics.define({ key: "t100", name: "Too many" })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    expect(await topics.list()).toHaveLength(100);
    expect(await topics.define({ key: "t1", name: "One" })).toMatchObject({ name: "One" });
    await kit.stop();
  });

  it("AUD-5: one that is removed can't be chosen, yet who opted out stays out, and it comes back as it was left", async () => {
    const { kit, shop, scope, time, ann } = await openTopics(database);
    const out = { topic: "offers", state: "opted-out", source: "page" } as const;
    await shop.preferences.setTopic(ann, out);
    await shop.preferences.topics.remove("offers");
    await expect(shop.preferences.setTopic(ann, { ...out, state: "opted-in" })).rejects.toMatchObject({
      code: "NOT_FOUND",
      details: { entity: "topic" },
    });
    expect(await skips({ scope, time }, [ann], "offers")).toEqual(["topic-opt-out"]);
    await shop.preferences.topics.define({ key: "offers", name: "Offers anew" });
    expect((await shop.preferences.get(ann)).topics).toMatchObject([{ topic: "offers", state: "opted-out" }]);
    await kit.stop();
  });
});

describeEachDatabase("preferences", (database) => {
  it("AUD-5: keep what a contact says of topics and of how often, with source, time and log", async () => {
    const { kit, shop, time, ann } = await openTopics(database);
    const { preferences } = shop;
    const said: unknown[] = [];
    kit.on("topic.chosen", ({ topic, state }) => said.push([topic, state]));
    kit.on("cadence.changed", ({ maxPerWeek, snoozedUntil }) => said.push([maxPerWeek, snoozedUntil]));
    expect(await preferences.get(ann)).toEqual({ topics: [], cadences: [] });
    const start = time.now();
    const until = new Date(start.getTime() + 14 * DAY_MS);
    const out = { topic: "offers", state: "opted-out", source: "page" } as const;
    expect(await preferences.setTopic(ann, out)).toBe(true);
    expect(await preferences.setTopic(ann, out)).toBe(false);
    expect(await preferences.setCadence(ann, { channel: "email", maxPerWeek: 2, source: "page" })).toBe(true);
    expect(await preferences.setCadence(ann, { channel: "email", maxPerWeek: 2, source: "app" })).toBe(false);
    expect(await preferences.setCadence(ann, { channel: "email", snoozedUntil: until, source: "app" })).toBe(
      true,
    );
    await time.advance("1h", kit);
    expect(await preferences.setTopic(ann, { ...out, state: "opted-in" })).toBe(true);
    // Said before what is known: an old file, read late.
    expect(await preferences.setTopic(ann, { ...out, source: "file", at: start })).toBe(false);
    expect(await preferences.setCadence(ann, { channel: "email", maxPerWeek: null, source: "app" })).toBe(
      true,
    );
    const now = time.now();
    expect(await preferences.get(ann)).toEqual({
      topics: [{ topic: "offers", state: "opted-in", source: "page", changedAt: now }],
      cadences: [{ channel: "email", maxPerWeek: null, snoozedUntil: until, source: "app", changedAt: now }],
    });
    const first = await preferences.log(ann, { limit: 2 });
    const rest = await preferences.log(ann, { cursor: first.nextCursor });
    expect([...first.items, ...rest.items]).toEqual([
      { kind: "topic", topic: "offers", state: "opted-out", source: "page", actor: "system", at: start },
      {
        kind: "cadence",
        channel: "email",
        maxPerWeek: 2,
        snoozedUntil: null,
        source: "page",
        actor: "system",
        at: start,
      },
      {
        kind: "cadence",
        channel: "email",
        maxPerWeek: 2,
        snoozedUntil: until,
        source: "app",
        actor: "system",
        at: start,
      },
      { kind: "topic", topic: "offers", state: "opted-in", source: "page", actor: "system", at: now },
      {
        kind: "cadence",
        channel: "email",
        maxPerWeek: null,
        snoozedUntil: until,
        source: "app",
        actor: "system",
        at: now,
      },
    ]);
    expect(said).toEqual([
      ["offers", "opted-out"],
      [2, null],
      [2, until.getTime()],
      ["offers", "opted-in"],
      [null, until.getTime()],
    ]);
    await kit.stop();
  });

  it("AUD-5: a wrong or foreign one is refused and changes nothing", async () => {
    const { kit, shop, other, time, ann } = await openTopics(database);
    const choice = { topic: "offers", state: "opted-out", source: "page" } as const;
    const cadence = { channel: "email", maxPerWeek: 1, source: "page" } as const;
    const ahead = (days: number): Date => new Date(time.now().getTime() + days * DAY_MS);
    const refused = [
      () => shop.preferences.setTopic(ann, { ...choice, at: ahead(1) }),
      () => shop.preferences.setTopic(ann, { ...choice, state: "maybe" } as never),
      () => shop.preferences.setCadence(ann, { ...cadence, maxPerWeek: 0 }),
      () => shop.preferences.setCadence(ann, { ...cadence, maxPerWeek: 1.5 }),
      () => shop.preferences.setCadence(ann, { ...cadence, snoozedUntil: ahead(400) }),
      () => shop.preferences.setCadence(ann, { ...cadence, channel: "pigeon" } as never),
    ];
    for (const each of refused) await expect(each()).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    const missing = [
      () => shop.preferences.setTopic(ann, { ...choice, topic: "nothing" }),
      () => shop.preferences.setTopic("no id", choice),
      () => other.preferences.setTopic(ann, choice),
      () => other.preferences.setCadence(ann, cadence),
      () => other.preferences.get(ann),
    ];
    for (const each of missing) await expect(each()).rejects.toMatchObject({ code: "NOT_FOUND" });
    await other.preferences.topics.define({ key: "offers", name: "Theirs" });
    await expect(other.preferences.setTopic(ann, choice)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await other.preferences.log(ann)).items).toEqual([]);
    expect(await shop.preferences.get(ann)).toEqual({ topics: [], cadences: [] });
    await kit.stop();
  });

  it("AUD-5: skip who opted out of the topic or paused, after every stronger reason; transactional mail goes on", async () => {
    const opened = await openTopics(database);
    const { kit, shop, time, person } = opened;
    const [ann, bob, cid, dan] = [opened.ann, await person("bob"), await person("cid"), await person("dan")];
    const out = { topic: "offers", state: "opted-out", source: "page" } as const;
    const until = new Date(time.now().getTime() + DAY_MS);
    await shop.preferences.setTopic(ann, out);
    await shop.preferences.setCadence(bob, { channel: "email", snoozedUntil: until, source: "page" });
    await shop.preferences.setTopic(cid, out);
    await shop.preferences.setCadence(cid, { channel: "email", snoozedUntil: until, source: "page" });
    await shop.consents.set(dan, { channel: "email", state: "withdrawn", source: "page" });
    await shop.preferences.setTopic(dan, out);
    const all = [ann, bob, cid, dan];
    expect(await skips(opened, all, "offers")).toEqual([
      "topic-opt-out",
      "snoozed",
      "topic-opt-out",
      "consent-withdrawn",
    ]);
    expect(await skips(opened, all, "news")).toEqual([null, "snoozed", "snoozed", "consent-withdrawn"]);
    expect(await skips(opened, all, null)).toEqual([null, "snoozed", "snoozed", "consent-withdrawn"]);
    expect(await skips(opened, all, null, "transactional")).toEqual([null, null, null, null]);
    await time.advance("1d", kit);
    expect(await skips(opened, all, null)).toEqual([null, null, null, "consent-withdrawn"]);
    await kit.stop();
  });

  it("AUD-5: of two contacts that are merged the stricter wish counts, and the logs become one", async () => {
    const opened = await openTopics(database);
    const { kit, shop, time, ann, person } = opened;
    const bob = await person("bob");
    const inDays = (days: number): Date => new Date(time.now().getTime() + days * DAY_MS);
    const [soon, late] = [inDays(3), inDays(9)];
    const choose = (id: string, topic: string, state: "opted-in" | "opted-out") =>
      shop.preferences.setTopic(id, { topic, state, source: "page" });
    await choose(ann, "offers", "opted-in");
    await choose(bob, "offers", "opted-out");
    await choose(ann, "news", "opted-out");
    await choose(bob, "news", "opted-in");
    await shop.preferences.setCadence(ann, {
      channel: "email",
      maxPerWeek: 3,
      snoozedUntil: late,
      source: "a",
    });
    await shop.preferences.setCadence(bob, {
      channel: "email",
      maxPerWeek: 1,
      snoozedUntil: soon,
      source: "b",
    });
    await shop.preferences.setCadence(bob, { channel: "phone", maxPerWeek: 5, source: "b" });
    await shop.contacts.merge({ into: ann, from: bob });
    const { topics, cadences } = await shop.preferences.get(ann);
    expect(topics.map(({ topic, state }) => [topic, state])).toEqual([
      ["news", "opted-out"],
      ["offers", "opted-out"],
    ]);
    expect(cadences).toMatchObject([
      { channel: "email", maxPerWeek: 1, snoozedUntil: late },
      { channel: "phone", maxPerWeek: 5, snoozedUntil: null },
    ]);
    const log = (await shop.preferences.log(ann)).items;
    expect(log.filter(({ kind }) => kind === "topic")).toHaveLength(5);
    expect(log.filter(({ kind }) => kind === "cadence")).toHaveLength(5);
    await kit.stop();
  });

  it("AUD-5, AUD-1: are in a person's export, and nothing of them is left when the person is erased or deleted", async () => {
    const { kit, shop, storage, ann, person } = await openTopics(database);
    const bob = await person("bob");
    const rows = async (): Promise<number> => {
      const tables = ["ck_topic_choices", "ck_contact_cadences", "ck_preference_log", "ck_consent_requests"];
      const counts = tables.map((table) =>
        storage.execute({ sql: `select count(*) as n from ${table}`, parameters: [] }),
      );
      return (await Promise.all(counts)).reduce((sum, { rows: [row] }) => sum + Number(row?.["n"]), 0);
    };
    for (const id of [ann, bob]) {
      await shop.preferences.setTopic(id, { topic: "offers", state: "opted-out", source: "page" });
      await shop.preferences.setCadence(id, { channel: "email", maxPerWeek: 2, source: "page" });
    }
    const told = await shop.contacts.exportContact(ann);
    expect(told.preferences).toMatchObject({
      topics: [{ topic: "offers", state: "opted-out", source: "page" }],
      cadences: [{ channel: "email", maxPerWeek: 2 }],
    });
    expect(told.preferenceLog).toMatchObject([{ kind: "topic" }, { kind: "cadence" }]);
    expect(await rows()).toBe(8);
    await shop.contacts.erase(ann);
    expect(await rows()).toBe(4);
    expect(await shop.preferences.get(ann)).toEqual({ topics: [], cadences: [] });
    await expect(
      shop.preferences.setTopic(ann, { topic: "offers", state: "opted-in", source: "page" }),
    ).rejects.toMatchObject({ code: "NOT_FOUND" });
    await shop.contacts.delete(bob);
    expect(await rows()).toBe(0);
    await kit.stop();
  });

  it("AUD-1, AUD-5: choices come in by upsert, by file and by their names, and go out as a file that comes in again", async () => {
    const { kit, shop, other, ann } = await openTopics(database);
    const statesOf = async (id: string) =>
      (await shop.preferences.get(id)).topics.map(({ topic, state }) => `${topic} ${state}`);
    const [bad] = (
      await shop.contacts.upsertMany([
        {
          email: "ann@example.com",
          topics: [
            { topic: "nothing", state: "opted-in", source: "form" },
            { topic: "offers", state: "opted-in", source: "form", at: new Date("2999-01-01") },
          ],
        },
      ])
    ).items;
    expect(bad).toMatchObject({
      outcome: "refused",
      issues: [{ path: ["topics", 0, "topic"] }, { path: ["topics", 1, "at"] }],
    });
    const change = { topics: [{ topic: "offers", state: "opted-out", source: "form" }] } as const;
    expect((await shop.contacts.update(ann, change)).outcome).toBe("updated");
    expect((await shop.contacts.update(ann, change)).outcome).toBe("unchanged");
    const csv =
      "email,Angebote,topic:news\nann@example.com,ja,no\nbob@example.com,nein,yes\ncid@example.com,,\n";
    const columns = {
      email: "email",
      Angebote: { topic: { key: "offers", optedIn: ["ja"], optedOut: ["nein"] } },
    } as const;
    const report = await shop.contacts.import(csv, { format: "csv", columns, otherColumns: "guess" });
    expect(report).toMatchObject({ created: 2, refused: 0 });
    // A file takes back no opt-out.
    expect(await statesOf(ann)).toEqual(["news opted-out", "offers opted-out"]);
    const bob = (await shop.contacts.find({ email: "bob@example.com" }))?.id ?? "";
    expect(await statesOf(bob)).toEqual(["news opted-in", "offers opted-out"]);
    await shop.contacts.import("email,topic:offers\nann@example.com,opted-in\n", {
      format: "csv",
      overruleWithdrawals: true,
    });
    expect(await statesOf(ann)).toEqual(["news opted-out", "offers opted-in"]);
    await expect(
      shop.contacts.import(csv, {
        format: "csv",
        columns: { email: "email", Angebote: { topic: { key: "nothing" } } },
      }),
    ).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: { issues: [{ path: ["columns", "Angebote"] }] },
    });
    const odd = await shop.contacts.import("email,topic:news\ndan@example.com,perhaps\n", { format: "csv" });
    expect(odd).toMatchObject({ created: 0, refused: 1 });
    const jsonl = await shop.contacts.import(
      `{"email":"eve@example.com","topics":[{"topic":"news","state":"opted-out","source":"crm","at":"2020-01-01T00:00:00Z"}]}\n`,
      { format: "jsonl" },
    );
    expect(jsonl.created).toBe(1);

    let file = "";
    for await (const piece of shop.contacts.exportCsv()) file += piece;
    expect(file.split("\r\n")[0]?.endsWith(",consent:email:marketing,topic:news,topic:offers")).toBe(true);
    await other.preferences.topics.define({ key: "news", name: "News" });
    await other.preferences.topics.define({ key: "offers", name: "Offers" });
    await other.contacts.import(file, { format: "csv" });
    let copy = "";
    for await (const piece of other.contacts.exportCsv()) copy += piece;
    expect(copy).toBe(file);
    await kit.stop();
  });
});
