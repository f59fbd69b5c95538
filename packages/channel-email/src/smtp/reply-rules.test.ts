import { describe, expect, it } from "vitest";
import { deliver } from "../../test/delivery.ts";
import { type Script, startScripted } from "../../test/scripted-server.ts";
import { email, smtp } from "../index.ts";
import { parseReply } from "./failure.ts";
import { REPLY_RULES, ruleFor, type Stage } from "./reply-rules.ts";

/** What servers say, by the step at which they say it, and what must be made of it. */
const REPLIES: readonly (readonly [stage: Stage, reply: string, kind: string])[] = [
  // The account
  ["auth", "535 5.7.8 Error: authentication failed", "auth"],
  ["auth", "535-5.7.8 Username and Password not accepted.\r\n535 5.7.8 Learn more at example.com", "auth"],
  ["auth", "534 5.7.9 Application-specific password required", "auth"],
  ["auth", "432 4.7.12 A password transition is needed", "auth"],
  ["auth", "454 4.7.12 A password transition is needed", "auth"],
  ["auth", "550 Access denied", "auth"],
  ["sender", "530 5.7.0 Must issue a STARTTLS command first", "auth"],
  ["sender", "530-5.5.1 Authentication Required.\r\n530 5.5.1 Learn more", "auth"],
  ["data", "550 5.7.14 Please log in via your web browser", "auth"],

  // Later
  ["connect", "421 4.3.2 Service shutting down", "rate-limited"],
  [
    "connect",
    "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to user complaints",
    "rate-limited",
  ],
  ["connect", "421 Too many concurrent SMTP connections", "rate-limited"],
  ["connect", "450 nothing now", "transient"],
  ["auth", "454 4.7.0 Temporary authentication failure", "transient"],
  ["auth", "421 4.7.0 Too many login attempts", "rate-limited"],
  ["sender", "421 4.7.28 Our system has detected an unusual rate of mail", "rate-limited"],
  ["sender", "451 4.3.0 Temporary lookup failure", "transient"],
  ["sender", "452 4.3.1 Insufficient system storage", "transient"],
  ["recipient", "450 4.2.0 <x>: Recipient address rejected: Greylisted, see example.com", "transient"],
  ["recipient", "451 4.7.1 Please come back in 300 seconds", "transient"],
  ["data", "451 Greylisting enabled, please try again later", "transient"],
  ["recipient", "450 4.2.1 The user is receiving mail too quickly", "transient"],
  ["sender", "451 4.7.1 Service unavailable - try again later", "rate-limited"],
  ["data", "421 4.4.2 Timeout, closing connection", "rate-limited"],
  ["recipient", "452 4.2.2 The email account is over its message quota", "transient"],
  ["recipient", "450 4.1.2 Recipient address rejected: Domain not found", "transient"],
  ["recipient", "451 4.4.5 Server busy", "rate-limited"],
  ["recipient", "451 4.7.500 Server busy. Please try again later", "rate-limited"],
  ["recipient", "451 4.7.26 Unauthenticated", "transient"],
  ["recipient", "450 5.1.1 soft bounce of a permanent code", "transient"],
  ["data", "454 Throttling failure: Maximum sending rate exceeded.", "rate-limited"],
  ["data", "454 Throttling failure: Daily message quota exceeded.", "rate-limited"],
  ["data", "550 5.4.5 Daily user sending limit exceeded", "rate-limited"],
  ["data", "550 5.7.28 Mail flood", "rate-limited"],
  ["data", "451 4.6.0 Can't convert now", "transient"],
  ["data", "503 5.5.1 Bad sequence of commands", "transient"],

  // The sender's set-up
  ["recipient", "554 5.7.1 <x>: Relay access denied", "auth"],
  ["recipient", "550 relay not permitted", "auth"],
  ["sender", "553 5.7.1 <a>: Sender address rejected: not owned by user b", "auth"],
  ["data", "554 Message rejected: Email address is not verified.", "auth"],
  ["data", "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException", "auth"],
  ["sender", "550 5.1.8 <a>: Sender address: Domain not found", "auth"],
  ["sender", "501 5.1.7 Bad sender address syntax", "auth"],
  ["sender", "550 no", "auth"],
  ["data", "550 5.7.26 This mail is unauthenticated", "auth"],
  [
    "data",
    "550 5.7.515 Access denied, sending domain does not meet the required authentication level",
    "auth",
  ],
  [
    "recipient",
    "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
    "auth",
  ],
  ["connect", "554 5.7.1 Service unavailable", "auth"],

  // The recipient
  ["recipient", "550 5.1.1 <x>: Recipient address rejected: User unknown", "rejected-recipient"],
  ["recipient", "550 5.1.10 RESOLVER.ADR.RecipientNotFound", "rejected-recipient"],
  ["recipient", "550 5.5.0 Requested action not taken: mailbox unavailable", "rejected-recipient"],
  ["recipient", "550 No such user here", "rejected-recipient"],
  ["recipient", "552 5.2.2 Mailbox full", "rejected-recipient"],
  ["recipient", "552 Requested mail action aborted: exceeded storage allocation", "rejected-recipient"],
  ["recipient", "553 Mailbox name not allowed", "rejected-recipient"],
  ["recipient", "551 User not local", "rejected-recipient"],
  ["recipient", "550 5.4.1 Recipient address rejected: Access denied", "rejected-recipient"],
  ["recipient", "550 5.7.17 Mailbox owner has changed", "rejected-recipient"],
  ["recipient", "556 5.1.10 Domain does not accept mail", "rejected-recipient"],
  ["recipient", "556 Domain does not accept mail", "rejected-recipient"],
  ["data", "550 5.1.1 No such user", "rejected-recipient"],
  ["data", "554 5.2.1 Mailbox disabled", "rejected-recipient"],

  // The message
  ["sender", "552 5.3.4 Message size exceeds fixed limit", "rejected-content"],
  ["sender", "552 Message size exceeds fixed maximum message size", "rejected-content"],
  ["data", "552 5.3.4 Message too big", "rejected-content"],
  [
    "data",
    "552-5.7.0 This message was blocked because its content presents a security issue.\r\n552 5.7.0 see example.com",
    "rejected-content",
  ],
  ["data", "554 5.6.0 Message contains invalid header", "rejected-content"],
  ["data", "554 5.7.1 Spam message rejected", "rejected-content"],
  [
    "data",
    "550 5.7.1 Our system has detected that this message is likely unsolicited mail",
    "rejected-content",
  ],
  ["data", "554 Transaction failed", "rejected-content"],
  ["recipient", "550 5.6.0 Conversion needed", "rejected-content"],

  // The server
  ["recipient", "553 5.6.7 Non-ASCII addresses are not permitted for that recipient", "unsupported"],
  ["sender", "555 5.5.4 Unsupported option: SMTPUTF8", "unsupported"],
  ["sender", "504 5.5.4 Parameter not implemented", "unsupported"],
  ["data", "554 5.3.3 System not capable of selected features", "unsupported"],
];

