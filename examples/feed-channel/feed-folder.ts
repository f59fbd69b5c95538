/**
 * The far side: a folder that any web server can serve. `entries/<name>.atom` are the entries, each written once and never changed;
 * `feed.xml` is made of the newest.
 */

import { mkdir, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { Logger } from "@campaignkit/core";
import { type FeedHead, feedDocument, readEntry, type StoredEntry } from "./atom.ts";
import { createFile, errorCode, replaceFile } from "./atomic-file.ts";

const SUFFIX = ".atom";

/** A feed on disk. Several processes may write to the same one. */
export class FeedFolder {
  readonly #entries: string;
  readonly #feed: string;
  readonly #head: FeedHead;
  readonly #maxEntries: number;
  /** Entries never change, so each is read once. `null`: a file that is no entry. */
  readonly #known = new Map<string, StoredEntry | null>();

  constructor(parts: { readonly folder: string; readonly head: FeedHead; readonly maxEntries: number }) {
    this.#entries = path.join(parts.folder, "entries");
    this.#feed = path.join(parts.folder, "feed.xml");
    this.#head = parts.head;
    this.#maxEntries = parts.maxEntries;
  }

  /** Makes the folder of entries. The feed's own folder must exist: a missing one is a mistake, or a disk that is not mounted. */
  async open(): Promise<void> {
    try {
      await mkdir(this.#entries);
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
    }
  }

  /** Whether there is an entry of that name. */
  async has(name: string): Promise<boolean> {
    return (await this.#names()).includes(`${name}${SUFFIX}`);
  }

  /** Writes the entry, unless one of that name is there: then it stays as it is. */
  async add(name: string, xml: string): Promise<void> {
    await createFile(path.join(this.#entries, `${name}${SUFFIX}`), xml);
  }

  /**
   * Brings `feed.xml` up to date.
   *
   * Looks again after each write: of several processes at this, the one that writes last has then seen every entry there is.
   */
  async publish(logger: Logger): Promise<void> {
    for (let written: string | null = null; ; ) {
      const names = await this.#names();
      const seen = names.join("/");
      if (seen === written) return;
      const feed = feedDocument(this.#head, await this.#newest(names, logger));
      if (feed !== (await this.#current())) await replaceFile(this.#feed, feed);
      written = seen;
    }
  }

  async #names(): Promise<readonly string[]> {
    return (await readdir(this.#entries))
      .filter((name) => name.endsWith(SUFFIX) && !name.startsWith("."))
      .toSorted();
  }

  async #newest(names: readonly string[], logger: Logger): Promise<readonly StoredEntry[]> {
    const entries: StoredEntry[] = [];
    for (const name of names) {
      const entry = await this.#read(name, logger);
      if (entry !== null) entries.push(entry);
    }
    // Names are in order, and sorting is stable: entries of the same instant keep one order in every process.
    return entries.toSorted((a, b) => b.publishedAt - a.publishedAt).slice(0, this.#maxEntries);
  }

  async #read(name: string, logger: Logger): Promise<StoredEntry | null> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const entry = readEntry(await readFile(path.join(this.#entries, name), "utf8"));
    if (entry === null)
      logger.warn("A file among the entries is no Atom entry; the feed leaves it out.", { name });
    this.#known.set(name, entry);
    return entry;
  }

  async #current(): Promise<string | null> {
    try {
      return await readFile(this.#feed, "utf8");
    } catch (error) {
      if (errorCode(error) === "ENOENT") return null;
      throw error;
    }
  }
}
