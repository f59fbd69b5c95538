import type { InboundMail } from "@campaignkit/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  exchangeReport,
  eximReport,
  feedbackReport,
  gmailReport,
  oldEximBounce,
  outOfOffice,
  PLAIN,
  postfixReport,
  qmailBounce,
  sendmailReport,
  sesReport,
  unsubscribeMail,
} from "../../test/returned-mail.ts";
import { readMail } from "./read-mail.ts";

const read = (raw: string): Promise<InboundMail> => readMail(new TextEncoder().encode(raw));

describe("CHN-2: a mail that came back is read", () => {
  it.each<[string, string, string, string | null]>([
    ["Postfix: no such user", postfixReport(PLAIN), "hard", "5.1.1"],
    ["Exchange Online: no such recipient", exchangeReport(PLAIN), "hard", "5.1.10"],
    ["Gmail: the mailbox is full", gmailReport(PLAIN), "mailbox-full", "5.2.2"],
    ["Exim: 5.0.0, and the words know more", eximReport(PLAIN), "hard", "5.1.1"],
    ["Amazon SES: 5.0.0, and only words", sesReport(PLAIN), "hard", "5.0.0"],
    ["Sendmail: on a block list", sendmailReport(PLAIN), "block", "5.7.1"],
    ["qmail: words and a code", qmailBounce(PLAIN), "hard", "5.1.1"],
    ["Exim before 4.88: words alone", oldEximBounce(PLAIN), "hard", null],
  ])("%s", async (_, raw, kind, status) => {
    const mail = await read(raw);
    expect(mail.content).toMatchObject({ type: "bounce", bounce: { kind, status } });
    expect(mail.recipients).toContain(PLAIN.to);
    expect(mail.writtenTo).toEqual(["ann@example.com"]);
    expect(mail.references).toContain("6f1c@shop.example");
  });

  it("says what the far side said, on one line and bounded", async () => {
    const mail = await read(
      postfixReport(PLAIN, {
        action: "failed",
        status: "5.1.1",
        diagnostic: `550 5.1.1 no\r\n  ${"x".repeat(2_000)}`,
      }),
    );
    if (mail.content.type !== "bounce") throw new Error("no bounce");
    expect(mail.content.bounce.diagnostic).toMatch(/^550 5\.1\.1 no x+$/);
    expect(mail.content.bounce.diagnostic).toHaveLength(500);
  });

  it.each([
    ["delayed", "4.4.1", "delayed"],
    ["delivered", "2.0.0", "delivered"],
    ["relayed", "2.0.0", "delivered"],
    ["expanded", "2.0.0", "delivered"],
  ])("a report of %s is no bounce", async (action, status, notice) => {
    const mail = await read(postfixReport(PLAIN, { action, status, diagnostic: "250 ok" }));
    expect(mail.content).toEqual({ type: "notice", notice });
  });

  it("what was given up after trying is soft, whatever the last answer", async () => {
    const mail = await read(
      postfixReport(PLAIN, {
        action: "failed",
        status: "4.4.1",
        diagnostic: "connect to mx.example.com: timed out",
      }),
    );
    expect(mail.content).toMatchObject({ type: "bounce", bounce: { kind: "soft", status: "4.4.1" } });
  });

  it("a complaint names its message and its type; one taken back, or one about a signature, is none", async () => {
    const mail = await read(feedbackReport(PLAIN));
    expect(mail.content).toEqual({ type: "complaint", feedback: "abuse" });
    expect(mail.references).toEqual(expect.arrayContaining([`<${PLAIN.to}>`, "6f1c@shop.example"]));
    for (const type of ["not-spam", "auth-failure", ""])
      expect((await read(feedbackReport(PLAIN, type))).content).toEqual({
        type: "notice",
        notice: "other-feedback",
      });
  });

  it("an out-of-office note is no bounce, whatever it says", async () => {
    expect((await read(outOfOffice(PLAIN))).content).toEqual({ type: "notice", notice: "auto-reply" });
  });

  it("what somebody wrote, or a mailbox for its owner, is a message", async () => {
    const mail = await read(unsubscribeMail("leave@bounce.shop.example", "ann@example.com"));
    expect(mail.content).toEqual({ type: "message" });
    expect(mail.recipients).toEqual(["leave@bounce.shop.example"]);
  });

  it("a person who writes about undelivered mail has not bounced", async () => {
    const raw = `From: ann@example.com\r\nTo: ${PLAIN.to}\r\nSubject: Re: delivery failed\r\n\r\nMy order could not be delivered. 550 5.1.1\r\n`;
    expect((await read(raw)).content).toEqual({ type: "message" });
  });

  it("reports in other dress are read: bare line feeds, encoded parts, a foreign wrapper", async () => {
    expect((await read(postfixReport(PLAIN).replaceAll("\r\n", "\n"))).content.type).toBe("bounce");
    const status =
      "Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; ann@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n";
    const encoded = [
      "From: postmaster@relay.example",
      `To: ${PLAIN.to}`,
      'Content-Type: multipart/mixed; boundary="a"',
      "",
      "--a",
      "Content-Type: text/plain",
      "",
      "A list added this.",
      "--a",
      'Content-Type: multipart/report; boundary="b"',
      "",
      "--b",
      "Content-Type: message/delivery-status",
      "Content-Transfer-Encoding: base64",
      "",
      Buffer.from(status).toString("base64"),
      "--b--",
      "--a--",
      "",
    ].join("\r\n");
    expect((await read(encoded)).content).toMatchObject({ type: "bounce", bounce: { kind: "hard" } });
  });

  it("a report without an empty line, or without an action, is read by what it has", async () => {
    const raw = postfixReport(PLAIN)
      .replace(/Arrival-Date:[^\r]*\r\n\r\n/, "")
      .replace("Action: failed\r\n", "");
    expect((await read(raw)).content).toMatchObject({ type: "bounce", bounce: { status: "5.1.1" } });
  });
});

