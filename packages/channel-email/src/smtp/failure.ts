/** Turns an error of the mail library into a `ChannelError`: what may be done, and whether the message may have gone out. */
import { ChannelError, type ChannelFailureKind } from "@campaignkit/core";
import { bounceOf, readFailure } from "../inbound/bounce-rules.ts";
import { type Reply, ruleFor, type Stage } from "./reply-rules.ts";
import type { Progress } from "./wire-message.ts";

/** What a failure without a server's refusal allows, by the mail library's code. */
export const CONNECTION_FAILURES: Readonly<Record<string, ChannelFailureKind>> = {
  EDNS: "transient",
  ECONNECTION: "transient",
  ESOCKET: "transient",
  ETIMEDOUT: "transient",
  ETLS: "transient",
  EPROTOCOL: "transient",
  ESTREAM: "transient",
  EABORT: "transient",
  EAUTH: "auth",
  ENOAUTH: "auth",
  EENVELOPE: "rejected-recipient",
  EMESSAGE: "rejected-content",
};

/** Codes that tell of the connection, not of an answer: what the server made of the message is then not known. */
const BROKEN_CONNECTION: readonly string[] = [
  "ECONNECTION",
  "ESOCKET",
  "ETIMEDOUT",
  "EPROTOCOL",
  "ETLS",
  "EABORT",
];

const STAGES: readonly (readonly [RegExp, Stage])[] = [
  [/^AUTH/, "auth"],
  [/^MAIL FROM/, "sender"],
  [/^RCPT TO/, "recipient"],
  [/^DATA/, "data"],
];

interface LibraryError {
  readonly message: string;
  readonly code: string;
  /** The SMTP command that failed; `CONN` for the connection in any phase. */
  readonly command: string;
  /** The server's whole reply. */
  readonly response: string;
}

function read(error: unknown): LibraryError {
  const fields: { readonly [name: string]: unknown } =
    typeof error === "object" && error !== null ? { ...error } : {};
  const text = (name: string) => (typeof fields[name] === "string" ? fields[name] : "");
  return {
    message: (error instanceof Error ? error.message : String(error)).slice(0, MAX_REPLY),
    code: text("code"),
    command: text("command"),
    response: text("response"),
  };
}

/** More than any honest reply has; what a server sends beyond it is neither searched nor shown. */
const MAX_REPLY = 2_000;

/** Reads a reply; `null` when there is none. */
export function parseReply(response: string, command: string): Reply | null {
  const code = Number(/^\d{3}/.exec(response)?.[0] ?? Number.NaN);
  if (Number.isNaN(code)) return null;
  const detail = /^\d{3}[ -]\d(\.\d{1,3}\.\d{1,3})\b/m.exec(response)?.[1];
  return {
    stage: STAGES.find(([pattern]) => pattern.test(command))?.[1] ?? "connect",
    code,
    enhanced: detail === undefined ? "" : `${Math.floor(code / 100)}${detail}`,
    text: response.slice(0, MAX_REPLY),
  };
}

const UNIT_MS: readonly (readonly [RegExp, number])[] = [
  [/^s/i, 1_000],
  [/^m/i, 60_000],
  [/^h/i, 3_600_000],
];

/** The longest wait that is granted: no server's word stops a channel for days. */
const MAX_WAIT_MS = 3_600_000;

/** The wait that a reply asks for in words ("try again in 300 seconds"), if it does; an hour at most. */
export function askedWait(text: string): number | null {
  const match =
    /\b(?:in|after|for|wait)\s+(?:at least\s+)?(\d{1,5})\s*(s|sec|secs|seconds?|m|min|mins|minutes?|h|hours?)\b/i.exec(
      text,
    );
  const unit = UNIT_MS.find(([pattern]) => pattern.test(match?.[2] ?? ""));
  return match === null || unit === undefined ? null : Math.min(Number(match[1]) * unit[1], MAX_WAIT_MS);
}

/** Classifies a failed attempt. `redact` takes the password out of what the server said. */
export function smtpError(
  error: unknown,
  progress: Progress,
  redact: (text: string) => string,
): ChannelError {
  const { message, code, command, response } = read(error);
  const cause = Object.assign(new Error(redact(message)), { code, command });
  const reply = parseReply(response, command);
  if (progress.finished && (reply === null || BROKEN_CONNECTION.includes(code))) {
    return new ChannelError({
      kind: "transient",
      outcome: "unknown",
      message: `The connection to the SMTP server broke after the message, before its answer: ${redact(message)}.`,
      cause,
    });
  }
  const rule = reply === null ? null : ruleFor(reply);
  if (reply !== null && rule !== null) {
    const later = rule.kind === "rate-limited" || rule.waitMs !== undefined;
    const wait = later ? (askedWait(reply.text) ?? rule.waitMs ?? null) : null;
    const said = redact(reply.text);
    return new ChannelError({
      kind: rule.kind,
      outcome: "not-sent",
      message: `SMTP: ${rule.why}. The server said: ${said}`,
      ...(wait === null ? {} : { retryAfterMs: wait }),
      ...(rule.kind === "rejected-recipient" ? { bounce: bounceOf(readFailure(reply.enhanced, said)) } : {}),
      cause,
    });
  }
  return new ChannelError({
    kind: CONNECTION_FAILURES[code] ?? "transient",
    outcome: progress.finished ? "unknown" : "not-sent",
    message: `The message could not be handed to the SMTP server: ${redact(message)}.`,
    cause,
  });
}
