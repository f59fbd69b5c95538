/** A real Postfix with a configuration of its own, for tests of what a real server sends back. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

const PROGRAM = "/usr/sbin/postfix";

/** Why there can be none here; `null` when there can. */
export function whyNoPostfix(): string | null {
  if (process.platform !== "linux") return "Postfix is only looked for on Linux";
  if (!existsSync(PROGRAM)) return "Postfix is not installed: apt-get install postfix";
  if (process.getuid?.() !== 0) return "Postfix starts as root only";
  return null;
}

/** A running one. */
export interface Postfix extends AsyncDisposable {
  readonly port: number;
}

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Each with the columns that it must have: name, type, private, wake-up, most processes, program. */
const SERVICES = [
  "pickup unix n 60 1 pickup",
  "cleanup unix n - 0 cleanup",
  "qmgr unix n 300 1 qmgr",
  "rewrite unix - - - trivial-rewrite",
  "bounce unix - - 0 bounce",
  "defer unix - - 0 bounce",
  "trace unix - - 0 bounce",
  "verify unix - - 1 verify",
  "proxymap unix - - - proxymap",
  "smtp unix - - - smtp",
  "relay unix - - - smtp",
  "showq unix n - - showq",
  "error unix - - - error",
  "retry unix - - - error",
  "anvil unix - - 1 anvil",
  "scache unix - - 1 scache",
  "postlog unix-dgram n - 1 postlogd",
] as const;

/** Starts one that hands mail for each domain to a port of this machine, and gives up after two seconds of trying. */
export async function startPostfix(routes: Readonly<Record<string, number>>): Promise<Postfix> {
  const port = await freePort();
  const folder = mkdtempSync(path.join(tmpdir(), "postfix-"));
  chmodSync(folder, 0o755);
  const [config, queue, data] = ["config", "queue", "data"].map((name) => path.join(folder, name));
  if (config === undefined || queue === undefined || data === undefined) throw new Error("no folder");
  for (const each of [config, queue, data]) mkdirSync(each);
  const user = (flag: "-u" | "-g"): number =>
    Number(execFileSync("id", [flag, "postfix"], { encoding: "utf8" }));
  chownSync(data, user("-u"), user("-g"));
  writeFileSync(
    path.join(config, "main.cf"),
    `compatibility_level = 3.6
maillog_file = /dev/stdout
queue_directory = ${queue}
data_directory = ${data}
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.relay.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_relay_restrictions = permit_mynetworks, reject
transport_maps = inline:{${Object.entries(routes)
      .map(([domain, to]) => `{ ${domain} = smtp:[127.0.0.1]:${to} }`)
      .join(", ")}}
default_transport = error:no route in this test
smtp_tls_security_level = none
smtp_dns_support_level = disabled
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
maximal_queue_lifetime = 2s
bounce_queue_lifetime = 2s
alias_maps =
alias_database =
notify_classes =
`,
  );
  writeFileSync(
    path.join(config, "master.cf"),
    [
      `127.0.0.1:${port} inet n - n - - smtpd`,
      ...SERVICES.map((service) => {
        const [name, type, own, wakeUp, most, program] = service.split(" ");
        return [name, type, own, "-", "n", wakeUp, most, program].join(" ");
      }),
      "",
    ].join("\n"),
  );
  // It opens its standard output anew, which can't be done with a socket, as a pipe of Node's is.
  const log = path.join(folder, "log");
  const output = openSync(log, "a");
  const master = spawn(PROGRAM, ["-c", config, "start-fg"], { stdio: ["ignore", output, output] });
  closeSync(output);
  await listening(port, master, log);
  return {
    port,
    async [Symbol.asyncDispose]() {
      const ended = once(master, "exit");
      execFileSync(PROGRAM, ["-c", config, "stop"], { stdio: "ignore" });
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const ATTEMPTS = 100;

/** Resolves when it answers. */
async function listening(port: number, master: ChildProcess, log: string): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (master.exitCode !== null) break;
    const socket = connect(port, "127.0.0.1");
    const answered = await Promise.race([
      once(socket, "data").then(() => true),
      once(socket, "error").then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Postfix did not start (${master.exitCode}): ${readFileSync(log, "utf8")}`);
}
