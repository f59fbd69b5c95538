/** E-mail: the whole pipeline beside nodemailer with the same renderer, to the same SMTP sink. */
import { fork } from "node:child_process";
import { postgres } from "@campaignkit/adapter-postgres";
import { sqlite } from "@campaignkit/adapter-sqlite";
import { email, smtp } from "@campaignkit/channel-email";
import type { SqlDriver } from "@campaignkit/core";
import { Liquid } from "liquidjs";
import { createTransport } from "nodemailer";
import { type BenchRow, paired, type Sample, timed } from "./measure.ts";
import { type BenchServer, onFreshDatabase, onFreshFile } from "./server.ts";
import { benchWorld } from "./world.ts";

const CONNECTIONS = 10;
const FROM = "hello@shop.example";
const SUBJECT = "Hello {{ contact.firstName }}";
const PARAGRAPH =
  "<p>Dear {{ contact.firstName }}, here is what is new in the shop this week, and why it may please you.</p>";
const HTML = `<html><body><h1>News</h1>${PARAGRAPH.repeat(12)}</body></html>`;
const TEXT = `Dear {{ contact.firstName }}, ${"here is what is new in the shop this week. ".repeat(12)}`;

async function withSink<Result>(work: (port: number) => Promise<Result>): Promise<Result> {
  const sink = fork(new URL("./smtp-sink.ts", import.meta.url));
  const port = await new Promise<number>((resolve) =>
    sink.once("message", (message) => resolve(Number(message))),
  );
  try {
    return await work(port);
  } finally {
    sink.disconnect();
  }
}

async function sendOurs(
  storage: SqlDriver,
  serverPid: number | null,
  port: number,
  n: number,
): Promise<Sample> {
  const channel = email({
    transport: smtp({ host: "127.0.0.1", port, pool: { connections: CONNECTIONS } }),
    from: FROM,
    concurrency: CONNECTIONS * 2,
  });
  const world = await benchWorld(storage, { mail: channel });
  const ids = await world.fanOut(await world.audience(n), "mail", {
    subject: SUBJECT,
    html: HTML,
    text: TEXT,
  });
  const sample = await timed(serverPid, () => world.drain(ids));
  await world.kit.stop();
  return sample;
}

/** Nodemailer with liquidjs, in a loop of as many as are in flight at ours. */
async function sendNodemailer(port: number, n: number): Promise<Sample> {
  const transport = createTransport({
    host: "127.0.0.1",
    port,
    secure: false,
    ignoreTLS: true,
    pool: true,
    maxConnections: CONNECTIONS,
    maxMessages: Number.POSITIVE_INFINITY,
  });
  const liquid = new Liquid();
  const [subject, html, text] = [SUBJECT, HTML, TEXT].map((template) => liquid.parse(template));
  const sample = await timed(null, async () => {
    let next = 0;
    const loop = async (): Promise<void> => {
      while (next < n) {
        const index = next++;
        const scope = { contact: { firstName: `Person ${index}` } };
        await transport.sendMail({
          from: FROM,
          to: `person-${index}@example.com`,
          subject: String(liquid.renderSync(subject ?? [], scope)),
          html: String(liquid.renderSync(html ?? [], scope)),
          text: String(liquid.renderSync(text ?? [], scope)),
        });
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS * 2 }, loop));
    return n;
  });
  transport.close();
  return sample;
}

/** `email/postgres`. */
export async function emailPostgres(
  server: BenchServer,
  name: string,
  rounds: number,
  n: number,
): Promise<BenchRow> {
  return withSink((port) =>
    paired(name, "mails/s", rounds, {
      ours: () =>
        onFreshDatabase(server, (url) => sendOurs(postgres({ connectionString: url }), server.pid, port, n)),
      peers: { "nodemailer + liquidjs": () => sendNodemailer(port, n) },
    }),
  );
}

/** `email/sqlite`. */
export async function emailSqlite(name: string, rounds: number, n: number): Promise<BenchRow> {
  return withSink((port) =>
    paired(name, "mails/s", rounds, {
      ours: () => onFreshFile((file) => sendOurs(sqlite(file), null, port, n)),
      peers: { "nodemailer + liquidjs": () => sendNodemailer(port, n) },
    }),
  );
}
