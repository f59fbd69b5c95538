/** Starts the mail server in a process of its own. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { Reception } from "./reception.ts";
import type { ServerOrder, ServerReport } from "./server.ts";

/** A running mail server. */
export interface MailServer {
  readonly port: number;
  /** From now on only that share of the messages is kept to be read, 0 to 1. */
  keep(share: number): Promise<void>;
  /** The most memory that its process has had, in bytes. */
  peakBytes(): Promise<number>;
  stop(): Promise<void>;
}

/** Asks the server, one thing at a time. @throws {Error} when its process ends before it answers */
async function ask(child: ChildProcess, order: ServerOrder): Promise<ServerReport> {
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    const answer = once(child, "message", { signal }).then(([report]) => report as ServerReport);
    const end = once(child, "exit", { signal }).then(([code]): never => {
      throw new Error(`The mail server ended with code ${code}; what it printed above says why.`);
    });
    child.send(order);
    return await Promise.race([answer, end]);
  } finally {
    waiting.abort();
  }
}

/** Starts the server. Resolves once it takes connections. */
export async function startMailServer(folder: string, reception: Reception): Promise<MailServer> {
  const child = fork(path.join(import.meta.dirname, "server.ts"), [], { execArgv: [] });
  const { port } = await ask(child, { order: "open", folder, reception });
  return {
    port,
    async keep(share) {
      await ask(child, { order: "keep", share });
    },
    async peakBytes() {
      return (await ask(child, { order: "report" })).peakBytes;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}
