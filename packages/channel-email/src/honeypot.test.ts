import { expect, it } from "vitest";
import { prepare, renderContext, rendered, TRACKED } from "../test/delivery.ts";
import { email, smtp } from "./index.ts";

const HOME = "https://t.example/c/trap?a=1&b=2";

it("CHN-11: the invisible link stands in the HTML where the host wants one, for programs only, and never in the text", async () => {
  const channel = email({ transport: smtp({ host: "unused.example" }), from: "hello@shop.example" });
  const post = await prepare(channel, { subject: "Hello", html: "<p>Hello</p>" }, { tracked: true });
  const trapped = rendered(post.render(renderContext({ urls: { ...TRACKED, honeypot: HOME } })));
  const [link = "", ...more] = trapped.html?.match(/<a [^>]*trap[^>]*><\/a>/g) ?? [];
  expect(more).toEqual([]);
  expect(link).toContain('aria-hidden="true"');
  expect(link).toContain('tabindex="-1"');
  expect(link).toContain("display:none");
  expect(link).toContain('href="https://t.example/c/trap?a=1&amp;b=2"');
  expect(trapped.text).not.toContain("trap");
  for (const urls of [TRACKED, { ...TRACKED, honeypot: null }])
    expect(rendered(post.render(renderContext({ urls }))).html).not.toContain("trap");
});
