/** LISTEN on one connection of its own, kept up for as long as somebody listens. */
import { StorageError } from "@campaignkit/core";
import type { NotifyingClient } from "./client.ts";
import { classify } from "./failures.ts";
import { TurnQueue } from "./turns.ts";

/** A connected client that nobody else uses. */
export interface ListeningConnection {
  readonly client: NotifyingClient;
  /** Ends it for good. */
  close(): Promise<void>;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;

/** Topics are identifiers, which the server would cut at 63 bytes. @throws {STORAGE_FAILED} of kind `invalid`. */
export function checkTopic(topic: string): void {
  if (topic !== "" && !topic.includes("\0") && Buffer.byteLength(topic) <= 63) return;
  throw new StorageError(
    "invalid",
    `PostgreSQL: a topic has 1 to 63 bytes; "${topic.slice(0, 80)}" has ${Buffer.byteLength(topic)}.`,
  );
}

/** All topics of one driver, over one connection. */
export class Listener {
  readonly #open: () => Promise<ListeningConnection>;
  readonly #report: (error: Error) => void;
  readonly #topics = new Map<string, Set<() => void>>();
  /** Connecting, LISTEN and UNLISTEN one at a time. */
  readonly #turns = new TurnQueue();
  #connection: ListeningConnection | undefined;
  #retry: NodeJS.Timeout | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #closed = false;
  /** Whether a connection was lost, and with it perhaps notifications, since the last time all listened. */
  #missed = false;

  constructor(open: () => Promise<ListeningConnection>, report: (error: Error) => void) {
    this.#open = open;
    this.#report = report;
  }

  /** Resolves once the server knows; `stop` is idempotent. */
  async listen(topic: string, handler: () => void): Promise<() => Promise<void>> {
    checkTopic(topic);
    // The same function may listen twice, so each gets an entry of its own.
    const entry = () => handler();
    await this.#turns.run(async () => {
      const handlers = this.#topics.get(topic) ?? new Set();
      this.#topics.set(topic, handlers.add(entry));
      try {
        if (this.#connection === undefined) await this.#connect();
        else if (handlers.size === 1) await this.#say("LISTEN", topic);
      } catch (error) {
        handlers.delete(entry);
        if (handlers.size === 0) this.#topics.delete(topic);
        throw classify(error, `LISTEN ${topic}`);
      }
    });
    return () => this.#stop(topic, entry);
  }

  /** Stops everything. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#turns.run(async () => {
      this.#topics.clear();
      await this.#disconnect();
    });
  }

  async #stop(topic: string, entry: () => void): Promise<void> {
    // At once, so that no notification on its way reaches a handler that has been stopped.
    const handlers = this.#topics.get(topic);
    if (!handlers?.delete(entry) || handlers.size > 0) return;
    this.#topics.delete(topic);
    await this.#turns.run(async () => {
      if (this.#topics.size === 0) await this.#disconnect();
      // The topic may have been taken up again in the meantime. A connection that breaks here forgets the topic by itself.
      else if (!this.#topics.has(topic)) {
        await this.#say("UNLISTEN", topic).catch((error: unknown) => this.#tell(error, `UNLISTEN ${topic}`));
      }
    });
  }

  async #say(command: "LISTEN" | "UNLISTEN", topic: string): Promise<void> {
    const client = this.#connection?.client;
    await client?.query({ text: `${command} ${client.escapeIdentifier(topic)}` });
  }

  async #connect(): Promise<void> {
    const connection = await this.#open();
    const lost = (error?: Error) => this.#lost(connection, error);
    connection.client.on("error", lost);
    connection.client.on("end", lost);
    connection.client.on("notification", ({ channel }) => this.#call(this.#topics.get(channel)));
    this.#connection = connection;
    try {
      for (const topic of this.#topics.keys()) await this.#say("LISTEN", topic);
    } catch (error) {
      await this.#disconnect();
      throw error;
    }
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#pauseMs = FIRST_PAUSE_MS;
    if (!this.#missed) return;
    this.#missed = false;
    // Whatever was notified since the connection was lost never comes, so everybody looks for work once.
    for (const handlers of this.#topics.values()) this.#call(handlers);
  }

  async #disconnect(): Promise<void> {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close();
  }

  #lost(connection: ListeningConnection, error: Error | undefined): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#missed = true;
    this.#tell(error ?? new Error("the listening connection ended"), "listening");
    connection.close().catch((late: unknown) => this.#tell(late, "ending the listening connection"));
    this.#reconnectLater();
  }

  #reconnectLater(): void {
    if (this.#closed || this.#topics.size === 0) return;
    this.#retry = setTimeout(() => void this.#reconnect(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }

  #reconnect(): Promise<void> {
    return this.#turns.run(async () => {
      if (this.#closed || this.#connection !== undefined || this.#topics.size === 0) return;
      try {
        await this.#connect();
      } catch (error) {
        this.#tell(error, "listening again");
        this.#reconnectLater();
      }
    });
  }

  #tell(error: unknown, doing: string): void {
    this.#report(classify(error, doing));
  }

  #call(handlers: ReadonlySet<() => void> | undefined): void {
    for (const handler of handlers ?? []) {
      try {
        handler();
      } catch (error) {
        this.#report(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }
}
