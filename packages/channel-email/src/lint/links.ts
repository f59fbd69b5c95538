/** Links that lead nowhere, or that make people and filters wary. */
import { domainToASCII } from "node:url";
import { attributeText, type HtmlLink } from "../compile/links.ts";
import type { HtmlPart, OpenTag } from "../html/scan.ts";
import { type Finding, type LintSubject, shown } from "./finding.ts";

/** Services whose links hide where they lead; block lists (SURBL, URIBL) know them all. */
const SHORTENERS = new Set([
  "bit.ly",
  "buff.ly",
  "cutt.ly",
  "goo.gl",
  "is.gd",
  "lnkd.in",
  "ow.ly",
  "rb.gy",
  "rebrand.ly",
  "shorturl.at",
  "t.co",
  "t.ly",
  "tiny.cc",
  "tinyurl.com",
  "v.gd",
]);

/** The links of a body. */
export function lintLinks({ body }: LintSubject): Finding[] {
  if (body === null) return [];
  const { html, parts, links } = body;
  const places = new Map(parts.map((part, place) => [part, place]));
  const anchors = anchorsIn(html, parts);
  return links.flatMap((link) => {
    const at = link.tag.begin;
    const content = link.tag.name === "a" ? contentOf(html, parts, (places.get(link.tag) ?? 0) + 1) : null;
    return [...lintTarget(link, anchors), ...(content === null ? [] : lintContent(link, content))].map(
      (finding) => ({ ...finding, at }),
    );
  });
}

/** Whatever `#name` can lead to. */
function anchorsIn(html: string, parts: readonly HtmlPart[]): ReadonlySet<string> {
  return new Set(
    parts.flatMap((part) => {
      if (part.type !== "open") return [];
      const names = [attributeText(html, part, "id")];
      if (part.name === "a") names.push(attributeText(html, part, "name"));
      return names.filter((name) => typeof name === "string");
    }),
  );
}

function lintTarget({ source, slot }: HtmlLink, anchors: ReadonlySet<string>): Finding[] {
  const to = shown(source);
  if (source === "" || source === "#")
    return [{ code: "link-empty", message: "A link leads nowhere: its address is empty." }];
  if (source.startsWith("#")) {
    const name = source.slice(1);
    if (anchors.has(name) || anchors.has(decoded(name)) || name.includes("{{")) return [];
    return [
      {
        code: "link-anchor-missing",
        message: `The link ${to} leads nowhere: nothing in the mail has that id.`,
      },
    ];
  }
  if (slot === null && !/^[a-z][a-z0-9+.-]*:|^\{/i.test(source)) {
    const message = `The link ${to} is relative; a mail has no address of its own, so give it in full.`;
    return [{ code: "link-relative", message }];
  }
  const findings: Finding[] = [];
  if (/^http:\/\//i.test(source)) {
    const message = `The link ${to} is not encrypted; mailboxes and browsers warn of it. Use https.`;
    findings.push({ code: "link-insecure", message });
  }
  const host = hostOf(source);
  if (host !== null && SHORTENERS.has(host)) {
    const message = `The link ${to} goes through ${host}; filters distrust links that hide where they lead. Give the address itself.`;
    findings.push({ code: "link-shortened", message });
  }
  return findings;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray percent sign stands for itself.
    return text;
  }
}

/** The host of a web address, without `www.`; `null` where Liquid stands in it. */
function hostOf(source: string): string | null {
  const written = /^https?:\/\/([^/?#]*)/i.exec(source)?.[1];
  if (written === undefined || written.includes("{")) return null;
  const host = URL.parse(`https://${written}`)?.hostname ?? "";
  return host === "" ? null : host.replace(/^www\./, "");
}

/** What a link shows. */
interface LinkContent {
  readonly text: string;
  readonly image: boolean;
}

/** Longer than any link text that names an address. */
const MAX_TEXT = 500;

/** What shows before the link ends; the next link ends it too. */
function contentOf(html: string, parts: readonly HtmlPart[], from: number): LinkContent {
  let text = "";
  let image = false;
  for (let place = from; place < parts.length && text.length < MAX_TEXT; place += 1) {
    const part = parts[place];
    if (part === undefined || (part.type !== "text" && part.name === "a")) break;
    if (part.type === "text") text += html.slice(part.begin, Math.min(part.end, part.begin + MAX_TEXT));
    else if (part.type === "open" && part.name === "img") image ||= showsSomething(html, part);
  }
  return { text: text.trim(), image };
}

function showsSomething(html: string, image: OpenTag): boolean {
  return attributeText(html, image, "alt") !== "";
}

const NAMED_HOST = /^(?:https?:\/\/)?((?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24})(?:[/:?#]\S*)?$/iu;
const VAGUE = /^(?:click here|here|click|read more|more|link|this link|hier|mehr|ici|aquí)[.!…>»→\s]*$/i;

function lintContent({ source }: HtmlLink, { text, image }: LinkContent): Finding[] {
  const to = shown(source);
  if (text === "" && !image)
    return [{ code: "link-without-text", message: `The link ${to} shows nothing to click on.` }];
  if (!image && VAGUE.test(text)) {
    const message = `The link ${to} says only "${shown(text)}"; people who hear the links of a mail one by one can't tell where it leads.`;
    return [{ code: "link-text-vague", message }];
  }
  const named = NAMED_HOST.exec(text)?.[1];
  const host = hostOf(source);
  if (named === undefined || host === null) return [];
  const shownHost = domainToASCII(named.toLowerCase()).replace(/^www\./, "");
  if (shownHost === "" || isRelated(shownHost, host)) return [];
  const message = `The link says ${shownHost} and leads to ${host}; that is how phishing looks, to people and to filters.`;
  return [{ code: "link-text-misleads", message }];
}

/** Whether one is the other, or below it: `shop.example` and `news.shop.example`. */
function isRelated(one: string, other: string): boolean {
  return one === other || one.endsWith(`.${other}`) || other.endsWith(`.${one}`);
}
