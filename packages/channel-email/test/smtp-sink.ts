/** A real SMTP server in this process that keeps what it gets. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

/** A message as the server got it. */
export interface SunkMessage {
  /** The bytes between DATA and the final dot. */
  readonly raw: Buffer;
  readonly from: string;
  readonly to: readonly string[];
  /** Which connection it came over, counted from 1. */
  readonly connection: number;
  readonly secure: boolean;
  readonly user: string | null;
}

/** The server. */
export interface SmtpSink extends AsyncDisposable {
  readonly port: number;
  readonly messages: readonly SunkMessage[];
  /** How many connections were opened. */
  readonly connections: number;
  /** Resolves once there has been a connection. */
  connected(): Promise<void>;
  /** The messages, once there are as many. */
  until(count: number): Promise<readonly SunkMessage[]>;
  /** The last message as a mail client reads it. */
  last(): Promise<ParsedMail>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts one on a free port. Options are those of `smtp-server`; without them it has neither TLS nor AUTH. */
export async function startSink(options: SMTPServerOptions = {}): Promise<SmtpSink> {
  const messages: SunkMessage[] = [];
  const numbers = new Map<string, number>();
  const { promise: connected, resolve: connect } = Promise.withResolvers<void>();
  const waiting = new Set<() => void>();
  const server = new SMTPServer({
    logger: false,
    disabledCommands: [
      ...(options.onAuth === undefined ? ["AUTH"] : []),
      ...(options.cert === undefined ? ["STARTTLS"] : []),
    ],
    disableReverseLookup: true,
    closeTimeout: 1_000,
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        messages.push({
          raw: Buffer.concat(chunks),
          from: mailFrom === false ? "" : (mailFrom?.address ?? ""),
          to: rcptTo.map((recipient) => recipient.address),
          connection: numbers.get(session.id) ?? 0,
          secure: session.secure,
          user: typeof session.user === "string" ? session.user : null,
        });
        callback(null, "queued");
        for (const look of waiting) look();
      });
    },
    onConnect(session, callback) {
      numbers.set(session.id, numbers.size + 1);
      connect();
      callback();
    },
    ...options,
  });
  // A client that breaks off is what some tests are about.
  server.on("error", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const { port } = server.server.address() as AddressInfo;
  return {
    port,
    messages,
    get connections() {
      return numbers.size;
    },
    connected: () => connected,
    until: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (messages.length < count) return;
          waiting.delete(look);
          resolve(messages);
        };
        waiting.add(look);
        look();
      }),
    async last() {
      const message = messages.at(-1);
      if (message === undefined) throw new Error("No message arrived.");
      return simpleParser(message.raw);
    },
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => server.close(resolve));
    },
  };
}
