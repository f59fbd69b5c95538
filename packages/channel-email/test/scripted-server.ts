/** A raw SMTP server that answers by script and breaks the connection where it is told to. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** Where the server hangs up, or falls silent. `body` is after some of the message, `dot` after all of it. */
export type BreakingPoint = "connect" | "ehlo" | "mail" | "rcpt" | "data" | "body" | "dot";

/** What the server says and does. Replies may have several lines. */
export interface Script {
  readonly greeting?: string;
  readonly ehlo?: string;
  readonly auth?: string;
  readonly mail?: string;
  readonly rcpt?: string;
  readonly data?: string;
  /** The reply to the message. */
  readonly message?: string;
  /** A reply sent while the message is still coming in. */
  readonly early?: string;
  readonly hangUpAt?: BreakingPoint | undefined;
  readonly silentAt?: BreakingPoint | undefined;
  /** How much of the message is read before `body` is reached; 1 byte by default. */
  readonly bodyBytes?: number;
}

/** The server. */
export interface ScriptedServer extends AsyncDisposable {
  readonly port: number;
  /** How often each step was reached, over all connections. */
  readonly reached: ReadonlyMap<BreakingPoint, number>;
  /** Which commands came, as sent. */
  readonly commands: readonly string[];
  /** Lets the test wait for a step. */
  until(step: BreakingPoint): Promise<void>;
}

/** Starts one on a free port. `script` may differ by connection, counted from 0. */
export async function startScripted(
  script: Script | ((connection: number) => Script),
): Promise<ScriptedServer> {
  const reached = new Map<BreakingPoint, number>();
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  const waiting: { readonly step: BreakingPoint; readonly resolve: () => void }[] = [];
  let connections = 0;
  const reach = (step: BreakingPoint) => {
    reached.set(step, (reached.get(step) ?? 0) + 1);
    for (const { resolve } of waiting.filter((each) => each.step === step)) resolve();
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // Clients break off too.
    socket.on("error", () => undefined);
    converse(socket, typeof script === "function" ? script(connections++) : script, { reach, commands });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    reached,
    commands,
    until: async (step) => {
      if (reached.has(step)) return;
      await new Promise<void>((resolve) => waiting.push({ step, resolve }));
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Notes {
  reach(step: BreakingPoint): void;
  readonly commands: string[];
}

const CAPABILITIES = "250-scripted\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME";
const STEPS: readonly (readonly [RegExp, BreakingPoint])[] = [
  [/^(?:EHLO|HELO)/i, "ehlo"],
  [/^MAIL/i, "mail"],
  [/^RCPT/i, "rcpt"],
  [/^DATA/i, "data"],
];

function converse(socket: Socket, script: Script, { reach, commands }: Notes): void {
  let receiving = false;
  let buffered = "";
  let silent = false;
  /** Whether the step may be answered. */
  const pass = (step: BreakingPoint): boolean => {
    reach(step);
    if (script.hangUpAt === step) socket.destroy();
    if (script.silentAt === step) silent = true;
    return !silent && !socket.destroyed;
  };
  const say = (reply: string) => socket.write(`${reply}\r\n`);
  const refused = [script.mail, script.rcpt].some((reply) => reply !== undefined && !reply.startsWith("2"));
  const replies: Record<string, string> = {
    ehlo: script.ehlo ?? CAPABILITIES,
    mail: script.mail ?? "250 2.1.0 ok",
    rcpt: script.rcpt ?? "250 2.1.5 ok",
    data: script.data ?? (refused ? "503 5.5.1 no valid recipient" : "354 go on"),
  };
  function command(line: string): void {
    commands.push(line);
    if (/^QUIT/i.test(line)) {
      say("221 2.0.0 bye");
      socket.end();
      return;
    }
    if (/^RSET/i.test(line)) return void say("250 2.0.0 ok");
    if (/^AUTH/i.test(line)) return void say((script.auth ?? "235 2.7.0 ok").replace("%LINE%", line));
    const step = STEPS.find(([pattern]) => pattern.test(line))?.[1];
    if (step === undefined) return void say("502 5.5.1 what?");
    if (!pass(step)) return;
    const reply = replies[step] ?? "";
    if (step === "data" && reply.startsWith("3")) receiving = true;
    say(reply);
  }
  socket.on("data", (chunk) => {
    buffered += chunk.toString("latin1");
    while (!silent && !socket.destroyed) {
      if (receiving) {
        if (
          buffered.length >= (script.bodyBytes ?? 1) &&
          (script.hangUpAt === "body" || script.silentAt === "body")
        ) {
          pass("body");
          return;
        }
        if (script.early !== undefined && buffered.length > 0) say(script.early);
        const end = buffered.indexOf("\r\n.\r\n");
        if (end === -1) return;
        buffered = buffered.slice(end + 5);
        receiving = false;
        if (!pass("dot")) return;
        if (script.early === undefined) say(script.message ?? "250 2.0.0 queued");
        continue;
      }
      const end = buffered.indexOf("\r\n");
      if (end === -1) return;
      const line = buffered.slice(0, end);
      buffered = buffered.slice(end + 2);
      command(line);
    }
  });
  if (pass("connect")) say(script.greeting ?? "220 scripted ESMTP");
}
