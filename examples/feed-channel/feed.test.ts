import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { sqlite } from "@campaignkit/adapter-sqlite";
import {
  ChannelError,
  createCampaignKit,
  type Receipt,
  type RenderContext,
  type SendContext,
} from "@campaignkit/core";
import { type ChannelFault, channelConformance, registerCases, virtualTime } from "@campaignkit/testing";
import fc from "fast-check";
import { parseAtomFeed } from "feedsmith";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FeedConfig, FeedContentInput } from "./content.ts";
import { atomFeed, type FeedOptions } from "./feed.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "feed-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const rendering: Omit<RenderContext, "idempotencyKey"> = {
  recipient: null,
  campaign: { id: "c1", name: "Spring" },
  urls: { click: (_index, url) => url, open: null, unsubscribe: null, preferences: null },
};

/** A feed in the test's folder, and its sending as the engine does it. */
function setup(options: Partial<FeedOptions> = {}, config: FeedConfig = {}) {
  const time = virtualTime();
  const feed = () =>
    atomFeed({ folder, baseUrl: "https://shop.example/news", title: "News", author: "The Shop", ...options });
  const channel = feed();
  const contextOf = (key: string, signal = new AbortController().signal): SendContext<FeedConfig> => {
    const { clock, fetch, logger } = time.runtime;
    return { config, idempotencyKey: key, signal, clock, fetch, logger };
  };
  const send = async (
    key: string,
    input: FeedContentInput,
    through = channel,
    signal?: AbortSignal,
  ): Promise<Receipt> => {
    const content = await channel.content["~standard"].validate(input);
    if (content.issues !== undefined) throw new Error(JSON.stringify(content.issues));
    const prepared = await through.prepare(content.value, { config, tracked: false });
    const rendered = prepared.render({ ...rendering, idempotencyKey: key });
    if (rendered.outcome !== "rendered") throw new Error("not rendered");
    return through.send(rendered.message, contextOf(key, signal));
  };
  return { time, channel, feed, send, contextOf };
}

async function read() {
  return parseAtomFeed(await readFile(path.join(folder, "feed.xml"), "utf8"));
}

/**
 * A disk that fails for the next send. `refuse`: the folder is gone, as when it is not mounted. `die-after-accepting`: something stands in the
 * feed's place, so that the entry is written and all that follows fails.
 */
function failingDisk(at: string) {
  const inTheWay = path.join(at, "feed.xml");
  let mend: (() => Promise<void>) | null = null;
  return {
    async arrange(fault: ChannelFault): Promise<void> {
      await this.mended();
      if (fault === "refuse") {
        await rename(at, `${at}.away`);
        mend = () => rename(`${at}.away`, at);
      } else {
        await rm(inTheWay, { force: true });
        await mkdir(inTheWay);
        mend = () => rm(inTheWay, { recursive: true });
      }
    },
    async mended(): Promise<void> {
      await mend?.();
      mend = null;
    },
  };
}

const cases = await channelConformance({
  name: "atom feed",
  async open() {
    const at = await mkdtemp(path.join(tmpdir(), "feed-"));
    const disk = failingDisk(at);
    const baseUrl = "https://shop.example/news";
    const feed = atomFeed({ folder: at, baseUrl, title: "News", author: "The Shop" });
    const send = async (message: never, context: never): Promise<Receipt> => {
      try {
        return await feed.send(message, context);
      } finally {
        await disk.mended();
      }
    };
    return {
      channel: { ...feed, send },
      async accepted() {
        const names = await readdir(at, { recursive: true });
        return names.filter((name) => name.endsWith(".atom")).length;
      },
      arrange: (fault) => disk.arrange(fault),
      async dispose() {
        await disk.mended();
        await rm(at, { recursive: true, force: true });
      },
    };
  },
  content: {
    valid: [
      { title: "Spring", text: "It is here." },
      { title: "Look", text: "Inside", link: "https://shop.example/a", tags: ["spring"] },
    ],
    invalid: [
      { value: { title: "two\nlines", text: "x" }, path: ["title"] },
      { value: { title: "x", text: "bell \u0007" }, path: ["text"] },
      { value: { title: "x", text: "x", link: "javascript:alert(1)" }, path: ["link"] },
      { value: { title: "x", text: "x", tags: [""] }, path: ["tags", 0] },
    ],
  },
  config: {
    valid: [{ category: "spring" }],
    invalid: [{ value: { category: "two\nlines" }, path: ["category"] }],
  },
  linked: {
    content: { title: "Look", text: "Inside", link: "https://shop.example/a" },
    links: ["https://shop.example/a"],
  },
  faults: ["refuse", "die-after-accepting"],
  refusals: ["auth"],
});
describe("CHN-1: the feed keeps the channel port's promises", () => registerCases(it, cases));

