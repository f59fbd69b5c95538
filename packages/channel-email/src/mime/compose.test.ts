import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { authenticate } from "mailauth";
import { simpleParser } from "mailparser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  deliver,
  NOW,
  prepare,
  recipient,
  renderContext,
  rendered,
  TRACKED,
  UNTRACKED,
} from "../../test/delivery.ts";
import { startScripted } from "../../test/scripted-server.ts";
import { type SmtpSink, startSink } from "../../test/smtp-sink.ts";
import { type EmailContentInput, type EmailOptions, email, smtp } from "../index.ts";
import { composeMime } from "./compose.ts";

const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

let sink: SmtpSink;
beforeAll(async () => {
  sink = await startSink();
});
afterAll(async () => {
  await sink[Symbol.asyncDispose]();
});

/** Sends one mail and reads it back as a mail client does. */
async function mailed(
  content: EmailContentInput,
  options: Partial<EmailOptions> = {},
  rest: Parameters<typeof deliver>[2] = {},
) {
  const channel = email({
    transport: smtp({ host: "127.0.0.1", port: sink.port }),
    from: "hello@shop.example",
    ...options,
  });
  try {
    await deliver(channel, content, rest);
  } finally {
    await channel.close?.();
  }
  const sunk = sink.messages.at(-1);
  return { mail: await sink.last(), raw: sunk?.raw.toString("latin1") ?? "", envelope: sunk };
}

