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
  const post = await prepare(channel, { subject: "S", ...content }, { tracked });
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
  ])("says %s about %o", async (code, content) => {
    expect(await codes(content)).toEqual([code]);
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
    const image = '<img src="x.png">';
    const post = await prepare(channel, {
      subject: "S",
      html: image + image,
      locales: { de: { html: image } },
    });
    expect(post.warnings.map((warning) => warning.message)).toEqual([
      'The image x.png has no alt text; give one, or alt="" if it only decorates.',
      'The image x.png has no alt text; give one, or alt="" if it only decorates. (locale de)',
    ]);
  });
});
