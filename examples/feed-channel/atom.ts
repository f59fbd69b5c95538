/** Atom 1.0 documents (RFC 4287): one per entry, and the feed that gathers them. Pure. */
import { create } from "xmlbuilder2";
import type { XMLBuilder } from "xmlbuilder2/lib/interfaces.js";

const ATOM = "http://www.w3.org/2005/Atom";
const PROLOG = { version: "1.0", encoding: "utf-8" };

/** One entry, as it goes out. */
export interface Entry {
  /** An IRI that never changes. */
  readonly id: string;
  /** Where the entry's own document is served. */
  readonly url: string;
  readonly author: string;
  readonly title: string;
  readonly text: string;
  readonly link: string | null;
  readonly tags: readonly string[];
  readonly publishedAt: Date;
}

/** What a feed says of itself. */
export interface FeedHead {
  /** Where the feed is served; its id as well. */
  readonly url: string;
  readonly title: string;
  readonly author: string;
}

function print(document: XMLBuilder): string {
  return `${document.end({ prettyPrint: true, wellFormed: true })}\n`;
}

/** The entry as a document of its own (section 2), with all that an entry outside a feed must have. */
export function entryDocument(entry: Entry): string {
  const instant = entry.publishedAt.toISOString();
  const root = create(PROLOG).ele(ATOM, "entry");
  root.ele("id").txt(entry.id);
  root.ele("title", { type: "text" }).txt(entry.title);
  root.ele("author").ele("name").txt(entry.author);
  root.ele("published").txt(instant);
  root.ele("updated").txt(instant);
  root.ele("link", { rel: "self", type: "application/atom+xml;type=entry", href: entry.url });
  if (entry.link !== null) root.ele("link", { rel: "alternate", href: entry.link });
  for (const term of entry.tags) root.ele("category", { term });
  root.ele("content", { type: "text" }).txt(entry.text);
  return print(root);
}

/** An entry document read back, to be put into a feed. */
export interface StoredEntry {
  readonly node: XMLBuilder;
  /** In epoch milliseconds. */
  readonly publishedAt: number;
}

/** Reads an entry document; `null` when it is none. */
export function readEntry(xml: string): StoredEntry | null {
  const node = create(xml).root();
  if (node.node.nodeName !== "entry") return null;
  const published = node.find((child) => child.node.nodeName === "published")?.node.textContent ?? "";
  const publishedAt = Date.parse(published);
  return Number.isNaN(publishedAt) ? null : { node, publishedAt };
}

/** The feed: its newest entries, newest first. The same entries always make the same text. */
export function feedDocument(head: FeedHead, entries: readonly StoredEntry[]): string {
  const newest = entries[0]?.publishedAt ?? 0;
  const root = create(PROLOG).ele(ATOM, "feed");
  root.ele("id").txt(head.url);
  root.ele("title", { type: "text" }).txt(head.title);
  root.ele("author").ele("name").txt(head.author);
  root.ele("updated").txt(new Date(newest).toISOString());
  root.ele("link", { rel: "self", type: "application/atom+xml", href: head.url });
  for (const { node } of entries) root.import(node);
  return print(root);
}
