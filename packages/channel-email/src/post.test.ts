import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { expect, it } from "vitest";
import { postingShop } from "../test/posting-shop.ts";

describeEachDatabase("posts of mail", (database) => {
  it("CHN-11: a click leads to the address with its campaign parameters, merged or not", async () => {
    const { kit, send } = await postingShop((await database()).connect(), {
      email: { utm: { source: "newsletter", medium: "email" } },
    });
    const { to } = await send({
      subject: "Hi",
      html: '<p><a href="https://shop.example/spring#new">a</a> <a href="https://shop.example/for/{{ contact.firstName }}">b</a></p>',
    });
    const links = Array.from(
      (to("ann").message.html ?? "").matchAll(/href="(https:\/\/shop\.example\/t\/c\/[^"]+)"/g),
      ([, link = ""]) => link,
    );
    const targets = await Promise.all(
      links.map(async (link) => (await kit.trackingHandler(new Request(link))).headers.get("location")),
    );
    expect(targets).toEqual([
      "https://shop.example/spring?utm_source=newsletter&utm_medium=email#new",
      "https://shop.example/for/ann?utm_source=newsletter&utm_medium=email",
    ]);
    await kit.stop();
  });

  it("CHN-2: what the lint finds comes back when a post is made and when its content is changed, with its place", async () => {
    const { kit, shop, time } = await postingShop((await database()).connect());
    const campaign = await shop.campaigns.create({
      name: "Spring",
      timeZone: "UTC",
      startsAt: time.now(),
      channels: ["newsletter"],
    });
    const content = { subject: "Hi", preheader: "Hello", html: '<p>\n<a href="#gone">Offers</a></p>' };
    const post = await shop.posts.create(campaign.id, { channel: "newsletter", content });
    const found = { code: "link-anchor-missing", place: { field: "html", line: 2, column: 1 } };
    expect(post.warnings).toMatchObject([found]);
    const again = await shop.posts.update(post.id, { version: post.version, channel: "newsletter", content });
    expect(again.warnings).toMatchObject([found]);
    const mended = { ...content, html: "<p>Offers</p>" };
    const last = await shop.posts.update(post.id, {
      version: again.version,
      channel: "newsletter",
      content: mended,
    });
    expect(last.warnings).toEqual([]);
    expect((await shop.posts.update(post.id, { version: last.version, sequence: 2 })).warnings).toEqual([]);
    await kit.stop();
  });
});