describe("CHN-2: a message on the wire", () => {
  it("has text before HTML, as alternatives", async () => {
    const { mail, raw } = await mailed({ subject: "Hi", html: "<p>Hello <b>you</b></p>" });
    expect(mail.text).toContain("Hello you");
    expect(mail.html).toContain("<p>Hello <b>you</b></p>");
    expect(raw).toMatch(/Content-Type: multipart\/alternative/);
    expect(raw.indexOf("text/plain")).toBeLessThan(raw.indexOf("text/html"));
  });

  it("with text only is text only", async () => {
    const { mail, raw } = await mailed({ subject: "Hi", text: "Only text" });
    expect(mail.text?.trim().startsWith("Only text")).toBe(true);
    expect(mail.html).toBe(false);
    expect(raw).not.toContain("multipart");
  });

  it("carries names, reply-to and the envelope sender", async () => {
    const { mail, envelope } = await mailed(
      { subject: "Hi", text: "Hi" },
      {
        from: { name: 'Ünï "The" Shop', address: "hello@shop.example" },
        replyTo: "help@shop.example",
        returnPath: "bounces@shop.example",
      },
    );
    expect(mail.from?.value).toEqual([{ name: 'Ünï "The" Shop', address: "hello@shop.example" }]);
    expect(mail.replyTo?.value[0]?.address).toBe("help@shop.example");
    expect(mail.to).toMatchObject({ value: [{ name: "Ada Lovelace", address: "ada@people.example" }] });
    expect(envelope).toMatchObject({ from: "bounces@shop.example", to: ["ada@people.example"] });
  });

  it("takes from, reply-to and return path from the campaign over the channel's own", async () => {
    const { mail, envelope } = await mailed(
      { subject: "Hi", text: "Hi" },
      { replyTo: "help@shop.example" },
      {
        config: {
          from: { name: "Spring", address: "spring@shop.example" },
          replyTo: "spring-help@shop.example",
          returnPath: "spring-bounces@shop.example",
          headers: { "X-Campaign": "spring" },
        },
      },
    );
    expect(mail.from?.text).toBe('"Spring" <spring@shop.example>');
    expect(mail.replyTo?.text).toBe("spring-help@shop.example");
    expect(mail.headers.get("x-campaign")).toBe("spring");
    expect(envelope?.from).toBe("spring-bounces@shop.example");
    expect(mail.messageId).toMatch(/@shop\.example>$/);
  });

  it.each([
    ["emoji", "🎉 Spring is here — 50 % off 🌷".repeat(4)],
    ["right to left", "مرحبا بكم في متجرنا الجديد"],
    ["Chinese", "春季新品上市，欢迎选购"],
  ])("keeps a subject with %s", async (_, subject) => {
    const { mail, raw } = await mailed({ subject, html: `<p>${subject}</p>` });
    expect(mail.subject).toBe(subject);
    expect(mail.text).toContain(subject);
    const header = raw.slice(0, raw.indexOf("\r\n\r\n"));
    expect(header).toMatch(/^[\x20-\x7e\r\n\t]*$/);
    expect(Math.max(...raw.split("\r\n").map((line) => line.length))).toBeLessThanOrEqual(78 + 20);
  });

  it("writes international domains in their ASCII form, in the headers and in the envelope", async () => {
    await using server = await startScripted({});
    const channel = email({
      transport: smtp({ host: "127.0.0.1", port: server.port }),
      from: "Käse <hallo@käse.example>",
    });
    const render = { recipient: recipient({ address: "ada@bücher.example" }) };
    await deliver(channel, { subject: "Hi", text: "Hi" }, { render });
    await channel.close?.();
    expect(server.commands).toContain("MAIL FROM:<hallo@xn--kse-qla.example>");
    expect(server.commands).toContain("RCPT TO:<ada@xn--bcher-kva.example>");
    const { raw } = await mailed(
      { subject: "Hi", text: "Hi" },
      { from: "Käse <hallo@käse.example>" },
      { render },
    );
    expect(raw).toMatch(/^To: Ada Lovelace <ada@xn--bcher-kva\.example>\r$/m);
    expect(raw).toMatch(/^Message-ID: <[0-9a-f]{40}@xn--kse-qla\.example>\r$/m);
  });

  it.each([
    ["lines of dots", ".\n..\n.hidden\n\n."],
    ["a line of 5000 characters", `${"word ".repeat(1_000)}end`],
    ["Windows and old Mac line ends", "one\r\ntwo\rthree\nfour"],
    ["what looks like a boundary", "--=_0b220df1969115139ffebb33-alternative--\n--\n=_"],
    ["what looks like encoding", "=3D =?utf-8?Q?x?= =\n=0A"],
    ["much that is not Latin", "春季新品上市，欢迎选购。\n".repeat(50)],
    ["some that is not Latin", `${"The quick brown fox. ".repeat(10)}Grüße 🎉 — «Ça va?»\n`.repeat(20)],
  ])("keeps a text and an HTML body with %s", async (_, body) => {
    const { mail, raw } = await mailed(
      {
        subject: "Hi",
        text: body,
        html: `<html><body><pre>${body.replaceAll("<", "&lt;")}</pre></body></html>`,
      },
      { unsubscribeFooter: false },
      { render: { urls: UNTRACKED } },
    );
    const lines = body.replace(/\r\n?/g, "\n");
    expect(mail.text?.replace(/\n$/, "")).toBe(lines.replace(/\n$/, ""));
    expect(mail.html).toBe(`<html><body><pre>${lines}</pre></body></html>`);
    expect(Math.max(...raw.split("\r\n").map((line) => line.length))).toBeLessThanOrEqual(78);
    expect(raw).toMatch(/^[\t\r\n\x20-\x7e]*$/);
  });

  it("carries attachments byte for byte", async () => {
    const bytes = Uint8Array.from({ length: 1_000 }, (_, index) => (index * 7) % 256);
    const { mail } = await mailed({
      subject: "Hi",
      html: "<p>See attached</p>",
      attachments: [{ filename: "Preisliste 2027 – ü.pdf", contentType: "application/pdf", content: bytes }],
    });
    expect(mail.attachments).toHaveLength(1);
    expect(mail.attachments[0]).toMatchObject({
      filename: "Preisliste 2027 – ü.pdf",
      contentType: "application/pdf",
      contentDisposition: "attachment",
    });
    expect(Buffer.from(bytes).equals(mail.attachments[0]?.content ?? Buffer.alloc(0))).toBe(true);
  });

  it("shows inline images by their cid", async () => {
    const { mail, raw } = await mailed({
      subject: "Hi",
      html: '<p><img src="cid:logo" alt="The Shop"></p>',
      inlineImages: [{ cid: "logo", contentType: "image/png", content: PIXEL }],
    });
    expect(mail.attachments[0]).toMatchObject({ cid: "logo", contentType: "image/png", related: true });
    expect(raw).toContain("multipart/related");
    // mailparser puts the image in the place of its cid, as a client shows it.
    expect(mail.html).toContain(`data:image/png;base64,${PIXEL}`);
  });

  it("is dated by the clock, and has the same Message-ID for the same delivery", async () => {
    const first = await mailed({ subject: "Hi", text: "Hi" });
    const again = await mailed({ subject: "Hi", text: "Hi" });
    const other = await mailed(
      { subject: "Hi", text: "Hi" },
      {},
      { render: { idempotencyKey: "delivery-2" } },
    );
    expect(first.mail.date?.getTime()).toBe(NOW);
    expect(again.raw).toBe(first.raw);
    expect(other.mail.messageId).not.toBe(first.mail.messageId);
  });
});

