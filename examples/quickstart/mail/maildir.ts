/**
 * Delivered mail as files, after the manner of a Maildir: a message is written to `tmp`, then appears whole in `new`; whoever reads it moves
 * it to `cur`. `accepted.tsv` notes every message that was accepted, kept or not.
 */
import { createReadStream } from "node:fs";
import {
  appendFile,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";

/** Mail in a folder. */
export class Maildir {
  readonly #folder: string;
  readonly #log: string;
  /** The log, kept open by whoever writes it. */
  #notes: Promise<FileHandle> | null = null;

  constructor(folder: string) {
    this.#folder = folder;
    this.#log = path.join(folder, "accepted.tsv");
  }

  /** Makes the folders that are missing. */
  async open(): Promise<void> {
    for (const name of ["tmp", "new", "cur"]) await mkdir(path.join(this.#folder, name), { recursive: true });
    await appendFile(this.#log, "");
  }

  /** Keeps a message. It is whole in `new` when the promise resolves. */
  async deliver(name: string, message: Buffer): Promise<void> {
    const draft = path.join(this.#folder, "tmp", name);
    await writeFile(draft, message);
    await rename(draft, path.join(this.#folder, "new", name));
  }

  /** Notes that a message to the address was accepted. */
  async note(address: string, name: string): Promise<void> {
    this.#notes ??= open(this.#log, "a");
    await (await this.#notes).write(`${address}\t${name}\n`);
  }

  /** Closes the log, where it was written. */
  async close(): Promise<void> {
    await (await this.#notes)?.close();
    this.#notes = null;
  }

  /** The names of the messages that nobody has read yet, in order. */
  async unread(): Promise<readonly string[]> {
    return (await readdir(path.join(this.#folder, "new"))).sort();
  }

  /** How many messages were read. */
  async readCount(): Promise<number> {
    return (await readdir(path.join(this.#folder, "cur"))).length;
  }

  /** Marks an unread message as read and returns it. Of two readers, and of two runs, one gets it. */
  async take(name: string): Promise<Buffer> {
    const file = path.join(this.#folder, "cur", `${name},S`);
    await rename(path.join(this.#folder, "new", name), file);
    return readFile(file);
  }

  /** Who got how much mail, of all that was accepted. */
  async accepted(): Promise<AcceptedMail> {
    const seen = new Set<string>();
    const again = new Set<string>();
    let messages = 0;
    for await (const line of createInterface({ input: createReadStream(this.#log) })) {
      const [address = ""] = line.split("\t");
      messages += 1;
      if (seen.has(address)) again.add(address);
      else seen.add(address);
    }
    return { messages, moreThanOnce: again.size };
  }
}

/** What the server accepted. */
export interface AcceptedMail {
  readonly messages: number;
  /** Addresses that got more than one message. */
  readonly moreThanOnce: number;
}