it("CHN-1: publishes posts as Atom entries, newest first, at the address of the receipt", async () => {
  const { time, send } = setup({}, { category: "spring" });
  const first = await send("k1", {
    title: "Colours & <forms>",
    text: "One\r\ntwo",
    link: "https://shop.example/a?b=1&c=2",
    tags: ["spring", "decor"],
  });
  time.pass("1h");
  await send("k2", { title: "Second", text: "No link" });
  const feed = await read();
  expect(feed).toMatchObject({
    id: "https://shop.example/news/feed.xml",
    title: { value: "News" },
    updated: "2027-03-01T09:00:00.000Z",
  });
  expect(feed.entries?.map(({ title }) => title?.value)).toEqual(["Second", "Colours & <forms>"]);
  const entry = feed.entries?.[1];
  expect(entry).toMatchObject({
    id: first.externalId,
    content: { value: "One\ntwo" },
    published: "2027-03-01T08:00:00.000Z",
    authors: [{ name: "The Shop" }],
  });
  expect(entry?.categories?.map(({ term }) => term)).toEqual(["spring", "decor"]);
  expect(entry?.links).toContainEqual(
    expect.objectContaining({ rel: "alternate", href: "https://shop.example/a?b=1&c=2" }),
  );
  expect(entry?.links).toContainEqual(expect.objectContaining({ rel: "self", href: first.url }));
});