describe("CHN-2: one-click unsubscribe (RFC 8058)", () => {
  const long = `https://t.example/u/${"a".repeat(300)}`;

  it("stands in both headers, its address neither folded nor encoded", async () => {
    const { mail, raw } = await mailed(
      { subject: "Hi", text: "Hi" },
      {},
      { render: { urls: { ...TRACKED, unsubscribe: long } } },
    );
    expect(raw.split("\r\n")).toContain(`List-Unsubscribe: <${long}>`);
    expect(raw.split("\r\n")).toContain("List-Unsubscribe-Post: List-Unsubscribe=One-Click");
    expect(mail.headers.get("list")).toMatchObject({ unsubscribe: { url: long } });
  });

  it("is left out where the message has no unsubscribe address", async () => {
    const { raw } = await mailed(
      { subject: "Hi", text: "Hi" },
      {},
      { render: { urls: { ...TRACKED, unsubscribe: null } } },
    );
    expect(raw).not.toContain("List-Unsubscribe");
  });
});

describe("CHN-2: a DKIM signature", () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "der" },
  });
  const dkim = { domain: "shop.example", selector: "s1", privateKey };
  /** The domain's DNS. */
  const resolver = async (name: string, type: string) => {
    if (name === "s1._domainkey.shop.example" && type === "TXT") {
      return [[`v=DKIM1; k=rsa; p=${publicKey.toString("base64")}`]];
    }
    throw Object.assign(new Error("not found"), { code: "ENOTFOUND" });
  };

  async function verdict(raw: string) {
    const { dkim: result } = await authenticate(Buffer.from(raw, "latin1"), {
      resolver,
      disableArc: true,
      disableBimi: true,
    });
    return result.results[0];
  }

  it("verifies, and covers both unsubscribe headers", async () => {
    const { raw } = await mailed(
      {
        subject: "Grüße 🎉",
        html: '<p>Hello <a href="https://shop.example">shop</a></p>',
        headers: { "Feedback-ID": "spring:shop" },
      },
      { dkim },
    );
    const result = await verdict(raw);
    expect(result).toMatchObject({
      signingDomain: "shop.example",
      selector: "s1",
      status: { result: "pass", aligned: "shop.example" },
    });
    const covered = result?.signingHeaders?.keys
      .toLowerCase()
      .split(/:\s*/)
      .map((name: string) => name.trim());
    for (const name of [
      "from",
      "to",
      "subject",
      "date",
      "message-id",
      "list-unsubscribe",
      "list-unsubscribe-post",
      "feedback-id",
    ]) {
      expect(covered).toContain(name);
    }
  });

  it("fails for a message that was changed on the way", async () => {
    const { raw } = await mailed({ subject: "Hi", text: "Pay 10 EUR" }, { dkim });
    expect((await verdict(raw.replace("Pay 10", "Pay 99")))?.status.result).not.toBe("pass");
    const moved = raw.replace("https://t.example/u/1>", "https://evil.example/u/1>");
    expect((await verdict(moved))?.status.result).not.toBe("pass");
  });

  it.each([
    [{ ...dkim, privateKey: "no key" }, "dkim.privateKey"],
    [
      {
        ...dkim,
        privateKey: generateKeyPairSync("ed25519", {
          privateKeyEncoding: { type: "pkcs8", format: "pem" },
          publicKeyEncoding: { type: "spki", format: "pem" },
        }).privateKey,
      },
      "dkim.privateKey",
    ],
    [{ ...dkim, domain: "shop example; d=evil" }, "dkim.domain"],
    [{ ...dkim, selector: "s1\r\nX: y" }, "dkim.selector"],
  ])("is refused at once when it could not be made (case %#)", (bad, setting) => {
    expect(() => email({ transport: smtp({ host: "x" }), from: "a@shop.example", dkim: bad })).toThrowError(
      expect.objectContaining({
        code: "CONFIGURATION_INVALID",
        details: expect.objectContaining({ setting }),
      }),
    );
  });
});

