/**
 * The folder of a run: its database, its contact file, the delivered mail, and a note of how far it is.
 *
 * Runs with other settings have other folders, so an interrupted one waits until it is asked for again. A finished one is replaced.
 */
import { createHash } from "node:crypto";
import { mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Options } from "./arguments.ts";

/** What is kept about a run. */
export interface RunNote {
  /** The workspace in the database; every run has its own. */
  readonly workspaceId: string;
  readonly startedAt: string;
  /** How often it was begun; more than once if it was interrupted. */
  readonly attempts: number;
  readonly finished: boolean;
}

/** The folder of one run. */
export class RunFolder {
  readonly path: string;
  readonly #note: string;
  readonly #lock: string;

  constructor(options: Options) {
    this.path = path.join(options.folder, folderName(options));
    this.#note = path.join(this.path, "run.json");
    this.#lock = `${this.path}.lock`;
  }

  /** A file or folder in it. */
  file(name: string): string {
    return path.join(this.path, name);
  }

  /**
   * Takes the folder for this process: an interrupted run goes on, otherwise a new one begins. @throws {Error} when another process has it
   */
  async begin(settings: {
    readonly fresh: boolean;
    readonly newId: () => string;
    readonly now: Date;
  }): Promise<RunNote> {
    await mkdir(path.dirname(this.path), { recursive: true });
    await this.#takeLock();
    const known = settings.fresh ? null : await this.#read();
    if (known === null || known.finished) await rm(this.path, { recursive: true, force: true });
    await mkdir(this.path, { recursive: true });
    const note: RunNote =
      known === null || known.finished
        ? {
            workspaceId: `quickstart-${settings.newId()}`,
            startedAt: settings.now.toISOString(),
            attempts: 1,
            finished: false,
          }
        : { ...known, attempts: known.attempts + 1 };
    await this.#write(note);
    return note;
  }

  /** Notes that the run is finished: the next one begins anew. */
  async finish(note: RunNote): Promise<void> {
    await this.#write({ ...note, finished: true });
  }

  /** Gives the folder free. */
  async release(): Promise<void> {
    await rm(this.#lock, { force: true });
  }

  async #read(): Promise<RunNote | null> {
    try {
      return JSON.parse(await readFile(this.#note, "utf8")) as RunNote;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  }

  /** Whole or not at all, whenever the process dies. */
  async #write(note: RunNote): Promise<void> {
    const draft = `${this.#note}.new`;
    await writeFile(draft, JSON.stringify(note, null, 2));
    await rename(draft, this.#note);
  }

  async #takeLock(): Promise<void> {
    for (;;) {
      try {
        const file = await open(this.#lock, "wx");
        await file.writeFile(String(process.pid));
        await file.close();
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const owner = Number(await readFile(this.#lock, "utf8"));
      if (isAlive(owner))
        throw new Error(
          `A run with these settings is under way in process ${owner}. Wait for it, or stop it.`,
        );
      await rm(this.#lock, { force: true });
    }
  }
}

/** Whether there is such a process. An owner that was killed left its number behind. */
function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Settings that make another run have another name. */
function folderName({ contacts, size, seed, postgres }: Options): string {
  const settings = {
    contacts: contacts && { ...contacts, path: path.resolve(contacts.path) },
    size,
    seed,
    postgres,
  };
  const hash = createHash("sha256").update(JSON.stringify(settings)).digest("hex").slice(0, 8);
  const subject = contacts === null ? "sample" : path.parse(contacts.path).name.replaceAll(/[^\w-]+/g, "-");
  return `${subject}-${postgres === null ? "sqlite" : "postgres"}-${hash}`;
}
