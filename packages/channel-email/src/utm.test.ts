import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { prepare, renderContext, rendered, TRACKED, UNTRACKED } from "../test/delivery.ts";
import { type EmailContentInput, type EmailOptions, email, smtp } from "./index.ts";
import { utmQuery, withUtm } from "./utm.ts";

function channel(options: Partial<EmailOptions> = {}) {
  return email({ transport: smtp({ host: "unused.example" }), from: "hello@shop.example", ...options });
}

const utm = { source: "newsletter", medium: "email" };

describe("CHN-11: campaign parameters on links", () => {
  it("are part of the link that is registered, so that the redirect leads there; fragment and spelling stay", async () => {
    const post = await prepare(channel({ utm }), {
      subject: "S",
      html: `<a href="https://shop.example">a</a> <a href="https://shop.example/x?a=1&amp;b=%20#top">b</a>`,
    });
    expect(post.links).toEqual([
      "https://shop.example?utm_source=newsletter&utm_medium=email",
      "https://shop.example/x?a=1&b=%20&utm_source=newsletter&utm_medium=email#top",
    ]);
  });

  it("come from the channel, the campaign and the post, one by one", async () => {
    const post = await prepare(
      channel({ utm }),
      { subject: "S", text: "https://shop.example/", utm: { content: "top & tail", medium: "mail" } },
      { config: { utm: { campaign: "spring-2027" } } },
    );
    expect(post.links).toEqual([
      "https://shop.example/?utm_source=newsletter&utm_medium=mail&utm_campaign=spring-2027&utm_content=top+%26+tail",
    ]);
  });

  it.each([
    ["mail", "mailto:help@shop.example"],
    ["a telephone", "tel:+4930123"],
    ["a place in the mail", "#top"],
    ["a link that has some already", "https://shop.example/?UTM_source=other"],
  ])("never go on %s", async (_, href) => {
    const post = await prepare(channel({ utm }), {
      subject: "S",
      html: `<p id="top"><a href="${href}">a</a></p>`,
    });
    const { html } = rendered(post.render(renderContext({ urls: UNTRACKED })));
    expect(html).toContain(`href="${href}"`);
    expect(html).not.toContain("utm_medium");
  });

  it("never go on the links to unsubscribe and to choose, nor on one that its author keeps as it is", async () => {
    const html = `<a href="{{ unsubscribeUrl }}">u</a><a href="{{ preferencesUrl }}">p</a><a data-track="off" href="https://shop.example/">o</a>{% assign leave = unsubscribeUrl %}<a href="{{ leave }}">l</a>`;
    const post = await prepare(channel({ utm }), { subject: "S", html });
    const message = rendered(post.render(renderContext({ urls: { ...TRACKED, click: (_, url) => url } })));
    expect(message.html).not.toContain("utm_");
    expect(message.headers["List-Unsubscribe"]).toBe(`<${TRACKED.unsubscribe}>`);
  });

  it("wait for merge fields, which may bring a query or a fragment along", async () => {
    const post = await prepare(channel({ utm }), {
      subject: "S",
      html: `<a href="https://shop.example/{{ contact.city }}">a</a>`,
    });
    expect(post.links).toEqual(["https://shop.example/{{ contact.city }}"]);
    const { html } = rendered(
      post.render(
        renderContext({
          recipient: { ...recipientOf("x?y=1#z") },
          urls: { ...UNTRACKED, click: (_, url) => url },
        }),
      ),
    );
    expect(html).toContain("https://shop.example/x?y=1&amp;utm_source=newsletter&amp;utm_medium=email#z");
  });

  it("leave an address an address, with its own parameters first and everything there once", () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (address) => {
        const before = new URL(address);
        const after = new URL(withUtm(address, utmQuery(utm)));
        expect([after.origin, after.pathname, after.hash]).toEqual([
          before.origin,
          before.pathname,
          before.hash,
        ]);
        expect([...after.searchParams]).toEqual([
          ...before.searchParams,
          ["utm_source", "newsletter"],
          ["utm_medium", "email"],
        ]);
        expect(withUtm(after.href, utmQuery(utm))).toBe(after.href);
      }),
    );
  });

  it("are refused where they are none", async () => {
    const input = { subject: "S", text: "x", utm: { sauce: "x" } };
    const checked = await channel().content["~standard"].validate(input as EmailContentInput);
    expect(checked.issues?.[0]?.path).toEqual(["utm"]);
    expect(() => channel({ utm: { source: "" } })).toThrow(/email\.utm/);
  });
});

function recipientOf(city: string) {
  const { recipient } = renderContext();
  if (recipient === null) throw new Error("no recipient");
  return { ...recipient, attributes: { city } };
}