describe("header injection", () => {
  const INJECTION = "Eve\r\nBcc: victim@people.example\r\n\r\n<b>body</b>";

  it("through a contact's name reaches neither subject nor recipients", async () => {
    const { mail, raw, envelope } = await mailed(
      { subject: "For {{ contact.firstName }}", text: "Hi" },
      {},
      { render: { recipient: recipient({ firstName: INJECTION, lastName: "\u2028X-Evil: 1" }) } },
    );
    expect(envelope?.to).toEqual(["ada@people.example"]);
    expect(raw.slice(0, raw.indexOf("\r\n\r\n"))).not.toMatch(/^(?:bcc|x-evil):/im);
    expect(mail.headers.has("bcc")).toBe(false);
    expect(mail.subject).toBe("For Eve Bcc: victim@people.example <b>body</b>");
  });

  it.each([
    "ada@people.example\r\nRCPT TO:<victim@people.example>",
    "ada@people.example>\r\n",
    "<ada@people.example>",
    "ada@people.example, victim@people.example",
    "@people.example",
    "ada",
    '"ada\\"@evil.example,"@people.example',
    "ada@people.example\0",
  ])("through the address %j is refused as the recipient's fault", async (address) => {
    const before = sink.messages.length;
    await expect(
      mailed({ subject: "Hi", text: "Hi" }, {}, { render: { recipient: recipient({ address }) } }),
    ).rejects.toMatchObject({ details: { kind: "rejected-recipient", outcome: "not-sent" } });
    expect(sink.messages).toHaveLength(before);
  });

  const NAMES = [
    "bcc",
    "content-type",
    "date",
    "from",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "message-id",
    "mime-version",
    "subject",
    "to",
    "content-transfer-encoding",
    "x-note",
  ];

  /** Strings that hold what breaks headers more often than chance would. */
  const hostile = fc.string({
    unit: fc.oneof(
      fc.constantFrom(
        "\r",
        "\n",
        "\r\n",
        "\0",
        ":",
        "<",
        ">",
        '"',
        ",",
        ";",
        "=?utf-8?Q?=0D=0A?=",
        "\u2028",
        "\u0085",
        "\\",
      ),
      fc.string({ unit: "binary", minLength: 1, maxLength: 3 }),
    ),
    maxLength: 40,
  });

  it("is impossible, whatever the contact's fields hold: no header appears that was not set, and none more than once", async () => {
    const channel = email({ transport: smtp({ host: "unused.example" }), from: "hello@shop.example" });
    const post = await prepare(channel, {
      subject: "{{ contact.firstName | default: 'you' }}: {{ contact.note | default: '-' }}",
      text: "body",
      headers: { "X-Note": "fixed" },
    });
    await fc.assert(
      fc.asyncProperty(hostile, hostile, hostile, async (firstName, lastName, note) => {
        const to = recipient({ firstName, lastName, attributes: { note } });
        const message = rendered(post.render(renderContext({ recipient: to })));
        const raw = (await composeMime(message, { now: NOW, dkim: null })).toString("latin1");
        const head = raw.slice(0, raw.indexOf("\r\n\r\n"));
        const names = head
          .split("\r\n")
          .filter((line) => !/^[ \t]/.test(line))
          .map((line) => line.slice(0, line.indexOf(":")).toLowerCase());
        expect(names.filter((each) => !NAMES.includes(each))).toEqual([]);
        expect(new Set(names).size).toBe(names.length);
        expect(head.replaceAll("\r\n", "")).toMatch(/^[\t\x20-\x7e]*$/);
        const mail = await simpleParser(raw);
        expect(mail.text?.startsWith("body\n")).toBe(true);
        expect(mail.to).toMatchObject({ value: [{ address: "ada@people.example" }] });
      }),
      { numRuns: 300 },
    );
  });
});
