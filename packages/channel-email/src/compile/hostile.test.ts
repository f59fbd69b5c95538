/** Content that is made to hurt: it is compiled, or refused, in time. A quadratic step anywhere would take minutes here. */
import { describe, expect, it } from "vitest";
import { prepare, renderContext, rendered } from "../../test/delivery.ts";
import { type EmailContentInput, email, smtp } from "../index.ts";

const channel = email({ transport: smtp({ host: "unused.example" }), from: "hello@shop.example" });
const SIZE = 200_000;
const fill = (piece: string) => piece.repeat(Math.ceil(SIZE / piece.length));

describe("content made to hurt", () => {
  it.each<[string, Partial<EmailContentInput>]>([
    ["tracked links", { html: fill('<a href="https://a.example">x</a>') }],
    ["Liquid outputs", { html: fill("{{ campaign.id }}") }],
    ["Liquid tags in attributes", { html: fill("<p {% if true %}a{% endif %}>") }],
    ["Liquid tags in comments", { html: fill("<!-- {% if true %}{% endif %} -->") }],
    ["punctuation behind an address", { text: `https://a.example${fill(".,")}x` }],
    ["addresses in text", { text: fill("https://a.example/x ") }],
    ["addresses of Liquid in text", { text: fill("https://a.example/{{ campaign.id }} ") }],
    ["words like placeholders", { html: fill("<p>ck1q0x ck22q1x</p>") }],
    ["angle brackets", { html: fill("<") }],
    ["quotes", { html: `<a href="${fill("'")}">x</a>` }],
    ["white space", { html: `<p>${fill(" \t\n")}</p>` }],
  ])("%s is compiled and rendered", async (_, content) => {
    const post = await prepare(channel, { subject: "S", ...content });
    expect(rendered(post.render(renderContext())).subject).toBe("S");
  });

  it.each<[string, Partial<EmailContentInput>]>([
    ["links without end", { html: fill("<a href=x://y>") }],
    ["elements nested too deep", { html: fill("<div>") }],
    ["branches nested too deep", { text: `${fill("{% if true %}")}` }],
    ["MJML nested too deep", { mjml: `<mjml><mj-body>${fill("<mj-wrapper>")}</mj-body></mjml>` }],
    ["open delimiters", { text: fill("{{") }],
  ])("%s are refused as content, if they can't be compiled", async (_, content) => {
    const outcome: unknown = await prepare(channel, { subject: "S", ...content }).catch(
      (error: unknown) => error,
    );
    if (outcome instanceof Error) {
      expect(outcome).toMatchObject({
        code: "CHANNEL_FAILED",
        details: { kind: "rejected-content", outcome: "not-sent" },
      });
      expect(outcome.message.length).toBeLessThan(2_000);
    } else expect(outcome).toHaveProperty("render");
  });
});
