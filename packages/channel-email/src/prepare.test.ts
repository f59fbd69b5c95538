import { describe, expect, it } from "vitest";
import {
  prepare,
  recipient,
  renderContext,
  rendered,
  sendContext,
  TRACKED,
  UNTRACKED,
} from "../test/delivery.ts";
import { type EmailContentInput, type EmailOptions, type EmailTransport, email, smtp } from "./index.ts";

function channelWith(options: Partial<EmailOptions> = {}) {
  return email({ transport: smtp({ host: "unused.example" }), from: "hello@shop.example", ...options });
}

async function messageFor(
  content: EmailContentInput,
  {
    locale = "en",
    urls = TRACKED,
    options = {},
    tracked = true,
  }: {
    locale?: string | null;
    urls?: typeof TRACKED;
    options?: Partial<EmailOptions>;
    tracked?: boolean;
  } = {},
) {
  const post = await prepare(channelWith(options), content, { tracked });
  return rendered(post.render(renderContext({ recipient: recipient({ locale }), urls })));
}

describe("a locale's texts", () => {
  const content: EmailContentInput = {
    subject: "Hello",
    preheader: "Look",
    html: "<p>Hello {{ contact.firstName }}</p>",
    text: "Hello in text",
    locales: {
      de: { subject: "Hallo", html: "<p>Hallo {{ contact.firstName }}</p>" },
      "de-AT": { subject: "Servus" },
      "zh-Hant": { text: "你好" },
    },
  };

  it.each([
    ["en", "Hello"],
    [null, "Hello"],
    ["de", "Hallo"],
    ["de-CH-1996", "Hallo"],
    ["DE_at", "Servus"],
    ["dex", "Hello"],
    ["", "Hello"],
  ])("are chosen for %s as RFC 4647 looks up: %s", async (locale, subject) => {
    expect((await messageFor(content, { locale })).subject).toBe(subject);
  });

  it("that bring a body of their own don't mix with the post's text", async () => {
    const german = await messageFor(content, {
      locale: "de",
      urls: UNTRACKED,
      options: { unsubscribeFooter: false },
    });
    expect(german.html).toContain("<p>Hallo Ada</p>");
    expect(german.text).toBe("Hallo Ada");
    expect(german.html).toContain("Look");
    expect(german.html).toContain('<html lang="de" dir="auto">');
  });

  it("that bring no body keep the post's", async () => {
    const austrian = await messageFor(content, { locale: "de-AT" });
    expect(austrian.html).toContain("<p>Hello Ada</p>");
    expect(austrian.text).toContain("Hello in text");
  });

  it("may be text only", async () => {
    const chinese = await messageFor(content, { locale: "zh-Hant-TW" });
    expect(chinese.html).toBeNull();
    expect(chinese.text).toContain("你好");
  });

  it("number their links after those of the post", async () => {
    const post = await prepare(channelWith(), {
      subject: "S",
      html: '<a href="https://shop.example/en">x</a>',
      locales: { de: { html: '<a href="https://shop.example/de">x</a>' } },
    });
    expect(post.links).toEqual(["https://shop.example/en", "https://shop.example/de"]);
    const german = rendered(post.render(renderContext({ recipient: recipient({ locale: "de" }) })));
    expect(german.html).toContain("https://t.example/c/1?");
  });
});

