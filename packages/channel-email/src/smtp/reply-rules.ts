/** What an SMTP server's refusal means, as data. RFC 5321 has the codes, RFC 3463 with its registry the enhanced ones. */
import type { ChannelFailureKind } from "@campaignkit/core";

/** What the server was answering. `connect` is everything before AUTH and MAIL; `data` DATA and the message itself. */
export type Stage = "connect" | "auth" | "sender" | "recipient" | "data";

/** A server's refusal. */
export interface Reply {
  readonly stage: Stage;
  /** The three digits. */
  readonly code: number;
  /** The enhanced status code, such as `5.1.1`; its class made that of `code`. Empty when there is none. */
  readonly enhanced: string;
  readonly text: string;
}

/** One row: it holds for a reply that meets all that it names. */
export interface ReplyRule {
  readonly stages?: readonly Stage[];
  readonly codes?: readonly number[];
  /** The first digit. */
  readonly class?: 4 | 5;
  readonly enhanced?: RegExp;
  readonly text?: RegExp;
  readonly kind: ChannelFailureKind;
  /** How long to wait before the next attempt, where the server names no time. */
  readonly waitMs?: number;
  /** What it means. */
  readonly why: string;
  /** Where it stands that it means so. */
  readonly source: string;
}

/** What greylisting servers ask for (Postgrey's and milter-greylist's default), and Exchange's for a mailbox that gets too much. */
const MAILBOX_WAIT_MS = 300_000;

const GREYLISTED = /gr[ea]y-?list/i;
const THROTTLING =
  /throttl|rate[ -]?limit|(?:sending|message|mail|connection) rate|too (?:many|fast|quickly|much)|slow down|(?:hourly|daily|sending|message) (?:\w+ )?(?:limit|quota)|deferred due to/i;
const RELAYING =
  /relay(?:ing)?\b.*(?:denied|not (?:allowed|permitted)|prohibited)|not permitted to relay|unable to relay/i;
const SENDER_REFUSED =
  /send ?as|sender (?:address|domain|verify)?.{0,40}(?:rejected|not allowed|failed|denied)|not owned by|not (?:yet )?verified|not (?:allowed|authori[sz]ed|permitted) to send/i;
const BLOCKED = /\bblock(?:ed|list)|black ?list|spamhaus|dnsbl|\brbl\b|barracuda|reputation|\bbanned\b/i;

