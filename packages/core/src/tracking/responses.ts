/** The answers of the tracking handler: redirect, pixel, pages. Nothing is cached, nothing is scripted, nothing is framed. */
import { createHash } from "node:crypto";
import { type PageTexts, textsFor } from "./page-texts.ts";

const STYLE =
  "body{font:1.125rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1.5rem;color:#1a1a1a;background:#fff}" +
  "h1{font-size:1.5rem}button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:.3rem;background:#1a4fa3;color:#fff;cursor:pointer}" +
  "button:focus-visible{outline:3px solid #f5a623;outline-offset:2px}";
const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");

const COMMON = {
  "cache-control": "no-store, private",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-robots-tag": "noindex, nofollow",
} as const;

const PAGE = {
  ...COMMON,
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  "x-frame-options": "DENY",
  vary: "accept-language",
} as const;

/** A transparent GIF of one pixel. */
const PIXEL = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");

/** The name and value that RFC 8058 prescribes; our own form sends the same. */
export const ONE_CLICK = { name: "List-Unsubscribe", value: "One-Click" } as const;

/** To the target. It must be in normal form (`destinationOf`). */
export function redirect(destination: string): Response {
  return new Response(null, { status: 302, headers: { ...COMMON, location: destination } });
}

/** The open pixel. */
export function pixel(): Response {
  return new Response(PIXEL, {
    headers: { ...COMMON, "content-type": "image/gif", "content-length": String(PIXEL.length) },
  });
}

/** The pages there are. */
export type PageName = "unsubscribe" | "done" | "invalid" | "failed";

const FORM = (button: string): string =>
  `<form method="post"><input type="hidden" name="${ONE_CLICK.name}" value="${ONE_CLICK.value}"><button type="submit">${button}</button></form>`;

/** What each page says. The texts are ours; nothing from outside ever enters a page. */
const CONTENT: Readonly<
  Record<PageName, (texts: PageTexts) => { title: string; text: string; form?: string }>
> = {
  unsubscribe: (texts) => ({
    title: texts.unsubscribeTitle,
    text: texts.unsubscribeQuestion,
    form: FORM(texts.unsubscribeButton),
  }),
  done: (texts) => ({ title: texts.doneTitle, text: texts.doneText }),
  invalid: (texts) => ({ title: texts.invalidTitle, text: texts.invalidText }),
  failed: (texts) => ({ title: texts.failedTitle, text: texts.failedText }),
};

/** A page in the recipient's language. */
export function page(
  request: Request,
  name: PageName,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const { lang, texts } = textsFor(request.headers.get("accept-language"));
  const { title, text, form = "" } = CONTENT[name](texts);
  const html = `<!doctype html>
<html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><style>${STYLE}</style></head>
<body><main><h1>${title}</h1><p>${text}</p>${form}</main></body></html>
`;
  const body = request.method === "HEAD" ? null : html;
  return new Response(body, { status, headers: { ...PAGE, "content-language": lang, ...headers } });
}

/** For a method that the address does not know. */
export function methodNotAllowed(request: Request, allowed: readonly string[]): Response {
  return page(request, "invalid", 405, { allow: allowed.join(", ") });
}
