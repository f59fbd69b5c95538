import { describe, expect, it } from "vitest";
import { prepare, recipient, renderContext, rendered, UNTRACKED } from "../../test/delivery.ts";
import { type EmailContentInput, email, smtp } from "../index.ts";

const channel = email({
  transport: smtp({ host: "unused.example" }),
  from: "hello@shop.example",
  unsubscribeFooter: false,
});

function page(body: string, head = ""): string {
  return `<mjml>${head}<mj-body>${body}</mj-body></mjml>`;
}

function column(content: string): string {
  return page(`<mj-section><mj-column>${content}</mj-column></mj-section>`);
}

async function messageOf(
  mjml: string,
  contact: Parameters<typeof recipient>[0] = {},
  more: Partial<EmailContentInput> = {},
) {
  const post = await prepare(channel, { subject: "S", mjml, ...more });
  const urls = { ...UNTRACKED, unsubscribe: "https://t.example/u" };
  return rendered(post.render(renderContext({ recipient: recipient(contact), urls })));
}

const REJECTED = { kind: "rejected-content", outcome: "not-sent" };

describe("CHN-2: MJML", () => {
  it("becomes responsive HTML and text, its merge fields filled in", async () => {
    const message = await messageOf(column("<mj-text>Dear {{ contact.firstName }}</mj-text>"), {
      firstName: "A <b>",
    });
    expect(message.html).toContain("<!doctype html>");
    expect(message.html).toContain("Dear A &lt;b&gt;");
    expect(message.text).toBe("Dear A <b>");
  });

  it("keeps Liquid in attributes, with quotes of its own", async () => {
    const mjml = column(
      `<mj-button href='https://shop.example/{{ contact.city | default: "x" }}' background-color="{{ contact.colour }}">{{ contact.city | default: "x" }}</mj-button>`,
    );
    const { html } = await messageOf(mjml, { attributes: { city: "Paris", colour: "#ff0000" } });
    expect(html).toContain('href="https://shop.example/Paris"');
    expect(html).toContain('bgcolor="#ff0000"');
  });

  it("keeps Liquid between components", async () => {
    const mjml = page(
      "{% if contact.tier == 'gold' %}<mj-section><mj-column><mj-text>Gold</mj-text></mj-column></mj-section>{% else %}" +
        "<mj-section><mj-column><mj-text>Silver</mj-text></mj-column></mj-section>{% endif %}" +
        "<mj-section>{% if true %}<mj-column>{% for item in contact.items %}<mj-text>{{ item }}</mj-text>{% endfor %}</mj-column>{% endif %}</mj-section>",
    );
    const { text, html } = await messageOf(mjml, { attributes: { tier: "gold", items: ["Lamp", "Rug"] } });
    expect(text).toBe("Gold\n\nLamp\n\nRug");
    expect(html).not.toContain("Silver");
  });

  it("keeps comparisons that look like tags", async () => {
    const mjml = column("<mj-text>{% if contact.age < 18 and contact.age > 3 %}young{% endif %}</mj-text>");
    expect((await messageOf(mjml, { attributes: { age: 12 } })).text).toBe("young");
  });

  it("has its links tracked as any HTML has", async () => {
    const post = await prepare(channel, {
      subject: "S",
      mjml: column(
        '<mj-button href="https://shop.example/a?x=1&amp;y=2">Go</mj-button><mj-text><a href="{{ unsubscribeUrl }}">bye</a></mj-text>',
      ),
    });
    expect(post.links).toEqual(["https://shop.example/a?x=1&y=2"]);
  });

  it("has preheader and pixel put into its body", async () => {
    const post = await prepare(channel, {
      subject: "S",
      mjml: column("<mj-text>x</mj-text>"),
      preheader: "Look inside",
    });
    const { html } = rendered(post.render(renderContext()));
    expect(html).toMatch(/<body[^>]*><div style="display:none[^>]*>Look inside/);
    expect(html).toMatch(/<img src="https:\/\/t\.example\/o\/1\.gif"[^>]*><\/body>/);
  });

  it("adds no font of a third party", async () => {
    const { html } = await messageOf(column("<mj-text>x</mj-text>"));
    expect(html).not.toContain("fonts.googleapis.com");
  });

  it.each([
    ["an unknown component", column("<mj-nope>x</mj-nope>"), /mj-nope/],
    ["an attribute that does not exist", column('<mj-text colour="red">x</mj-text>'), /colour/],
    ["no MJML at all", "<p>Hello</p>", /can't be read/],
    ["an include", column('<mj-include path="/etc/passwd" />'), /mj-include/],
    [
      "Liquid where it would be dropped",
      page(
        "<mj-section><mj-column><mj-social>{% if true %}<mj-social-element>x</mj-social-element>{% endif %}</mj-social></mj-column></mj-section>",
      ),
      /mj-social/,
    ],
    ["Liquid in a head that drops it", page("", "<mj-head>{% assign x = 1 %}</mj-head>"), /mj-head/],
  ])("with %s is refused, saying where", async (_, mjml, reason) => {
    const error: unknown = await messageOf(mjml).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "CHANNEL_FAILED", details: REJECTED });
    expect((error as Error).message).toMatch(reason);
    expect((error as Error).message).not.toContain(process.cwd());
  });
});