/** The first row that holds decides; the last of each class hold for every refusal of it. */
export const REPLY_RULES: readonly ReplyRule[] = [
  // The account
  {
    codes: [530, 534, 535, 538],
    kind: "auth",
    why: "login is needed, or was refused",
    source: "RFC 4954, 6",
  },
  { codes: [432], kind: "auth", why: "the password must be changed first", source: "RFC 4954, 6" },
  {
    enhanced: /^[45]\.7\.12$/,
    kind: "auth",
    why: "the password must be changed first",
    source: "RFC 5248, X.7.12",
  },
  {
    stages: ["auth"],
    class: 5,
    kind: "auth",
    why: "the server refuses the login",
    source: "RFC 4954, 4",
  },
  {
    enhanced: /^5\.7\.(?:8|9|10|11|13|14)$/,
    kind: "auth",
    why: "login, encryption or account is not good enough",
    source: "RFC 5248, X.7.8 to X.7.14",
  },

  // Later, for this recipient
  {
    enhanced: /^4\.2\.2$/,
    kind: "transient",
    waitMs: MAILBOX_WAIT_MS,
    why: "the mailbox is full",
    source: "RFC 3463, X.2.2",
  },
  {
    stages: ["recipient", "data"],
    class: 4,
    text: GREYLISTED,
    kind: "transient",
    waitMs: MAILBOX_WAIT_MS,
    why: "the server greylists: it takes the same message later",
    source: "RFC 6647, 5",
  },
  {
    stages: ["recipient"],
    enhanced: /^4\.7\.1$/,
    kind: "transient",
    waitMs: MAILBOX_WAIT_MS,
    why: "the server defers this recipient, as greylisting does",
    source: "RFC 6647, 5: 451 4.7.1",
  },
  {
    enhanced: /^4\.2\.1$/,
    kind: "transient",
    waitMs: MAILBOX_WAIT_MS,
    why: "the mailbox gets too much at the moment",
    source: "Gmail, 450 4.2.1",
  },

  // Later, for everybody: the channel slows down
  {
    codes: [421],
    kind: "rate-limited",
    why: "the server closes the connection for now",
    source: "RFC 5321, 4.2.2",
  },
  {
    enhanced: /^[45]\.7\.28$/,
    kind: "rate-limited",
    why: "too much mail from this sender",
    source: "Gmail, 421 and 550 X.7.28",
  },
  {
    enhanced: /^[45]\.4\.5$/,
    kind: "rate-limited",
    why: "the sending quota is used up, or the server is congested",
    source: "RFC 3463, X.4.5; Gmail, 550 5.4.5",
  },
  {
    class: 4,
    text: THROTTLING,
    kind: "rate-limited",
    why: "the server asks to slow down",
    source: "Amazon SES, 454 Throttling failure; Exchange Online; Yahoo",
  },
  {
    class: 4,
    stages: ["auth"],
    kind: "transient",
    why: "the login can't be checked now",
    source: "RFC 4954, 6: 454 4.7.0",
  },
  {
    enhanced: /^4\.7\.(?:0|1|[56]\d\d)$/,
    kind: "rate-limited",
    why: "deferred by policy",
    source: "RFC 3463, X.7.1; Exchange Online, 4.7.500 to 4.7.699",
  },
  {
    codes: [503],
    kind: "transient",
    why: "the session got out of step; a new one may do",
    source: "RFC 5321, 4.2.2",
  },
  { class: 4, kind: "transient", why: "a failure that may pass", source: "RFC 5321, 4.2.1: 4yz" },

  // The sender's set-up: mending it helps all messages, and no recipient is at fault
  {
    text: RELAYING,
    kind: "auth",
    why: "the server does not relay for this account",
    source: "Postfix, Exim and Exchange: relay access denied",
  },
  {
    text: SENDER_REFUSED,
    kind: "auth",
    why: "the account may not send from this address",
    source: "Postfix, reject_sender_login_mismatch; Exchange, SendAsDenied; Amazon SES",
  },
  {
    enhanced: /^5\.1\.[78]$/,
    kind: "auth",
    why: "the sender's address is refused",
    source: "RFC 3463, X.1.7 and X.1.8",
  },
  {
    enhanced: /^5\.7\.(?:2[0-7]|29|[5-7]\d\d)$/,
    kind: "auth",
    why: "SPF, DKIM, DMARC, reverse DNS or reputation of the sender",
    source: "RFC 7372; RFC 5248, X.7.20 to X.7.29; Exchange Online",
  },

  // The recipient
  {
    enhanced: /^5\.1\./,
    kind: "rejected-recipient",
    why: "there is no such address",
    source: "RFC 3463, X.1.X",
  },
  {
    enhanced: /^5\.2\./,
    kind: "rejected-recipient",
    why: "the mailbox is disabled, full, or refuses",
    source: "RFC 3463, X.2.X",
  },
  {
    enhanced: /^5\.4\./,
    kind: "rejected-recipient",
    why: "there is no way to the recipient's server",
    source: "RFC 3463, X.4.X",
  },
  {
    enhanced: /^5\.7\.(?:2|17|18)$/,
    kind: "rejected-recipient",
    why: "the mailbox takes no such mail, or changed hands",
    source: "RFC 3463, X.7.2; RFC 7293",
  },
  {
    codes: [556],
    kind: "rejected-recipient",
    why: "the domain takes no mail",
    source: "RFC 7504, 556",
  },

  // The message
  {
    enhanced: /^5\.3\.4$/,
    kind: "rejected-content",
    why: "the message is too big",
    source: "RFC 3463, X.3.4",
  },
  {
    codes: [552],
    stages: ["sender", "data"],
    kind: "rejected-content",
    why: "the message is too big",
    source: "RFC 1870, 6",
  },
  {
    enhanced: /^5\.6\.[78]$/,
    kind: "unsupported",
    why: "the server can't take an address that is not ASCII",
    source: "RFC 6531, 3.5",
  },
  {
    enhanced: /^5\.6\./,
    kind: "rejected-content",
    why: "the content can't be taken or converted",
    source: "RFC 3463, X.6.X",
  },

  // The server
  {
    enhanced: /^5\.3\.3$/,
    kind: "unsupported",
    why: "the server can't do what was asked",
    source: "RFC 3463, X.3.3",
  },
  {
    codes: [500, 502, 504, 555],
    kind: "unsupported",
    why: "the server does not know the command or its parameter",
    source: "RFC 5321, 4.2.2",
  },

  // By what was being answered
  {
    stages: ["data"],
    class: 5,
    kind: "rejected-content",
    why: "the server refuses the message",
    source: "RFC 5321, 4.3.2: DATA",
  },
  {
    text: BLOCKED,
    class: 5,
    kind: "auth",
    why: "the sender is on a block list",
    source: "words of Spamhaus, Barracuda and others",
  },
  {
    stages: ["recipient"],
    class: 5,
    kind: "rejected-recipient",
    why: "the server refuses the recipient",
    source: "RFC 5321, 4.3.2: RCPT",
  },
  {
    stages: ["sender"],
    class: 5,
    kind: "auth",
    why: "the server refuses the sender",
    source: "RFC 5321, 4.3.2: MAIL",
  },
  {
    stages: ["connect"],
    class: 5,
    kind: "auth",
    why: "the server refuses to talk to this client",
    source: "RFC 5321, 3.1: 554",
  },
];

function holds(rule: ReplyRule, reply: Reply): boolean {
  return (
    (rule.stages === undefined || rule.stages.includes(reply.stage)) &&
    (rule.codes === undefined || rule.codes.includes(reply.code)) &&
    (rule.class === undefined || rule.class === Math.floor(reply.code / 100)) &&
    (rule.enhanced === undefined || rule.enhanced.test(reply.enhanced)) &&
    (rule.text === undefined || rule.text.test(reply.text))
  );
}

/** The row that decides about a reply; `null` when it is no refusal (neither 4yz nor 5yz). */
export function ruleFor(reply: Reply): ReplyRule | null {
  return REPLY_RULES.find((rule) => holds(rule, reply)) ?? null;
}