describe("CHN-2: a rendered message", () => {
  it("has the preheader first, hidden, with filler behind it; the pixel last", async () => {
    const { html } = await messageFor({
      subject: "S",
      preheader: "Look <inside>, {{ contact.firstName }}",
      html: "<p>Body</p>",
    });
    expect(html).toMatch(
      /<body>\s*<div style="display:none[^"]*">Look &lt;inside&gt;, Ada(?:&#847;&zwnj;&nbsp;)+<\/div>\s*<p>Body<\/p>/,
    );
    expect(html).toMatch(
      /<img src="https:\/\/t\.example\/o\/1\.gif" width="1" height="1" alt=""[^>]*><\/body>/,
    );
  });

  it("has the campaign's headers and the post's own, each once whatever its case", async () => {
    const post = await prepare(
      channelWith(),
      { subject: "S", text: "T", headers: { "x-note": "post", "X-Post": "1" } },
      { config: { headers: { "X-Note": "campaign", "X-Campaign": "1" } } },
    );
    expect(rendered(post.render(renderContext({ urls: UNTRACKED }))).headers).toEqual({
      "X-Campaign": "1",
      "x-note": "post",
      "X-Post": "1",
    });
  });

  it("has no pixel where opens are not tracked", async () => {
    const { html } = await messageFor(
      { subject: "S", html: "<p>Body</p>" },
      { urls: { ...TRACKED, open: null } },
    );
    expect(html).not.toContain("<img");
  });

  it("is put into odd documents at the right place", async () => {
    const preheader = "Look";
    const noBody = await messageFor({
      subject: "S",
      preheader,
      html: "<html><head></head><p>Body</p></html>",
    });
    expect(noBody.html).toMatch(/<\/head><div [^>]*>Look.*<p>Body<\/p>.*<img[^>]*><\/html>/s);
    const onlyOpen = await messageFor({ subject: "S", preheader, html: "<body><p>Body</p>" });
    expect(onlyOpen.html).toMatch(/^<body><div [^>]*>Look.*<p>Body<\/p>.*<img[^>]*>$/s);
    const decoy = await messageFor({
      subject: "S",
      preheader,
      html: "<!-- <body> --><html><body><p>Body</p></body><!-- </body> --></html>",
    });
    expect(decoy.html).toMatch(/^<!-- <body> --><html><body><div /);
  });

  it("has an unsubscribe footer in both parts when its author wrote no link", async () => {
    const { html, text } = await messageFor({ subject: "S", html: "<p>Body</p>", text: "Body" });
    expect(html).toContain('<a href="https://t.example/u/1"');
    expect(text).toBe(
      "Body\n\nYou get this mail because you signed up for it. Unsubscribe: https://t.example/u/1\n",
    );
  });

  it("has a footer only in the part that lacks the link", async () => {
    const { html, text } = await messageFor({
      subject: "S",
      html: '<p><a href="{{ unsubscribeUrl }}">Leave</a></p>',
      text: "Body",
    });
    expect(html?.match(/t\.example\/u\/1/g)).toHaveLength(1);
    expect(text).toContain("Unsubscribe: https://t.example/u/1");
  });

  it("CHN-12: leads to the preference centre from either part, beside the footer, and by no tracked link", async () => {
    const { html, text } = await messageFor({
      subject: "S",
      html: '<p><a href="{{ preferencesUrl }}">Choose</a></p>',
      text: "Choose: {{ preferencesUrl }}",
    });
    expect(html).toContain('<a href="https://t.example/p/1">Choose</a>');
    expect(html).toContain('<a href="https://t.example/u/1"');
    expect(text.startsWith("Choose: https://t.example/p/1\n")).toBe(true);
  });

  it("has the footer's words in the recipient's language, escaped", async () => {
    const unsubscribeFooter = {
      text: "Why <this>?",
      link: "Stop",
      locales: { de: { text: "Warum?", link: "Abmelden" } },
    };
    const content = { subject: "S", html: "<p>Body</p>" };
    expect((await messageFor(content, { options: { unsubscribeFooter } })).html).toContain(
      "Why &lt;this&gt;?",
    );
    const german = await messageFor(content, { locale: "de-CH", options: { unsubscribeFooter } });
    expect(german.html).toContain(">Abmelden</a>");
    expect(german.text).toBe("Body\n\nWarum? Abmelden: https://t.example/u/1");
  });

  it("has no footer when that is switched off, or there is no address", async () => {
    const content = { subject: "S", text: "Body" };
    expect((await messageFor(content, { options: { unsubscribeFooter: false } })).text).toBe("Body");
    expect((await messageFor(content, { urls: { ...UNTRACKED } })).text).toBe("Body");
    expect((await messageFor(content, { tracked: false })).text).toBe("Body");
  });

  it("keeps an author's text as it is, blank lines and all", async () => {
    const text = "  Body\n\n\n\nEnd  \n";
    expect((await messageFor({ subject: "S", text }, { options: { unsubscribeFooter: false } })).text).toBe(
      text,
    );
  });

  it("needs a recipient", async () => {
    const post = await prepare(channelWith(), { subject: "S", text: "T" });
    expect(() => post.render(renderContext({ recipient: null }))).toThrowError(
      expect.objectContaining({
        details: expect.objectContaining({ kind: "unsupported", outcome: "not-sent" }),
      }),
    );
  });

  it("is shown in a preview with its images in place", async () => {
    const channel = channelWith();
    const post = await prepare(channel, {
      subject: "Hello {{ contact.firstName }}",
      html: '<img src="cid:logo" alt="Logo"><img src="cid:logo2" alt="">',
      inlineImages: [{ cid: "logo", contentType: "image/png", content: "AAEC" }],
    });
    const preview = channel.preview?.(rendered(post.render(renderContext())));
    expect(preview?.subject).toBe("Hello Ada");
    expect(preview?.html).toContain(
      '<img src="data:image/png;base64,AAEC" alt="Logo"><img src="cid:logo2" alt="">',
    );
    expect(preview?.text).toContain("Logo");
    const textOnly = await prepare(channel, { subject: "S", text: "T" });
    expect(channel.preview?.(rendered(textOnly.render(renderContext())))).not.toHaveProperty("html");
  });
});

