import { describe, expect, it } from "vitest";
import { storedContent } from "../../test/delivery.ts";
import { type EmailContentInput, email, smtp } from "../index.ts";

const channel = email({
  transport: smtp({ host: "unused.example" }),
  from: "hello@shop.example",
  maxFileBytes: 1_000,
});
const BYTES = Uint8Array.from([0, 1, 2, 253, 254, 255]);
const MINIMAL = { subject: "Hi", text: "Hi" };

/** Problems as `path: message`. */
async function problems(content: unknown): Promise<string[]> {
  const result = await channel.content["~standard"].validate(content);
  return (result.issues ?? []).map(
    (issue) => `${(issue.path ?? []).map(String).join(".")}: ${issue.message}`,
  );
}

async function configProblems(config: unknown): Promise<string[]> {
  const result = await channel.config["~standard"].validate(config);
  return (result.issues ?? []).map(
    (issue) => `${(issue.path ?? []).map(String).join(".")}: ${issue.message}`,
  );
}

describe("content", () => {
  it.each<[string, EmailContentInput]>([
    ["text", MINIMAL],
    ["HTML", { subject: "Hi", html: "<p>Hi</p>", preheader: "Look" }],
    ["MJML with its own text", { subject: "Hi", mjml: "<mjml></mjml>", text: "Hi" }],
    [
      "locales that change a part",
      { ...MINIMAL, locales: { de: { subject: "Hallo" }, "pt-BR": { html: "<p>Oi</p>" } } },
    ],
    [
      "everything",
      {
        ...MINIMAL,
        headers: { "X-Note": "1", "List-Id": "<news.shop.example>" },
        fallbacks: { "contact.firstName": "friend", lastName: "you", "contact.attributes.orders": 0 },
        missingField: "fail",
        attachments: [{ filename: "a.bin", contentType: "application/octet-stream", content: BYTES }],
        inlineImages: [{ cid: "logo", contentType: "image/png", content: "AAEC" }],
      },
    ],
  ])("is accepted with %s", async (_, content) => {
    expect(await problems(content)).toEqual([]);
  });

  it("is plain JSON when checked, and can be checked again", async () => {
    const files = [{ filename: "a.bin", contentType: "application/octet-stream", content: BYTES }];
    const stored = await storedContent(channel, {
      ...MINIMAL,
      attachments: files,
      inlineImages: [{ cid: "x", contentType: "image/gif", content: BYTES }],
    });
    expect(stored).toEqual({
      ...MINIMAL,
      attachments: [{ filename: "a.bin", contentType: "application/octet-stream", content: "AAEC/f7/" }],
      inlineImages: [{ cid: "x", filename: "x", contentType: "image/gif", content: "AAEC/f7/" }],
    });
    expect(await storedContent(channel, stored as EmailContentInput)).toEqual(stored);
  });

  it.each<[string, unknown, string[]]>([
    ["nothing", {}, ["subject: a subject is needed", "html: give the body as html, mjml or text"]],
    ["an empty subject", { ...MINIMAL, subject: " " }, ["subject: the subject is empty"]],
    ["an empty body", { subject: "Hi", html: "" }, ["html: html is empty; leave it out instead"]],
    ["two bodies", { subject: "Hi", html: "a", mjml: "b" }, ["mjml: give html or mjml, not both"]],
    [
      "two bodies in a locale",
      { ...MINIMAL, locales: { de: { html: "a", mjml: "b" } } },
      ["locales.de.mjml: give html or mjml, not both"],
    ],
    ["an unknown field", { ...MINIMAL, subjet: "Hi" }, [': Unrecognized key: "subjet"']],
    [
      "a locale that is none",
      { ...MINIMAL, locales: { german_: {} } },
      ["locales.german_: is no locale such as de or pt-BR"],
    ],
    [
      "a header of its own making",
      { ...MINIMAL, headers: { Bcc: "x@y.example" } },
      [expect.stringMatching(/^headers\.Bcc: is not a header that can be set: use an X- header/) as string],
    ],
    [
      "a header with a line break",
      { ...MINIMAL, headers: { "X-Note": "a\r\nBcc: x@y.example" } },
      ["headers.X-Note: a header value holds a line break or another control character"],
    ],
    [
      "a header name with a line break",
      { ...MINIMAL, headers: { "X-Note\r\nBcc": "x" } },
      [expect.stringMatching(/is not a header that can be set/) as string],
    ],
    [
      "a fallback for no field",
      { ...MINIMAL, fallbacks: { "contact..x": "y" } },
      ["fallbacks.contact..x: is no merge field such as contact.firstName"],
    ],
    [
      "an unknown policy",
      { ...MINIMAL, missingField: "ignore" },
      ['missingField: must be "empty", "skip" or "fail"'],
    ],
    [
      "an attachment that is no base64",
      { ...MINIMAL, attachments: [{ filename: "a", contentType: "text/plain", content: "Hello!" }] },
      ["attachments.0.content: is not base64; pass the bytes as a Uint8Array instead"],
    ],
    [
      "an attachment with a path",
      { ...MINIMAL, attachments: [{ filename: "../a", contentType: "text/plain", content: BYTES }] },
      ["attachments.0.filename: must be a file name without a path"],
    ],
    [
      "an attachment of no type",
      { ...MINIMAL, attachments: [{ filename: "a", contentType: "pdf\r\nX: y", content: BYTES }] },
      ["attachments.0.contentType: must be a media type such as application/pdf"],
    ],
    [
      "an inline image that is none",
      { ...MINIMAL, inlineImages: [{ cid: "a", contentType: "text/html", content: BYTES }] },
      ["inlineImages.0.contentType: must be an image type such as image/png"],
    ],
    [
      "a cid twice",
      {
        ...MINIMAL,
        inlineImages: [0, 1].map(() => ({ cid: "a", contentType: "image/png", content: BYTES })),
      },
      ['inlineImages.1.cid: "a" is used twice'],
    ],
    [
      "too many bytes",
      {
        ...MINIMAL,
        attachments: [{ filename: "a", contentType: "text/plain", content: new Uint8Array(1_001) }],
      },
      ["attachments: attachments and inline images have 1001 bytes together; at most 1000 can be sent"],
    ],
  ])("is refused with %s, saying what and where", async (_, content, expected) => {
    expect(await problems(content)).toEqual(expected);
  });
});