it("is read over HTTP, feed and entry, as any web server serves it", async () => {
  const server = createServer((request, response) => {
    readFile(path.join(folder, (request.url ?? "").replace("/news/", ""))).then(
      (body) => response.writeHead(200, { "content-type": "application/atom+xml" }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/news/`;
  const receipt = await setup({ baseUrl }).send("k1", { title: "Hello", text: "World" });
  const feed = parseAtomFeed(await (await fetch(`${baseUrl}feed.xml`)).text());
  expect(feed.entries?.[0]?.title?.value).toBe("Hello");
  const entry = await fetch(receipt.url ?? "");
  expect([entry.status, await entry.text()]).toEqual([200, expect.stringContaining("<name>The Shop</name>")]);
  await new Promise((resolve) => server.close(resolve));
});

it("changes nothing when the same key is sent again, later and by another process", async () => {
  const { time, feed, send } = setup();
  const first = await send("k1", { title: "Hello", text: "World" });
  const before = await stat(path.join(folder, "feed.xml"));
  time.pass("2h");
  expect(await send("k1", { title: "Hello", text: "World" }, feed())).toEqual(first);
  expect((await read()).entries).toHaveLength(1);
  expect((await stat(path.join(folder, "feed.xml"))).mtimeMs).toBe(before.mtimeMs);
});

it("loses no entry when several processes publish at once", async () => {
  const { feed, send } = setup();
  const writers = [feed(), feed(), feed()];
  await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      send(`k${index % 24}`, { title: `T${index % 24}`, text: "x" }, writers[index % 3]),
    ),
  );
  expect((await read()).entries).toHaveLength(24);
  expect((await readdir(path.join(folder, "entries"))).filter((name) => !name.endsWith(".atom"))).toEqual([]);
});

it("answers a lookup with the receipt, or null for what never went out", async () => {
  const { channel, send, contextOf } = setup();
  expect(await channel.lookup?.("k1", contextOf("k1"))).toBeNull();
  const receipt = await send("k1", { title: "Hello", text: "World" });
  expect(await channel.lookup?.("k1", contextOf("k1"))).toEqual(receipt);
  await rm(folder, { recursive: true });
  await expect(channel.lookup?.("k1", contextOf("k1"))).rejects.toMatchObject({
    details: { outcome: "unknown" },
  });
});

it("brings an entry along that a crash left out of the feed", async () => {
  const { send } = setup();
  await send("k1", { title: "Hello", text: "World" });
  await rm(path.join(folder, "feed.xml"));
  await send("k1", { title: "Hello", text: "World" });
  expect((await read()).entries).toHaveLength(1);
});

it("lists the newest entries only, and keeps the others at their addresses", async () => {
  const { time, send } = setup({ maxEntries: 2 });
  for (const key of ["k1", "k2", "k3"]) {
    await send(key, { title: key, text: "x" });
    time.pass("1s");
  }
  expect((await read()).entries?.map(({ title }) => title?.value)).toEqual(["k3", "k2"]);
  expect(await readdir(path.join(folder, "entries"))).toHaveLength(3);
});

it("holds the account when the folder is missing, and says unknown once the entry is there", async () => {
  const { send } = setup();
  await rm(folder, { recursive: true });
  await expect(send("k1", { title: "Hello", text: "World" })).rejects.toMatchObject({
    code: "CHANNEL_FAILED",
    details: { kind: "auth", outcome: "not-sent" },
  });
  // A folder in the feed's place can't be replaced by a file: the entry is written, the feed is not.
  await mkdir(path.join(folder, "feed.xml"), { recursive: true });
  await expect(send("k1", { title: "Hello", text: "World" })).rejects.toMatchObject({
    details: { outcome: "unknown" },
  });
  await rm(path.join(folder, "feed.xml"), { recursive: true });
  await send("k2", { title: "Again", text: "World" });
  expect((await read()).entries).toHaveLength(2);
});

it("sends nothing once it was told to give up", async () => {
  const { send } = setup();
  const tooLate = send("k1", { title: "Hello", text: "World" }, undefined, AbortSignal.abort());
  await expect(tooLate).rejects.toMatchObject({ details: { kind: "transient", outcome: "not-sent" } });
  expect(await readdir(folder)).toEqual([]);
});

it("leaves a foreign file out of the feed, and says so", async () => {
  const { time, send } = setup();
  await mkdir(path.join(folder, "entries"));
  await writeFile(path.join(folder, "entries", "note.atom"), "<note>not an entry</note>");
  await send("k1", { title: "Hello", text: "World" });
  expect((await read()).entries).toHaveLength(1);
  expect(time.log).toMatchObject([{ level: "warn", fields: { name: "note.atom" } }]);
});

it("refuses content that a feed can't carry, every problem with its path", async () => {
  const { channel } = setup();
  const bad = { title: "two\nlines", text: "bell \u0007", link: "javascript:alert(1)", tags: [""], extra: 1 };
  const { issues = [] } = await channel.content["~standard"].validate(bad);
  expect(issues.map(({ path: at }) => at?.join(".") ?? "").toSorted()).toEqual([
    "",
    "link",
    "tags.0",
    "text",
    "title",
  ]);
});

it("carries any content it accepts unchanged to a feed reader", async () => {
  const { channel, send } = setup();
  const words = fc.string({ unit: "binary", minLength: 1, maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(
      words,
      words,
      fc.webUrl({ withQueryParameters: true }),
      fc.uuid(),
      async (title, text, link, key) => {
        const checked = await channel.content["~standard"].validate({ title, text, link });
        fc.pre(checked.issues === undefined);
        const receipt = await send(key, { title, text, link });
        const entry = (await read()).entries?.find(({ id }) => id === receipt.externalId);
        expect([entry?.title?.value, entry?.content?.value]).toEqual([
          (checked.value as { title: string }).title,
          (checked.value as { text: string }).text,
        ]);
      },
    ),
    { numRuns: 50 },
  );
});

it("says which option is wrong", () => {
  expect(() => setup({ baseUrl: "ftp://shop.example" })).toThrow(
    expect.objectContaining({
      code: "CONFIGURATION_INVALID",
      details: expect.objectContaining({ setting: "atomFeed.baseUrl" }),
    }),
  );
});

it("CHN-1: a campaign's posts reach the feed once each, also when an answer is lost on the way", async () => {
  const { time, channel } = setup();
  let lost = 0;
  const news = {
    ...channel,
    async send(message: never, context: never): Promise<Receipt> {
      const receipt = await channel.send(message, context);
      lost += 1;
      if (lost > 2) return receipt;
      throw new ChannelError({ kind: "transient", outcome: "unknown", message: "The answer was lost." });
    },
  };
  const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: { news }, runtime: time.runtime });
  const shop = kit.workspace("shop-42");
  const plan = { name: "Spring", timeZone: "Europe/Berlin", startsAt: time.now() };
  const campaign = await shop.campaigns.create({
    ...plan,
    channels: [{ channel: "news", config: { category: "spring" } }],
  });
  for (const title of ["One", "Two"])
    await shop.posts.create(campaign.id, { channel: "news", content: { title, text: "x" } });
  await shop.campaigns.launch(campaign.id);
  await time.advance("1h", kit);
  expect(await shop.deliveries.progress(campaign.id)).toMatchObject({ audience: 2, sent: 2 });
  expect(lost).toBe(4);
  const feed = await read();
  expect(feed.entries?.map(({ title }) => title?.value).toSorted()).toEqual(["One", "Two"]);
  expect(feed.entries?.[0]?.categories).toMatchObject([{ term: "spring" }]);
  await kit.stop();
});
