/** A whole page as a response: its frame, and headers that keep it from being stored, indexed, framed or scripted. */
import { createHash } from "node:crypto";
import { COMMON_HEADERS } from "../responses.ts";
import type { CheckedBrand } from "./brand.ts";
import { type Html, type HtmlPart, html } from "./html.ts";
import type { PageLanguage } from "./settings.ts";
import { styleOf } from "./style.ts";

/** What is on a page. */
export interface PageContent {
  /** Its heading; also its title, after `notice` where there is one. */
  readonly title: string;
  /** What has just happened. */
  readonly notice?: string | null;
  readonly body: HtmlPart;
}

/** What a page is shown with. */
export interface PageFrame {
  readonly language: PageLanguage;
  readonly brand: CheckedBrand | null;
  readonly status: number;
  /** Whether the body is left out (HEAD). */
  readonly bodiless: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

function policy(style: string, brand: CheckedBrand | null): string {
  const hash = createHash("sha256").update(style).digest("base64");
  const images = brand?.logo ? [`img-src ${brand.logo.origin}`] : [];
  return [
    "default-src 'none'",
    `style-src 'sha256-${hash}'`,
    ...images,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

function brandOf(brand: CheckedBrand | null): Html | null {
  if (brand === null) return null;
  const shown =
    brand.logo === null
      ? html`${brand.name}`
      : html`<img src="${brand.logo.href}" alt="${brand.name}" referrerpolicy="no-referrer">`;
  return html`<header><p class="brand">${shown}</p></header>`;
}

/** The page. */
export function documentOf({ title, notice = null, body }: PageContent, frame: PageFrame): Response {
  const { language, brand, status, bodiless, headers = {} } = frame;
  const style = styleOf(brand);
  const titles = [notice, title, brand?.name ?? null].filter((part) => part !== null).join(" – ");
  const page = html`<!doctype html>
<html lang="${language.lang}"${language.dir === "rtl" && html` dir="rtl"`}>
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="robots" content="noindex, nofollow"><title>${titles}</title>`;
  const rest = html`</head>
<body>${brandOf(brand)}<main><h1>${title}</h1>${notice !== null && html`<p class="notice" role="status">${notice}</p>`}${body}</main></body>
</html>
`;
  // The sheet stands as it was hashed: nothing of it comes from outside but checked colours.
  return new Response(bodiless ? null : `${page}<style>${style}</style>${rest}`, {
    status,
    headers: {
      ...COMMON_HEADERS,
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy(style, brand),
      "x-frame-options": "DENY",
      vary: "accept-language",
      "content-language": language.lang,
      ...headers,
    },
  });
}
