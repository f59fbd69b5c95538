/** The engine's log, in a file: what goes on beneath the story, for whoever wants to know. */
import { closeSync, openSync, writeSync } from "node:fs";
import type { LogFields, Logger } from "@campaignkit/core";

/** Writes a line of JSON for each message. Each is on its way to the disk when the call returns, so a crash loses none. */
export class FileLogger implements Logger {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, "a");
  }

  debug(): void {
    // Too much to be kept.
  }

  info(message: string, fields?: LogFields): void {
    this.#write("info", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#write("warn", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#write("error", message, fields);
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(level: string, message: string, fields: LogFields = {}): void {
    writeSync(this.#file, `${JSON.stringify({ at: new Date(), level, message, ...fields })}\n`);
  }
}
