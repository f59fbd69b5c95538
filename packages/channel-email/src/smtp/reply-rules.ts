/** What an SMTP server's refusal means, as data. Sources: RFC 5321 (codes), RFC 3463 with its IANA registry (enhanced codes). */
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
  /** What it means. */
  readonly why: string;
}

const THROTTLING =
  /throttl|rate[ -]?limit|(?:sending|message|mail|connection) rate|too (?:many|fast|quickly|much)|slow down|gr[ea]y-?list|(?:hourly|daily|sending|message) (?:\w+ )?(?:limit|quota)|deferred due to/i;
const RELAYING =
  /relay(?:ing)?\b.*(?:denied|not (?:allowed|permitted)|prohibited)|not permitted to relay|unable to relay/i;
const SENDER_REFUSED =
  /send ?as|sender (?:address|domain|verify)?.{0,40}(?:rejected|not allowed|failed|denied)|not owned by|not (?:yet )?verified|not (?:allowed|authori[sz]ed|permitted) to send/i;
const BLOCKED = /\bblock(?:ed|list)|black ?list|spamhaus|dnsbl|\brbl\b|barracuda|reputation|\bbanned\b/i;

/** The first row that holds decides; the last two hold for every refusal. */
export const REPLY_RULES: readonly ReplyRule[] = [
  // The account
  { codes: [530, 534, 535, 538], kind: "auth", why: "login is needed, or was refused" },
  { codes: [432], kind: "auth", why: "the password must be changed first" },
  { enhanced: /^[45]\.7\.12$/, kind: "auth", why: "the password must be changed first" },
  { stages: ["auth"], class: 5, kind: "auth", why: "the server refuses the login" },
  {
    enhanced: /^5\.7\.(?:8|9|10|11|13|14)$/,
    kind: "auth",
    why: "login, encryption or account is not good enough",
  },

  // Later
  { enhanced: /^4\.2\.2$/, kind: "transient", why: "the mailbox is full" },
  { enhanced: /^[45]\.7\.28$/, kind: "rate-limited", why: "too much mail from this sender" },
  {
    enhanced: /^[45]\.4\.5$/,
    kind: "rate-limited",
    why: "the sending quota is used up, or the server is congested",
  },
  { class: 4, text: THROTTLING, kind: "rate-limited", why: "the server asks to slow down, or greylists" },
  { class: 4, stages: ["auth"], kind: "transient", why: "the login can't be checked now" },
  { enhanced: /^4\.7\.(?:0|1|[56]\d\d)$/, kind: "rate-limited", why: "deferred by policy" },
  { codes: [503], kind: "transient", why: "the session got out of step; a new one may do" },
  { class: 4, kind: "transient", why: "a failure that may pass" },

  // The sender's set-up: mending it helps all messages, and no recipient is at fault
  { text: RELAYING, kind: "auth", why: "the server does not relay for this account" },
  { text: SENDER_REFUSED, kind: "auth", why: "the account may not send from this address" },
  { enhanced: /^5\.1\.[78]$/, kind: "auth", why: "the sender's address is refused" },
  {
    enhanced: /^5\.7\.(?:2[0-7]|29|[5-7]\d\d)$/,
    kind: "auth",
    why: "SPF, DKIM, DMARC, reverse DNS or reputation of the sender",
  },

  // The recipient
  { enhanced: /^5\.1\./, kind: "rejected-recipient", why: "there is no such address" },
  { enhanced: /^5\.2\./, kind: "rejected-recipient", why: "the mailbox is disabled, full, or refuses" },
  { enhanced: /^5\.4\./, kind: "rejected-recipient", why: "there is no way to the recipient's server" },
  {
    enhanced: /^5\.7\.(?:2|17|18)$/,
    kind: "rejected-recipient",
    why: "the mailbox takes no such mail, or changed hands",
  },
  { codes: [556], kind: "rejected-recipient", why: "the domain takes no mail (RFC 7504)" },

  // The message
  { enhanced: /^5\.3\.4$/, kind: "rejected-content", why: "the message is too big" },
  { codes: [552], stages: ["sender", "data"], kind: "rejected-content", why: "the message is too big" },
  {
    enhanced: /^5\.6\.[78]$/,
    kind: "unsupported",
    why: "the server can't take an address that is not ASCII (RFC 6531)",
  },
  { enhanced: /^5\.6\./, kind: "rejected-content", why: "the content can't be taken or converted" },

  // The server
  { enhanced: /^5\.3\.3$/, kind: "unsupported", why: "the server can't do what was asked" },
  {
    codes: [500, 502, 504, 555],
    kind: "unsupported",
    why: "the server does not know the command or its parameter",
  },

  // By what was being answered
  { stages: ["data"], class: 5, kind: "rejected-content", why: "the server refuses the message" },
  { text: BLOCKED, class: 5, kind: "auth", why: "the sender is on a block list" },
  { stages: ["recipient"], class: 5, kind: "rejected-recipient", why: "the server refuses the recipient" },
  { stages: ["sender"], class: 5, kind: "auth", why: "the server refuses the sender" },
  { stages: ["connect"], class: 5, kind: "auth", why: "the server refuses to talk to this client" },
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
