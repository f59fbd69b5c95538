/** A delivered message as a mail client sees it. */
import { Parser } from "htmlparser2";
import { simpleParser } from "mailparser";

/** What of a message matters to the person, and to the client's buttons. */
export interface ReceivedMessage {
  readonly address: string;
  readonly subject: string;
  /** The images that opening loads. */
  readonly images: readonly string[];
  /** The links in the body, apart from unsubscribing. */
  readonly links: readonly string[];
  /** Links that no person sees. */
  readonly hiddenLinks: readonly string[];
  /** Where one click unsubscribes (RFC 8058); `null` where the message offers none. */
  readonly oneClick: string | null;
}

/** What a client may show without asking the server: nothing is derived from the HTML. */
const PARSING = { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true, skipTextLinks: true };

/** The address of one-click unsubscription: both headers must be there, and one URI must be web. */
function oneClickOf(headers: ReadonlyMap<string, string>): string | null {
  const post = headers.get("list-unsubscribe-post")?.replaceAll(/\s/g, "");
  if (post?.toLowerCase() !== "list-unsubscribe=one-click") return null;
  const uris = [...(headers.get("list-unsubscribe") ?? "").matchAll(/<\s*([^>]*?)\s*>/g)].map(
    ([, uri = ""]) => uri,
  );
  return uris.find((uri) => /^https?:/i.test(uri)) ?? null;
}

const isWeb = (address: string | undefined): address is string => /^https?:/i.test(address ?? "");

/** What the body loads and where it leads. */
function addressesOf(html: string): {
  readonly images: readonly string[];
  readonly links: readonly string[];
  readonly hiddenLinks: readonly string[];
} {
  const images: string[] = [];
  const links: string[] = [];
  const hiddenLinks: string[] = [];
  const parser = new Parser({
    onopentag(name, { src, href, "aria-hidden": hidden }) {
      if (name === "img" && isWeb(src)) images.push(src);
      if (name === "a" && isWeb(href)) (hidden === "true" ? hiddenLinks : links).push(href);
    },
  });
  parser.end(html);
  return { images, links, hiddenLinks };
}

/** Reads a message. */
export async function readMessage(raw: Buffer): Promise<ReceivedMessage> {
  const mail = await simpleParser(raw, PARSING);
  const headers = new Map(
    mail.headerLines.map(({ key, line }) => [
      key,
      line.slice(line.indexOf(":") + 1).replaceAll(/\r?\n[ \t]/g, " "),
    ]),
  );
  const oneClick = oneClickOf(headers);
  const { images, links, hiddenLinks } = addressesOf(mail.html || "");
  const to = Array.isArray(mail.to) ? mail.to[0] : mail.to;
  return {
    address: to?.value[0]?.address ?? "",
    subject: mail.subject ?? "",
    images,
    links: links.filter((address) => address !== oneClick),
    hiddenLinks,
    oneClick,
  };
}
