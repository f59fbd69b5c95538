/**
 * User agents that say what they are. Scanners that call themselves a browser are told by what they do instead.
 *
 * A name stands here only if no person's program sends it: an app's or an in-app browser's name does not.
 */
import type { AgentRule } from "../../ports/machines.ts";

/** The reason, and each name by which it is recognised. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  "scanner-barracuda": ["barracuda"],
  "scanner-proofpoint": ["proofpoint"],
  "scanner-mimecast": ["mimecast"],
  "scanner-microsoft": ["safelinks", "safe links", "microsoft-urlanalyzer", "bingpreview", "skypeuripreview"],
  "scanner-cisco": ["ironport", "cisco-esa"],
  "scanner-symantec": ["symantec", "messagelabs"],
  "scanner-trend-micro": ["trendmicro", "trend micro"],
  "scanner-fortinet": ["fortimail", "fortiguard"],
  "scanner-trellix": ["fireeye", "trellix"],
  "scanner-sophos": ["sophos"],
  "scanner-kaspersky": ["kaspersky"],
  "scanner-avanan": ["avanan"],
  "scanner-url": ["urlscan", "virustotal"],
  "link-preview": [
    "slackbot",
    "slack-imgproxy",
    "facebookexternalhit",
    "twitterbot",
    "linkedinbot",
    "telegrambot",
    "discordbot",
  ],
  crawler: [
    "googlebot",
    "bingbot",
    "yandexbot",
    "applebot",
    "duckduckbot",
    "baiduspider",
    "petalbot",
    "ahrefsbot",
    "semrushbot",
  ],
  program: [
    "curl/",
    "wget/",
    "python-requests",
    "python-urllib",
    "go-http-client",
    "libwww-perl",
    "apache-httpclient",
    "node-fetch",
    "axios/",
  ],
  "headless-browser": ["headlesschrome", "phantomjs"],
};

/** What is no person's. */
export const AGENTS: readonly AgentRule[] = [
  // Apple's proxy loads every image of a message, read or not, and says no more than this.
  { reason: "apple-mail-privacy", equals: "Mozilla/5.0", on: "open" },
  ...Object.entries(NAMES).flatMap(([reason, names]) => names.map((name) => ({ reason, contains: [name] }))),
];

/** What loads images for a person who opens a message. */
export const PROXIES: readonly AgentRule[] = [
  { reason: "gmail-image-proxy", contains: ["googleimageproxy"], on: "open" },
  { reason: "yahoo-mail-proxy", contains: ["yahoomailproxy"], on: "open" },
];

/** The reason of the first rule that recognises the user agent; `null`: none does. */
export function recognise(
  rules: readonly AgentRule[],
  type: string,
  userAgent: string | null,
): string | null {
  if (userAgent === null) return null;
  const lower = userAgent.toLowerCase();
  const found = rules.find(
    ({ contains = [], equals, on }) =>
      (on === undefined || on === type) &&
      (equals === undefined || equals === userAgent) &&
      contains.every((part) => lower.includes(part.toLowerCase())),
  );
  return found?.reason ?? null;
}
