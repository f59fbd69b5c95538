import { describe, expect, it } from "vitest";
import { prepare, recipient, renderContext, rendered, TRACKED, UNTRACKED } from "../../test/delivery.ts";
import { diagnostics } from "../../test/diagnostics.ts";
import { type EmailContentInput, email, smtp } from "../index.ts";

const channel = email({
  transport: smtp({ host: "unused.example" }),
  from: "hello@shop.example",
  unsubscribeFooter: false,
});

/** Clicks that show index and target. */
const URLS = {
  ...TRACKED,
  click: (index: number, url: string) => `https://t.example/${index}/${encodeURIComponent(url)}`,
};

async function compiled(content: Partial<EmailContentInput>, contact: Parameters<typeof recipient>[0] = {}) {
  const post = await prepare(channel, { subject: "S", ...content });
  const message = rendered(post.render(renderContext({ recipient: recipient(contact), urls: URLS })));
  return { links: post.links, html: message.html ?? "", text: message.text };
}

function tracked(index: number, url: string): string {
  return `https://t.example/${index}/${encodeURIComponent(url)}`;
}

describe("a link in HTML", () => {
  it("is wrapped with its index, in order, in a and area", async () => {
    const { links, html } = await compiled({
      html: '<map><area href="https://one.example/"></map><a href="https://two.example/">2</a><a class=x href=http://three.example/>3</a>',
    });
    expect(links).toEqual(["https://one.example/", "https://two.example/", "http://three.example/"]);
    expect(html).toContain(`<area href="${tracked(0, "https://one.example/")}">`);
    expect(html).toContain(`<a href="${tracked(1, "https://two.example/")}">`);
    expect(html).toContain(`<a class=x href="${tracked(2, "http://three.example/")}">`);
  });

  it.each([
    "mailto:help@shop.example",
    "tel:+49301234",
    "sms:+49301234",
    "#top",
    "cid:logo",
    "{{ unsubscribeUrl }}",
    "{{ unsubscribeUrl }}&amp;why=1",
    "https://shop.example/bye?u={{ unsubscribeUrl | url_encode }}",
    "{{ preferencesUrl }}",
    "{{ preferencesUrl }}#topics",
  ])("to %s is never wrapped", async (href) => {
    const { links, html } = await compiled({ html: `<a href="${href}">x</a>` });
    expect(links).toEqual([]);
    expect(html).not.toContain("https://t.example/0");
  });

  it('with data-track="off" is not wrapped, but filled in', async () => {
    const { links, html } = await compiled({
      html: `<a data-track="off" href="https://shop.example/{{ contact.city }}">x</a>`,
    });
    expect(links).toEqual([]);
    expect(html).toContain('href="https://shop.example/London"');
  });

  it("is left alone in comments, Outlook's conditional ones too, in styles and in raw Liquid", async () => {
    const source =
      '<!--[if mso]><a href="https://one.example">1</a><![endif]--><style>a[href="https://two.example"]{}</style>' +
      '{% raw %}<a href="https://three.example">{{ not_liquid }}</a>{% endraw %}';
    const { links, html } = await compiled({ html: source, text: "T" });
    expect(links).toEqual([]);
    expect(html).toContain('<a href="https://one.example">1</a>');
    expect(html).toContain('<a href="https://three.example">{{ not_liquid }}</a>');
  });

  it("is found whatever surrounds it: other quotes, line breaks, upper case, angle brackets in attributes", async () => {
    const { links } = await compiled({
      html: `<A
        TITLE='a > b "quoted"' HREF='https://one.example'>1</A><a title="x > y" href="https://two.example">2</a>`,
    });
    expect(links).toEqual(["https://one.example", "https://two.example"]);
  });

  it("has its entities decoded before it is wrapped, and is escaped again", async () => {
    const { links, html } = await compiled({
      html: '<a href="https://shop.example/?a=1&amp;b=&quot;2&quot;">x</a>',
    });
    expect(links).toEqual(['https://shop.example/?a=1&b="2"']);
    expect(html).toContain(`href="${tracked(0, "https://shop.example/?a=1&b=%222%22")}"`);
  });

  it("is merged before it is wrapped", async () => {
    const href =
      "https://shop.example/{{ contact.city | downcase }}?n={{ contact.firstName | url_encode }}&amp;q={{ contact.q }}";
    const { links, html } = await compiled(
      { html: `<a href="${href}">x</a>` },
      { attributes: { city: "London", q: "a&b <c>" } },
    );
    expect(links).toEqual([href.replace("&amp;", "&")]);
    expect(html).toContain(`href="${tracked(0, "https://shop.example/london?n=Ada&q=a&b%20%3Cc%3E")}"`);
  });

  it("may be built by Liquid in any way", async () => {
    const html =
      '<a href="{% if contact.tier == "gold" %}https://shop.example/gold{% else %}https://shop.example/all{% endif %}">1</a>' +
      '<a {% if contact.tier == "gold" %}href="https://shop.example/vip"{% endif %}>2</a>' +
      '{% for item in contact.items %}<a href="{{ item.url }}">{{ item.name }}</a>{% endfor %}';
    const items = [
      { url: "https://shop.example/lamp", name: "Lamp" },
      { url: "https://shop.example/rug", name: "Rug" },
    ];
    const result = await compiled({ html }, { attributes: { tier: "gold", items } });
    expect(result.html).toContain(`href="${tracked(0, "https://shop.example/gold")}"`);
    expect(result.html).toContain(`href="${tracked(1, "https://shop.example/vip")}"`);
    expect(result.html).toContain(`<a href="${tracked(2, "https://shop.example/lamp")}">Lamp</a>`);
    expect(result.html).toContain(`<a href="${tracked(2, "https://shop.example/rug")}">Rug</a>`);
    expect(result.text).toContain(`Rug <${tracked(2, "https://shop.example/rug")}>`);
  });

  it.each([
    "javascript:alert(1)",
    "data:text/html,<script>",
    " vbscript:x",
    "file:///etc/passwd",
    "https://",
    "//evil.example",
  ])("that a contact's field turns into %s is dropped", async (website) => {
    const { html } = await compiled(
      { html: '<a href="{{ contact.website }}">x</a>' },
      { attributes: { website } },
    );
    expect(html).toContain('<a href="#">x</a>');
  });

  it("can't be broken out of by a contact's field", async () => {
    const website = 'https://evil.example/"><script>alert(1)</script>';
    const { html, text } = await compiled(
      { html: '<a href="{{ contact.website }}">x</a><a data-track=off href="{{ contact.website }}">y</a>' },
      { attributes: { website } },
    );
    expect(html).not.toContain("<script>");
    expect(text).not.toContain("<script>");
  });

  it("stays as it is where links are not tracked", async () => {
    const post = await prepare(channel, {
      subject: "S",
      html: '<a href="https://shop.example/?a=1&amp;b=2">x</a>',
    });
    const message = rendered(post.render(renderContext({ urls: UNTRACKED })));
    expect(message.html).toContain('<a href="https://shop.example/?a=1&amp;b=2">x</a>');
    expect(message.text).toBe("x <https://shop.example/?a=1&b=2>");
  });

  it("leaves the rest of the document as its author wrote it, byte for byte", async () => {
    const html = `<!DOCTYPE html>\r\n<html LANG=en>\n<Body BGCOLOR='#fff'>\n<p>&nbsp;&copy; 1 < 2 & <br/>\n<!-- note --><unknown-tag a=b>\t</p></Body></html>`;
    const post = await prepare(channel, { subject: "S", html });
    expect(rendered(post.render(renderContext({ urls: UNTRACKED }))).html).toBe(html);
  });
});