/** A quadratic step anywhere would take minutes here. */
describe("CHN-2: mail that is made to hurt", () => {
  const fill = (piece: string, size = 2_000_000) => piece.repeat(Math.ceil(size / piece.length));

  it.each<[string, string]>([
    ["nothing", ""],
    ["no header", "\r\n\r\n"],
    ["noise", "\u0000\u0001\uffff".repeat(1_000)],
    ["headers without end", fill("X-A: b\r\n")],
    ["one header without end", `To: ${fill("a@example.com, ")}`],
    ["parts nested without end", fill('Content-Type: multipart/mixed; boundary="a"\r\n\r\n--a\r\n')],
    ["parts without end", `Content-Type: multipart/mixed; boundary="a"\r\n\r\n${fill("--a\r\n\r\nx\r\n")}`],
    ["dashes", `From: mailer-daemon@a.example\r\n\r\nunable to deliver ${fill("-")}`],
    ["lines of dashes", `From: mailer-daemon@a.example\r\n\r\nunable to deliver\r\n${fill("-----\r\n")}`],
    ["empty lines in a report", postfixReport(PLAIN).replace("Action:", `${fill(" \r\n")}Action:`)],
    ["fields in a report", postfixReport(PLAIN).replace("Action:", `${fill("X: y\r\n")}Action:`)],
    [
      "recipients in a report",
      postfixReport(PLAIN).replace("Final-Recipient:", `${fill("Action: relayed\r\n\r\n")}Final-Recipient:`),
    ],
    [
      "brackets in what is quoted",
      postfixReport({ ...PLAIN, original: `List-Unsubscribe: ${fill("<")}\r\n\r\n` }),
    ],
    ["words of a refusal", qmailBounce(PLAIN).replace("Sorry", fill("user unknown mailbox account "))],
    [
      "an attachment without end",
      postfixReport({ ...PLAIN, original: `${PLAIN.original}${fill("QUJD\r\n", 8_000_000)}` }),
    ],
  ])("%s is read or refused in time", async (_, raw) => {
    const mail = await read(raw);
    expect(["bounce", "message", "notice"]).toContain(mail.content.type);
    expect(mail.references.length).toBeLessThan(1_000);
  });

  it("an attachment bomb does not keep the report from being read", async () => {
    const original = `${PLAIN.original}${fill("QUJD\r\n", 8_000_000)}`;
    const mail = await read(postfixReport({ ...PLAIN, original }));
    expect(mail.content).toMatchObject({ type: "bounce", bounce: { kind: "hard" } });
    expect(mail.references).toContain("6f1c@shop.example");
  });

  it("whatever it is, it gets an answer", async () => {
    const forms = [
      postfixReport,
      exchangeReport,
      gmailReport,
      eximReport,
      sesReport,
      qmailBounce,
      feedbackReport,
    ];
    const mangled = fc
      .tuple(
        fc.constantFrom(...forms),
        fc.array(fc.tuple(fc.nat(4_000), fc.nat(400), fc.string()), { maxLength: 5 }),
      )
      .map(([form, cuts]) =>
        cuts.reduce(
          (raw, [at, length, text]) => raw.slice(0, at) + text + raw.slice(at + length),
          form(PLAIN),
        ),
      );
    await fc.assert(
      fc.asyncProperty(fc.oneof(mangled, fc.string({ maxLength: 2_000 })), async (raw) => {
        const mail = await read(raw);
        expect(["bounce", "complaint", "message", "notice"]).toContain(mail.content.type);
      }),
      { numRuns: 300 },
    );
  });
});
