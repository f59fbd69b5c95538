/** The tags that compilation puts into a template in place of links, pixel and footer; authors can't write them. */
import type { MessageUrls } from "@campaignkit/core";
import {
  type Context,
  type Emitter,
  type Liquid,
  Tag,
  type TagToken,
  type Template,
  type TopLevelToken,
} from "liquidjs";
import { escapeHtml } from "../html/escape.ts";
import { withUtm } from "../utm.ts";

/** All names of the tags here begin so. */
export const RESERVED_TAG_PREFIX = "campaignkit_";

/** A link whose address is filled in per message. */
export interface CompiledLink {
  /** Its place in the post's `links`; `null` for one that must not be tracked. */
  readonly index: number | null;
  /** Its address as written, merge fields unfilled. */
  readonly source: string;
  /** Its address as a text template. */
  readonly templates: Template[];
  /** Campaign parameters that its query gets once it is filled in; empty for none, or where they are in `source` already. */
  readonly utm: string;
}

/** The words of the footer that is added when the author wrote no unsubscribe link. */
export interface FooterWords {
  /** The sentence before the link. */
  readonly text: string;
  /** The text of the link. */
  readonly link: string;
}

/** What the tags need of the message being rendered. */
export interface MessageState {
  /** By the number in the tag. */
  readonly links: readonly CompiledLink[];
  readonly urls: MessageUrls;
  readonly footer: FooterWords;
}

const REGISTER = "campaignkit";

/** Hands the message's state to the tags. */
export function attachState(context: Context, state: MessageState): void {
  context.setRegister(REGISTER, state);
}

function stateOf(context: Context): MessageState {
  return context.getRegister(REGISTER) as MessageState;
}

const WEB = /^https?:\/\//i;
/** Addresses that lead out of a mail safely without being tracked; anything else that a merge field brought along is dropped. */
const HARMLESS = /^(?:mailto:|tel:|sms:|#|$)/i;
/** Characters that must be encoded before an address can stand in a mail. */
const UNENCODED = /[^!-~]|["<>\\^`{|}]/;

/** The address that goes into the message for a merged link. */
function outgoingAddress({ index, utm }: CompiledLink, merged: string, urls: MessageUrls): string {
  const address = merged.trim();
  if (WEB.test(address) && URL.canParse(address)) {
    const encoded = UNENCODED.test(address) ? new URL(address).href : address;
    if (index === null) return encoded;
    const own = utm !== "" && (encoded === urls.unsubscribe || encoded === urls.preferences);
    return urls.click(index, own ? encoded : withUtm(encoded, utm));
  }
  return HARMLESS.test(address) ? address : "#";
}

type TagConstructor = new (token: TagToken, remaining: TopLevelToken[], liquid: Liquid) => Tag;

/** Stands for the link of a number at its place, so that loop variables and branches around it count. */
export abstract class LinkTag extends Tag {
  /** The link's number. */
  readonly slot: number;

  constructor(token: TagToken, remaining: TopLevelToken[], liquid: Liquid) {
    super(token, remaining, liquid);
    this.slot = Number(token.args);
  }

  protected abstract encode(text: string): string;

  /** What stands in the message for a link whose address came to that. */
  textFor(link: CompiledLink, merged: string, { urls }: MessageState): string {
    return this.encode(outgoingAddress(link, merged, urls));
  }

  *render(context: Context, emitter: Emitter): Generator<unknown, void, unknown> {
    const state = stateOf(context);
    const link = state.links[this.slot];
    if (link === undefined) return;
    const merged = yield this.liquid.renderer.renderTemplates(link.templates, context);
    emitter.write(this.textFor(link, String(merged), state));
  }
}

/** The tag of links for an engine. */
export function linkTag(encode: (text: string) => string): TagConstructor {
  return class extends LinkTag {
    protected encode(text: string): string {
      return encode(text);
    }
  };
}

/** A tag that hangs on nothing but the message's state. */
export abstract class StateTag extends Tag {
  /** What stands in the message. */
  abstract textFor(state: MessageState): string;

  render(context: Context, emitter: Emitter): void {
    emitter.write(this.textFor(stateOf(context)));
  }
}

/** The footer of an HTML body: nothing when the message has no unsubscribe address. */
export class UnsubscribeHtmlTag extends StateTag {
  textFor({ urls, footer }: MessageState): string {
    if (urls.unsubscribe === null) return "";
    return (
      `<p style="margin:24px 0 0;padding:12px;text-align:center;font-family:Arial,Helvetica,sans-serif;font-size:12px;` +
      `line-height:1.5;color:#595959">${escapeHtml(footer.text)} ` +
      `<a href="${escapeHtml(urls.unsubscribe)}" style="color:#595959;text-decoration:underline">${escapeHtml(footer.link)}</a></p>`
    );
  }
}

/** The footer of a text body. */
export class UnsubscribeTextTag extends StateTag {
  textFor({ urls, footer }: MessageState): string {
    return urls.unsubscribe === null ? "" : `\n\n${footer.text} ${footer.link}: ${urls.unsubscribe}\n`;
  }
}

/** The open pixel, and before it the invisible link that only machines follow: neither where it is not tracked. */
export class OpenTag extends StateTag {
  textFor({ urls }: MessageState): string {
    const honeypot =
      urls.honeypot == null
        ? ""
        : `<a href="${escapeHtml(urls.honeypot)}" style="display:none;mso-hide:all" aria-hidden="true" tabindex="-1"></a>`;
    if (urls.open === null) return honeypot;
    return `${honeypot}<img src="${escapeHtml(urls.open)}" width="1" height="1" alt="" style="display:block;border:0;width:1px;height:1px">`;
  }
}
