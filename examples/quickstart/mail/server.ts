/**
 * The mail server: a process of its own, started by `startMailServer`. It speaks SMTP on a free port of this machine, keeps what it accepts
 * as files, refuses mailboxes that it does not know, and makes some senders try again.
 *
 * A message is on disk before it is accepted. The process ends with the one that started it, however that ends.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import { Maildir } from "./maildir.ts";
import { answerTo, isKept, type Reception } from "./reception.ts";

/** What the parent asks of the server; it answers each with a report. */
export type ServerOrder =
  | { readonly order: "open"; readonly folder: string; readonly reception: Reception }
  | { readonly order: "keep"; readonly share: number }
  | { readonly order: "report" };

/** What the server answers. */
export interface ServerReport {
  readonly port: number;
  /** The most memory that it has had. */
  readonly peakBytes: number;
}

const REFUSALS = {
  unknown: { code: 550, text: "5.1.1 No such mailbox here" },
  wait: { code: 451, text: "4.7.1 Greylisted, try again in 1 second" },
} as const;

async function receive(
  mail: Maildir,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const message = Buffer.concat(chunks);
  for (const { address } of session.envelope.rcptTo) {
    const name = createHash("sha256")
      .update(`${session.id}\n${address}\n`)
      .update(message)
      .digest("hex")
      .slice(0, 32);
    if (isKept(address, keptShare)) await mail.deliver(name, message);
    await mail.note(address, name);
  }
}

async function listen(mail: Maildir, reception: Reception): Promise<number> {
  const waited = new Set<string>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["AUTH", "STARTTLS"],
    disableReverseLookup: true,
    logger: false,
    onRcptTo({ address }, _session, answer) {
      const verdict = answerTo(address, reception, waited);
      if (verdict === "accept") return answer();
      const { code, text } = REFUSALS[verdict];
      answer(Object.assign(new Error(text), { responseCode: code }));
    },
    onData(stream, session, answer) {
      receive(mail, stream, session).then(
        () => answer(null, "2.0.0 Kept"),
        (error: unknown) => answer(error instanceof Error ? error : new Error(String(error))),
      );
    },
  });
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  // Clients that break off are none of the server's business.
  server.on("error", () => undefined);
  return (server.server.address() as AddressInfo).port;
}

let keptShare = 1;
let port = 0;

async function obey(order: ServerOrder): Promise<ServerReport> {
  if (order.order === "open") {
    const mail = new Maildir(order.folder);
    await mail.open();
    port = await listen(mail, order.reception);
  }
  if (order.order === "keep") keptShare = order.share;
  return { port, peakBytes: process.resourceUsage().maxRSS * 1_024 };
}

// Ctrl-C reaches the whole process group; the server stays until the engine has finished what it was handing over.
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit());
process.on("message", (order: ServerOrder) => {
  void obey(order).then((report) => process.send?.(report));
});
