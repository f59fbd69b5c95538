import { describe, expect, it } from "vitest";
import { prepare } from "../../test/delivery.ts";
import { type EmailContentInput, type EmailOptions, email, smtp } from "../index.ts";

const LEAVE = '<a href="{{ unsubscribeUrl }}">Unsubscribe</a>';

async function codes(
  content: Partial<EmailContentInput>,
  options: Partial<EmailOptions> = {},
  tracked = true,
): Promise<string[]> {
  const channel = email({
    transport: smtp({ host: "unused.example" }),
    from: "hello@shop.example",
    ...options,
  });
  const preheader = content.text === undefined ? { preheader: "P" } : {};
  const post = await prepare(channel, { subject: "S", ...preheader, ...content }, { tracked });
  return post.warnings.map((warning) => warning.code);
}

describe("CHN-2: the lint", () => {
  it("has nothing to say about a good post", async () => {
    const html = `<p>Hi {{ contact.firstName }}, {{ campaign.name }} <a href="https://shop.example">shop</a> <img src="x.png" alt="Lamp"> ${LEAVE}</p>`;
    expect(await codes({ html, preheader: "{{ contact.anything.goes }}" })).toEqual([]);
  });

  it.each<[string, Partial<EmailContentInput>]>([
    ["subject-long", { subject: "x".repeat(71), html: LEAVE }],
    ["html-large", { html: `<p>${"x".repeat(100_000)}</p>${LEAVE}` }],
    ["image-without-alt", { html: `<img src="https://shop.example/x.png">${LEAVE}` }],
    ["link-empty", { html: `<a href="">x</a>${LEAVE}` }],
    ["link-empty", { html: `<a href="#">x</a>${LEAVE}` }],
    ["link-relative", { html: `<a href="/shop">x</a>${LEAVE}` }],
    ["link-without-text", { html: `<a href="https://shop.example"> </a>${LEAVE}` }],
    ["link-without-text", { html: `<a href="https://shop.example"><img src="x.png" alt=""></a>${LEAVE}` }],
    ["unknown-merge-field", { html: `{{ customer.name }}${LEAVE}` }],
    ["unknown-merge-field", { subject: "{{ campaign.title }}", html: LEAVE }],
    ["unknown-merge-field", { html: `<a href="https://shop.example/{{ firstName }}">x</a>${LEAVE}` }],
    ["subject-shouts", { subject: "SPRING IS HERE", html: LEAVE }],
    ["subject-exclaims", { subject: "Spring is here!!", html: LEAVE }],
    ["subject-feigns-reply", { subject: "Re: your order", html: LEAVE }],
    ["preheader-missing", { preheader: undefined, html: LEAVE }],
    ["text-shouts", { html: `<p>${"BUY NOW AND SAVE MUCH ".repeat(5)}</p>${LEAVE}` }],
    ["text-exclaims", { html: `<p>Now! Now! Now! Now! Now!</p>${LEAVE}` }],
    ["link-anchor-missing", { html: `<a href="#offers">x</a>${LEAVE}` }],
    ["link-insecure", { html: `<a href="http://shop.example/">x</a>${LEAVE}` }],
    ["link-shortened", { html: `<a href="https://bit.ly/3xyz">x</a>${LEAVE}` }],
    ["link-text-vague", { html: `<a href="https://shop.example/">Click here</a>${LEAVE}` }],
    ["link-text-misleads", { html: `<a href="https://shop.example/">www.bank.example</a>${LEAVE}` }],
    [
      "link-text-misleads",
      { html: `<a href="https://shop.example/"><b>https://bank.example/login</b></a>${LEAVE}` },
    ],
    ["image-missing", { html: `<img src="cid:logo" alt="Logo">${LEAVE}` }],
    ["image-insecure", { html: `<img src="http://shop.example/x.png" alt="x">${LEAVE}` }],
    ["table-without-role", { html: `<table><tr><td>x</td></tr></table>${LEAVE}` }],
    ["lang-missing", { html: `<html><head><title>T</title></head><body>${LEAVE}</body></html>` }],
    ["title-missing", { html: `<html lang="en"><head></head><body>${LEAVE}</body></html>` }],
    ["title-missing", { html: `<html lang="en"><head><title> </title></head><body>${LEAVE}</body></html>` }],
    ["contrast-low", { html: `<p style="color:#999;background-color:white">x</p>${LEAVE}` }],
    [
      "contrast-low",
      {
        html: `<table role="presentation" bgcolor="#ffffff"><tr><td><font color="silver">x</font></td></tr></table>${LEAVE}`,
      },
    ],
    [
      "contrast-low",
      { html: `<div style="background:#fff"><p style="color:#fff !important">x</p></div>${LEAVE}` },
    ],
  ])("says %s about %o", async (code, content) => {
    expect(await codes(content)).toEqual([code]);
  });

  it.each<[string, Partial<EmailContentInput>]>([
    [
      "anchors that lead somewhere",
      { html: `<a href="#a">x</a><a href="#b%20c">y</a><p id="a"></p><a name="b c">z</a>${LEAVE}` },
    ],
    [
      "a link that names its own domain",
      { html: `<a href="https://news.shop.example/x">shop.example</a>${LEAVE}` },
    ],
    [
      "a link whose address is filled in",
      { html: `<a href="https://{{ contact.shop }}/">bank.example</a>${LEAVE}` },
    ],
    ["a table of data", { html: `<table><tr><th>A</th></tr><tr><td>1</td></tr></table>${LEAVE}` }],
    [
      "a table for layout that says so",
      { html: `<table role="presentation"><tr><td>x</td></tr></table>${LEAVE}` },
    ],
    [
      "an inline image that is there",
      {
        html: `<img src="cid:logo" alt="Logo">${LEAVE}`,
        inlineImages: [{ cid: "logo", contentType: "image/png", content: "AAAA" }],
      },
    ],
    ["text that can be read", { html: `<p style="color:#595959;background:#fff">x</p>${LEAVE}` }],
    ["large text of less contrast", { html: `<h1 style="color:#888888;background:#ffffff">x</h1>${LEAVE}` }],
    [
      "colours that say nothing",
      {
        html: `<p style="color:#999">x</p><p style="background-image:url(a.png);background-color:#fff;color:#fff">x</p>${LEAVE}`,
      },
    ],
    [
      "text that is not shown",
      { html: `<div style="display:none;color:#fff;background:#fff">x</div>${LEAVE}` },
    ],
    [
      "a link in the mailbox's own colour",
      {
        html: `<div style="color:#fff;background:#fff"><a href="https://shop.example/">Shop</a></div>${LEAVE}`,
      },
    ],
    ["a name in capitals", { subject: "News from NASA and IKEA", html: `<p>The USA</p>${LEAVE}` }],
    [
      "a document that says all",
      { html: `<html lang="en"><head><title>Spring</title></head><body>${LEAVE}</body></html>` },
    ],
    ["capitals in a style sheet", { html: `<style>${"BODY { COLOR: RED } ".repeat(20)}</style>${LEAVE}` }],
  ])("says nothing about %s", async (_, content) => {
    expect(await codes(content)).toEqual([]);
  });

  it("misses words where there are only images", async () => {
    const html = '<img src="https://shop.example/x.png" alt="">';
    expect(await codes({ html }, { unsubscribeFooter: { text: "", link: "Leave" } })).toEqual([
      "text-missing",
    ]);
  });

  it("says where: line and column of the author's own source, as far as there is a place", async () => {
    const channel = email({ transport: smtp({ host: "unused.example" }), from: "hello@shop.example" });
    const post = await prepare(channel, {
      subject: "SPRING IS HERE",
      html: `<p>\n  <img src="x.png">\n</p>${LEAVE}`,
      locales: { de: { html: `<img src="x.png">${LEAVE}` } },
    });
    expect(post.warnings.map(({ code, place }) => [code, place])).toEqual([
      ["subject-shouts", { field: "subject" }],
      ["preheader-missing", { field: "html" }],
      ["image-without-alt", { field: "html", line: 2, column: 3 }],
      ["subject-shouts", { field: "subject", locale: "de" }],
      ["preheader-missing", { field: "html", locale: "de" }],
      ["image-without-alt", { field: "html", locale: "de", line: 1, column: 1 }],
    ]);
  });

  it("says of one kind only so much", async () => {
    const images = Array.from({ length: 100 }, (_, n) => `<img src="${n}.png">`).join("");
    expect(await codes({ html: images + LEAVE })).toHaveLength(20);
  });

  it.each([
    "javascript:alert(1)",
    " java\nscript:alert(1)",
    "vbscript:x",
    "data:text/html,x",
    "file:///etc/passwd",
  ])("refuses a link to %j: that is wrong to send", async (href) => {
    await expect(codes({ html: `<a href="${href}">x</a>${LEAVE}` })).rejects.toMatchObject({
      code: "CHANNEL_FAILED",
      details: { kind: "rejected-content" },
    });
  });

  it("does not count merge fields into the length of a subject", async () => {
    expect(
      await codes({ subject: `Hi {{ contact.firstName | default: "${"x".repeat(80)}" }}`, html: LEAVE }),
    ).toEqual([]);
  });

  it("takes variables of the template itself for known", async () => {
    expect(
      await codes({
        html: `{% assign x = 1 %}{% for y in contact.items %}{{ y.z }}{{ forloop.index }}{% endfor %}{{ x }}${LEAVE}`,
      }),
    ).toEqual([]);
  });

  it("misses an unsubscribe link only where none will be added", async () => {
    expect(await codes({ html: "<p>x</p>" })).toEqual([]);
    expect(await codes({ html: "<p>x</p>" }, { unsubscribeFooter: false })).toEqual(["unsubscribe-missing"]);
    expect(await codes({ html: "<p>x</p>" }, {}, false)).toEqual(["unsubscribe-missing"]);
    expect(await codes({ text: "x {{ unsubscribeUrl }}" }, { unsubscribeFooter: false })).toEqual([]);
  });

  it("says when the post's unsubscribe link will have no address", async () => {
    expect(await codes({ html: LEAVE }, {}, false)).toEqual(["unsubscribe-address-missing"]);
  });

  it("says when the post's link to the preference centre will have no address, and takes it for no unsubscribe link", async () => {
    const choose = '<a href="{{ preferencesUrl }}">Choose</a>';
    expect(await codes({ html: choose + LEAVE })).toEqual([]);
    expect(await codes({ html: choose }, { unsubscribeFooter: false })).toEqual(["unsubscribe-missing"]);
    expect(await codes({ text: "{{ preferencesUrl }}" }, {}, false)).toEqual([
      "unsubscribe-missing",
      "preferences-address-missing",
    ]);
  });

  it("names the locale, and says nothing twice", async () => {
    const channel = email({ transport: smtp({ host: "unused.example" }), from: "hello@shop.example" });
    const image = '<p>x</p><img src="x.png">';
    const post = await prepare(channel, {
      subject: "S",
      preheader: "P",
      html: image + image,
      locales: { de: { html: image } },
    });
    expect(post.warnings.map((warning) => warning.message)).toEqual([
      'The image x.png has no alt text; give one, or alt="" if it only decorates.',
      'The image x.png has no alt text; give one, or alt="" if it only decorates. (locale de)',
    ]);
  });
});
