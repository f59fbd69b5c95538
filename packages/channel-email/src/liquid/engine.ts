/** The two Liquid engines: one that escapes for HTML, one for plain text. Neither can reach files, includes or prototypes. */
import { Liquid } from "liquidjs";
import { escapeHtml } from "../html/escape.ts";
import { AssignTag } from "./missing.ts";
import { linkTag, OpenTag, UnsubscribeHtmlTag, UnsubscribeTextTag } from "./tags.ts";

/** Longest template, in characters. */
const PARSE_LIMIT = 1_000_000;
/** Longest rendering of one part, in milliseconds; a usual one takes a tenth of one. */
const RENDER_LIMIT_MS = 1_000;
/** How many objects and characters one rendering may allocate. */
const MEMORY_LIMIT = 3_000_000;

/** Tags that load other templates; nothing may be loaded. */
const LOADING_TAGS = ["include", "render", "layout", "block"];

function createEngine(kind: "html" | "text"): Liquid {
  const engine = new Liquid({
    ...(kind === "html" ? { outputEscape: "escape" as const } : {}),
    // An empty map of templates takes the place of the file system.
    templates: {},
    ownPropertyOnly: true,
    strictFilters: true,
    strictVariables: true,
    lenientIf: true,
    catchAllErrors: true,
    parseLimit: PARSE_LIMIT,
    renderLimit: RENDER_LIMIT_MS,
    memoryLimit: MEMORY_LIMIT,
    // The machine's own zone and language must not show in a mail.
    timezoneOffset: 0,
    locale: "en-US",
  });
  for (const tag of LOADING_TAGS) delete engine.tags[tag];
  // The only filter of chance: every attempt of a delivery must render the same.
  engine.unregisterFilter("sample");
  const encode = kind === "html" ? escapeHtml : (text: string) => text;
  engine.registerTag("assign", AssignTag);
  engine.registerTag("campaignkit_link", linkTag(encode));
  engine.registerTag("campaignkit_unsubscribe", kind === "html" ? UnsubscribeHtmlTag : UnsubscribeTextTag);
  engine.registerTag("campaignkit_open", OpenTag);
  return engine;
}

/** Escapes what it outputs. */
export const htmlEngine: Liquid = createEngine("html");
/** Outputs as is: for the text part, the subject and link addresses. */
export const textEngine: Liquid = createEngine("text");