describe("a campaign's config", () => {
  it("may be empty, or set sender, replies, bounces, headers and policy", async () => {
    expect(await configProblems({})).toEqual([]);
    const config = {
      from: "Shop <a@shop.example>",
      replyTo: { address: "b@shop.example" },
      returnPath: "c@shop.example",
      headers: { "X-A": "b" },
      missingField: "empty",
    };
    const result = await channel.config["~standard"].validate(config);
    expect(result.issues).toBeUndefined();
    const stored: unknown = JSON.parse(JSON.stringify("value" in result ? result.value : null));
    expect(stored).toMatchObject({
      from: { name: "Shop", address: "a@shop.example" },
      replyTo: { name: "", address: "b@shop.example" },
    });
    expect(await configProblems(stored)).toEqual([]);
  });

  it.each<[unknown, RegExp]>([
    [{ from: "nobody" }, /^from: must be one mail address/],
    [{ from: "a@x.example, b@x.example" }, /^from: must be one mail address/],
    [{ from: "A\r\nBcc: x@y.example <a@x.example>" }, /^from: must be one mail address/],
    [
      { from: { name: "A\r\nBcc: b", address: "a@x.example" } },
      /^from\.name: a display name holds a line break/,
    ],
    [{ from: { address: "a@x.example\n" } }, /^from\.address: is no mail address/],
    [{ from: 7 }, /^from: must be one mail address/],
    [{ returnPath: "<>" }, /^returnPath: is no mail address/],
    [{ form: "a@x.example" }, /Unrecognized key: "form"/],
  ])("%o is refused", async (config, expected) => {
    const found = await configProblems(config);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
  });
});