describe("a link in text", () => {
  it("shares its place with the same link in HTML, and gets its own otherwise", async () => {
    const { links, text } = await compiled({
      html: '<a href="https://one.example/?a=1&amp;b=2">1</a>',
      text: "Other: https://two.example/x. Same: (https://one.example/?a=1&b=2), bye",
    });
    expect(links).toEqual(["https://one.example/?a=1&b=2", "https://two.example/x"]);
    expect(text).toBe(
      `Other: ${tracked(1, "https://two.example/x")}. Same: (${tracked(0, "https://one.example/?a=1&b=2")}), bye`,
    );
  });

  it("is merged before it is wrapped", async () => {
    const { links, text } = await compiled({
      text: "See https://shop.example/{{ contact.city }}?n={{ contact.firstName }}!",
    });
    expect(links).toEqual(["https://shop.example/{{ contact.city }}?n={{ contact.firstName }}"]);
    expect(text).toBe(`See ${tracked(0, "https://shop.example/London?n=Ada")}!`);
  });

  it("ends before a branch ends, and is left alone where a branch begins inside it", async () => {
    const { links, text } = await compiled({
      text: "{% if true %}https://one.example{% else %}https://no.example{% endif %} https://two.example/{% if true %}x{% endif %}",
    });
    expect(links).toEqual(["https://one.example", "https://no.example"]);
    expect(text).toBe(`${tracked(0, "https://one.example")} https://two.example/x`);
  });
});

describe("work done once per post", () => {
  it("is all of the compiling: a thousand recipients cause no further MJML, HTML-to-text or HTML parsing", async () => {
    using work = diagnostics();
    const post = await prepare(channel, {
      subject: "S",
      mjml: '<mjml><mj-body><mj-section><mj-column><mj-text>Hi {{ contact.firstName }} <a href="https://shop.example">x</a></mj-text></mj-column></mj-section></mj-body></mjml>',
      locales: { de: { html: "<p>Hallo {{ contact.firstName }}</p>" } },
    });
    expect(work.counts()).toMatchObject({ mjml: 1, "html-to-text": 2 });
    const before = work.counts();
    for (let index = 0; index < 1_000; index += 1) {
      const to = recipient({ firstName: `N${index}`, locale: index % 2 === 0 ? "de" : "en" });
      expect(rendered(post.render(renderContext({ recipient: to, urls: URLS }))).text).toContain(`N${index}`);
    }
    expect(work.counts()).toEqual(before);
  });
});
