/**
 * What a failure to deliver says about the address, as data.
 *
 * Sources: RFC 3463 and its registry (RFC 5248), RFC 7293 (mailboxes that changed hands), RFC 7504 (domains without mail), and what large
 * providers document where they use a code in a way of their own.
 */
import type { BounceKind, BounceReport } from "@campaignkit/core";
import { headerText } from "../header-text.ts";

/** A failure, as a report or a mail server tells it. */
export interface Failure {
  /** The enhanced status code; empty where there is none. */
  readonly status: string;
  /** The three digits of SMTP; `null` where there are none. */
  readonly code: number | null;
  /** What the far side said. */
  readonly text: string;
}

/** One row: it holds for a failure that meets all that it names. */
export interface BounceRule {
  readonly status?: RegExp;
  readonly codes?: readonly number[];
  readonly text?: RegExp;
  readonly kind: BounceKind;
  /** Where it stands that it means so. */
  readonly source: string;
}

/** A status that says no more than temporary or permanent, or none at all. */
const VAGUE = /^(?:[45]\.(?:0\.0|5\.0|3\.0|2\.0))?$/;
const NO_SUCH_USER =
  /(?:no|unknown|invalid|non-?existent|bad) (?:such )?(?:user|mailbox|recipient|address|account)|(?:user|mailbox|recipient|address|account)(?: \S{1,100})? (?:is |was )?(?:unknown|not (?:be )?found|not known|invalid|rejected: user|does ?n[o']t exist|does not have|doesn't have|unavailable|disabled|inactive|deactivated|has been (?:disabled|suspended|closed))|does not exist|doesn't have an? \S{1,60} account|no mailbox (?:here )?by that name|not a (?:valid|known) (?:user|mailbox|recipient)|not listed in/i;
const FULL =
  /(?:mailbox|inbox|account|user|quota|recipient)\b.{0,40}\b(?:full|over ?quota|exceeded|out of storage)|over (?:its |the )?quota|quota (?:is )?exceeded|exceeded storage|insufficient (?:disk |system )?(?:space|storage)/i;
const BLOCKED =
  /\bblock(?:ed|list)|black ?list|spamhaus|dnsbl|\brbl\b|barracuda|reputation|\bbanned\b|\bspam\b|unsolicited|\bpolicy\b|administrative(?:ly)? prohibit|access denied|\bDMARC\b|\bSPF\b|\bDKIM\b/i;
const NO_SUCH_DOMAIN =
  /unrouteable|(?:host|domain)(?: or domain)?(?: name)?(?: \S{1,100})? (?:not found|does not exist|unknown|invalid)|name service error|NXDOMAIN|no such domain|couldn't find any host named|does not accept mail|nullmx|all relevant MX records point to non-?existent/i;

/** The first row that holds decides; where none does, it is undetermined. */
export const BOUNCE_RULES: readonly BounceRule[] = [
  // The mailbox is there, and has no room
  { status: /^[45]\.2\.2$/, kind: "mailbox-full", source: "RFC 3463, X.2.2" },

  // Codes that a provider uses in a way of its own
  {
    status: /^5\.4\.1$/,
    text: /recipient address rejected|access denied/i,
    kind: "hard",
    source: "Exchange Online, 5.4.1 (directory-based edge blocking)",
  },
  {
    status: /^5\.5\.0$/,
    text: NO_SUCH_USER,
    kind: "hard",
    source: "Outlook.com, 550 5.5.0 mailbox unavailable",
  },

  // The address
  { status: /^5\.1\.[78]$/, kind: "block", source: "RFC 3463, X.1.7, X.1.8: the sender's address" },
  { status: /^5\.1\.[0-46]$/, kind: "hard", source: "RFC 3463, X.1.0 to X.1.4, X.1.6" },
  { status: /^5\.1\.10$/, kind: "hard", source: "RFC 7505, X.1.10; Exchange Online, 5.1.10" },
  { status: /^5\.2\.1$/, kind: "hard", source: "RFC 3463, X.2.1: mailbox disabled" },
  { status: /^5\.7\.1[78]$/, kind: "hard", source: "RFC 7293: mailbox or domain has changed hands" },
  { status: /^5\.4\.4$/, kind: "hard", source: "RFC 3463, X.4.4: no route to the domain" },
  { status: /^5\.4\.310$/, kind: "hard", source: "Exchange Online, 5.4.310: the domain does not exist" },

  // The message
  { status: /^[45]\.2\.3$/, kind: "content", source: "RFC 3463, X.2.3: too long for the mailbox" },
  { status: /^5\.3\.4$/, kind: "content", source: "RFC 3463, X.3.4: too big for the system" },
  { status: /^[45]\.6\./, kind: "content", source: "RFC 3463, X.6.X" },

  // The sender
  { status: /^[45]\.7\./, kind: "block", source: "RFC 3463, X.7.X" },

  // Network and system, given up after trying
  { status: /^[45]\.4\./, kind: "soft", source: "RFC 3463, X.4.X" },
  { status: /^[45]\.3\.[1-35-9]\d*$/, kind: "soft", source: "RFC 3463, X.3.X" },

  // A status that says nothing: the words and the code of SMTP
  {
    status: VAGUE,
    text: /too (?:big|large|long)|message size|size limit/i,
    kind: "content",
    source: "words: the message is too big",
  },
  { status: VAGUE, text: FULL, kind: "mailbox-full", source: "words: no room" },
  { status: VAGUE, codes: [552], kind: "mailbox-full", source: "RFC 5321, 4.2.2: 552" },
  { status: VAGUE, codes: [556], kind: "hard", source: "RFC 7504, 556" },
  { status: VAGUE, codes: [421, 450, 451, 452], kind: "soft", source: "RFC 5321, 4.2.1: 4yz" },
  { status: VAGUE, text: NO_SUCH_USER, kind: "hard", source: "words: there is no such mailbox" },
  { status: VAGUE, text: NO_SUCH_DOMAIN, kind: "hard", source: "words: there is no such domain" },
  { status: VAGUE, text: BLOCKED, kind: "block", source: "words: the sender is refused" },
  { status: VAGUE, codes: [551], kind: "hard", source: "RFC 5321, 4.2.2: 551 user not local" },

  { status: /^4\./, kind: "soft", source: "RFC 3463: persistent transient failure" },
];

function holds(rule: BounceRule, { status, code, text }: Failure): boolean {
  return (
    (rule.status === undefined || rule.status.test(status)) &&
    (rule.codes === undefined || (code !== null && rule.codes.includes(code))) &&
    (rule.text === undefined || rule.text.test(text))
  );
}

/** The row that decides about a failure; `null` when nothing is known of it. */
export function bounceRuleFor(failure: Failure): BounceRule | null {
  return BOUNCE_RULES.find((rule) => holds(rule, failure)) ?? null;
}

/** More than any honest answer has; what comes behind it is neither searched nor kept. */
const MAX_TEXT = 2_000;
const STATUS = /^([245]\.\d{1,3}\.\d{1,3})\b/;
/** The code of an answer, and its enhanced code; `#5.1.1` as qmail writes it. */
const REPLY = /(?:^|[\s;:])([45]\d\d)[ -](?:#?([45]\.\d{1,3}\.\d{1,3})\b)?/;
const LOOSE_STATUS = /(?:^|[\s(#])#?([45]\.\d{1,3}\.\d{1,3})(?=[\s):;,]|$)/;

/**
 * Reads a failure from a status field, if there is one, and from what the far side said.
 *
 * A status that says nothing (`5.0.0`, as Exim always gives) is replaced by the one in the words.
 */
export function readFailure(status: string, said: string): Failure {
  const text = said.slice(0, MAX_TEXT);
  const reply = REPLY.exec(text);
  const given = STATUS.exec(status.trim())?.[1] ?? "";
  const spoken = reply?.[2] ?? LOOSE_STATUS.exec(text)?.[1] ?? "";
  return {
    status: VAGUE.test(given) && spoken !== "" ? spoken : given,
    code: reply?.[1] === undefined ? null : Number(reply[1]),
    text,
  };
}

const MAX_DIAGNOSTIC = 500;

/** A failure in the engine's terms. */
export function bounceOf(failure: Failure): BounceReport {
  const diagnostic = headerText(failure.text).slice(0, MAX_DIAGNOSTIC);
  return {
    kind: bounceRuleFor(failure)?.kind ?? "undetermined",
    status: failure.status === "" ? null : failure.status,
    diagnostic: diagnostic === "" ? null : diagnostic,
  };
}
