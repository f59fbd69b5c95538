import { describe, expect, it } from "vitest";
import { BOUNCE_RULES, bounceOf, bounceRuleFor, readFailure } from "./bounce-rules.ts";

/** What reports and servers say, and what it says about the address. */
const FAILURES: readonly (readonly [status: string, said: string, kind: string])[] = [
  ["5.2.2", "552 5.2.2 Mailbox full", "mailbox-full"],
  ["4.2.2", "452 4.2.2 The email account that you tried to reach is over quota", "mailbox-full"],
  ["5.4.1", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", "hard"],
  ["5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable", "hard"],
  ["5.1.8", "550 5.1.8 <a>: Sender address: Domain not found", "block"],
  ["5.1.1", "550 5.1.1 The email account that you tried to reach does not exist", "hard"],
  ["5.1.2", "", "hard"],
  ["5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound", "hard"],
  ["5.2.1", "550 5.2.1 The email account that you tried to reach is disabled", "hard"],
  ["5.7.17", "550 5.7.17 Mailbox owner has changed", "hard"],
  ["5.4.4", "Host or domain name not found. Name service error for name=gone.example", "hard"],
  ["5.4.310", "DNS domain gone.example does not exist", "hard"],
  ["5.2.3", "552 5.2.3 Message too large for this mailbox", "content"],
  ["5.3.4", "552 5.3.4 Message size exceeds fixed limit", "content"],
  ["5.6.0", "554 5.6.0 Message contains invalid header", "content"],
  ["5.7.1", "554 5.7.1 Client host blocked using zen.spamhaus.org", "block"],
  ["4.7.0", "421 4.7.0 deferred due to user complaints", "block"],
  ["5.7.26", "550 5.7.26 This mail is unauthenticated", "block"],
  ["4.4.1", "connect to mx.example.com: Connection timed out", "soft"],
  ["5.4.14", "554 5.4.14 Hop count exceeded", "soft"],
  ["4.3.2", "system not accepting network messages", "soft"],
  ["5.0.0", "smtp; 550 5.1.1 No such user here", "hard"],
  ["5.0.0", "554 message size exceeds the limit", "content"],
  ["5.0.0", "550 The user's mailbox is full", "mailbox-full"],
  ["5.0.0", "552 Requested mail action aborted", "mailbox-full"],
  ["5.0.0", "556 no", "hard"],
  ["", "451 try later", "soft"],
  [
    "5.0.0",
    "554 delivery error: dd This user doesn't have a yahoo.example account (ann@yahoo.example) [0]",
    "hard",
  ],
  ["", "Unrouteable address", "hard"],
  ["5.0.0", "550 Administrative prohibition", "block"],
  ["5.0.0", "551 try elsewhere", "hard"],
  ["4.0.0", "", "soft"],
  ["4.1.1", "450 4.1.1 not now", "soft"],
  ["5.0.0", "550 no", "undetermined"],
  ["", "", "undetermined"],
  ["nonsense", "42", "undetermined"],
];

describe("CHN-8: what a failure says about the address", () => {
  it.each(FAILURES)("%s, %s: %s", (status, said, kind) => {
    expect(bounceOf(readFailure(status, said)).kind).toBe(kind);
  });

  it("is met by every row of the table: none is without an example", () => {
    const met = new Set(FAILURES.map(([status, said]) => bounceRuleFor(readFailure(status, said))));
    expect(BOUNCE_RULES.filter((rule) => !met.has(rule)).map((rule) => rule.source)).toEqual([]);
  });

  it("takes a status with words behind it, and none that is no status", () => {
    expect(readFailure("5.1.1 (bad destination mailbox address)", "").status).toBe("5.1.1");
    expect(readFailure("511", "").status).toBe("");
  });
});
