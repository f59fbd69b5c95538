/** A campaign that posts to a feed: makes it, launches it, and prints the feed as a web server would serve it. */
import { mkdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { sqlite } from "@campaignkit/adapter-sqlite";
import { createCampaignKit } from "@campaignkit/core";
import { atomFeed } from "./feed.ts";

const folder = path.join(import.meta.dirname, "public");
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });

const kit = createCampaignKit({
  storage: sqlite(":memory:"),
  channels: {
    news: atomFeed({ folder, baseUrl: "https://shop.example/news/", title: "News", author: "The Shop" }),
  },
});
const shop = kit.workspace("shop-42");

const campaign = await shop.campaigns.create({
  name: "Spring refresh",
  timeZone: "Europe/Berlin",
  startsAt: new Date(),
  channels: [{ channel: "news", config: { category: "spring" } }],
});
await shop.posts.create(campaign.id, {
  channel: "news",
  content: {
    title: "Spring colours are here",
    text: "Fresh greens & warm yellows, <b>not</b> only for the garden.",
    link: "https://shop.example/spring?utm_source=feed",
    tags: ["decor"],
  },
});
await shop.posts.create(campaign.id, {
  channel: "news",
  content: { title: "Open on Sunday", text: "We are there from 10 to 4." },
});
await shop.campaigns.launch(campaign.id);

const finished = Promise.withResolvers<void>();
const open = new Set((await shop.posts.list(campaign.id)).map(({ id }) => id));
kit.on("post.finished", ({ postId }) => {
  open.delete(postId);
  if (open.size === 0) finished.resolve();
});
await kit.start();
await finished.promise;
for (const { id, state } of await shop.posts.list(campaign.id)) {
  const { items } = await shop.deliveries.list({ postId: id });
  console.log(state, items.map(({ externalId }) => externalId).join());
}
await kit.stop();

console.log(await readFile(path.join(folder, "feed.xml"), "utf8"));