describe("the channel", () => {
  it("declares what it is", () => {
    const channel = channelWith({ costMicros: 400, concurrency: 3, perSecond: 14 });
    expect(channel).toMatchObject({
      id: "email",
      reach: "direct",
      address: "email",
      capabilities: { links: true, opens: true, unsubscribe: true },
      limits: { concurrency: 3, perSecond: 14 },
      idempotency: "none",
      costMicros: 400,
    });
    expect(channelWith().limits).toEqual({ concurrency: 10 });
    expect(channelWith()).not.toHaveProperty("lookup");
  });

  it("works with any transport, and passes on what that one can do", async () => {
    const asked: string[] = [];
    const transport: EmailTransport = {
      idempotency: "lookup",
      send: async (message, { idempotencyKey }) => ({
        externalId: `${idempotencyKey}:${message.to.address}`,
      }),
      lookup: async (key) => {
        asked.push(key);
        return null;
      },
    };
    const channel = channelWith({ transport });
    const post = await prepare(channel, { subject: "S", text: "T" });
    const receipt = await channel.send(rendered(post.render(renderContext())), sendContext());
    expect(receipt.externalId).toBe("delivery-1:ada@people.example");
    expect(channel.idempotency).toBe("lookup");
    expect(await channel.lookup?.("delivery-9", sendContext())).toBeNull();
    expect(asked).toEqual(["delivery-9"]);
    await expect(channel.close?.()).resolves.toBeUndefined();
  });

  it.each<[Partial<EmailOptions>, string]>([
    [{ from: "nobody" }, "email.from"],
    [{ from: { name: "A\nB", address: "a@b.example" } }, "email.from"],
    [{ replyTo: "x" }, "email.replyTo"],
    [{ returnPath: "x" }, "email.returnPath"],
    [{ concurrency: 0 }, "channel email"],
    [{ costMicros: 0.5 }, "channel email"],
  ])("refuses %o", (options, setting) => {
    expect(() => channelWith(options)).toThrowError(
      expect.objectContaining({
        code: "CONFIGURATION_INVALID",
        details: expect.objectContaining({ setting }),
      }),
    );
  });
});