const SCRIPTS: Readonly<Record<Stage, (reply: string) => Script>> = {
  connect: (greeting) => ({ greeting }),
  auth: (auth) => ({ auth, ehlo: "250-scripted\r\n250 AUTH PLAIN" }),
  sender: (mail) => ({ mail }),
  recipient: (rcpt) => ({ rcpt }),
  data: (message) => ({ message }),
};

describe("CHN-8: a refusal of an SMTP server", () => {
  it.each(REPLIES)("at %s: %s means %s, and the message did not go out", async (stage, reply, kind) => {
    await using server = await startScripted(SCRIPTS[stage](reply));
    const channel = email({
      transport: smtp({
        host: "127.0.0.1",
        port: server.port,
        ...(stage === "auth" ? { auth: { user: "mailer", pass: "secret" }, requireTls: false } : {}),
      }),
      from: "hello@shop.example",
    });
    await expect(deliver(channel, { subject: "Hi", text: "Hi" })).rejects.toMatchObject({
      code: "CHANNEL_FAILED",
      details: { kind, outcome: "not-sent" },
    });
    await channel.close?.();
  });

  it("is met by every row of the table: none is without an example", () => {
    const commands: Record<Stage, string> = {
      connect: "CONN",
      auth: "AUTH PLAIN",
      sender: "MAIL FROM",
      recipient: "RCPT TO",
      data: "DATA",
    };
    const met = new Set(
      REPLIES.map(([stage, text]) => {
        const reply = parseReply(text.replaceAll("\r\n", "\n"), commands[stage]);
        return reply === null ? null : ruleFor(reply);
      }),
    );
    expect(REPLY_RULES.filter((rule) => !met.has(rule)).map((rule) => rule.why)).toEqual([]);
  });

  it.each<[string, string, string, number | null]>([
    [
      "greylisting that names a time",
      "451 4.7.1 Greylisted, please try again in 2 minutes",
      "transient",
      120_000,
    ],
    ["greylisting that names none", "450 4.2.0 Greylisted", "transient", 300_000],
    ["a full mailbox", "452 4.2.2 Over quota", "transient", 300_000],
    ["a rate limit that names a time", "421 4.7.28 Too much mail, wait 90 seconds", "rate-limited", 90_000],
    [
      "a rate limit that names days",
      "421 4.7.28 Too much mail, come back in 99999 hours",
      "rate-limited",
      3_600_000,
    ],
    ["a rate limit that names none", "421 4.7.28 Too much mail", "rate-limited", null],
    ["a failure that may pass", "451 4.3.0 Temporary lookup failure", "transient", null],
  ])("CHN-8: %s waits as long as is sensible", async (_, rcpt, kind, retryAfterMs) => {
    await using server = await startScripted({ rcpt });
    const channel = email({
      transport: smtp({ host: "127.0.0.1", port: server.port }),
      from: "hello@shop.example",
    });
    await expect(deliver(channel, { subject: "Hi", text: "Hi" })).rejects.toMatchObject({
      details: { kind, retryAfterMs },
    });
    await channel.close?.();
  });

  it.each([
    ["550 5.1.1 <x>: Recipient address rejected: User unknown", "hard", "5.1.1"],
    ["552 5.2.2 Mailbox full", "mailbox-full", "5.2.2"],
    ["550 5.7.17 Mailbox owner has changed", "hard", "5.7.17"],
    ["550 No such user here", "hard", null],
    ["550 no", "undetermined", null],
  ])("CHN-8: of a recipient, %s, says what it means for the address", async (rcpt, kind, status) => {
    await using server = await startScripted({ rcpt });
    const channel = email({
      transport: smtp({ host: "127.0.0.1", port: server.port }),
      from: "hello@shop.example",
    });
    await expect(deliver(channel, { subject: "Hi", text: "Hi" })).rejects.toMatchObject({
      details: { kind: "rejected-recipient", bounce: { kind, status, diagnostic: rcpt } },
    });
    await channel.close?.();
  });

  it("of the DATA command itself counts as one of the message", async () => {
    await using server = await startScripted({ data: "554 5.5.1 No valid recipients" });
    const channel = email({
      transport: smtp({ host: "127.0.0.1", port: server.port }),
      from: "hello@shop.example",
    });
    await expect(deliver(channel, { subject: "Hi", text: "Hi" })).rejects.toMatchObject({
      details: { kind: "rejected-content", outcome: "not-sent" },
    });
    await channel.close?.();
  });
});
