/** The e-mail channel against the promises of the channel port, over a real SMTP server with TLS and login, behind a line that can be cut. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import {
  type ChannelFault,
  type ChannelSubject,
  channelConformance,
  registerCases,
} from "@campaignkit/testing";
import { describe, it } from "vitest";
import { CERTIFICATE, CERTIFICATE_KEY } from "../test/certificate.ts";
import { startSink } from "../test/smtp-sink.ts";
import { email, smtp } from "./index.ts";

const PASSWORD = "s3cret pass";

/** A line to that port which can be cut, and taken down. */
async function startLine(port: number) {
  const sockets = new Set<Socket>();
  const line = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("close", () => to.destroy());
      // Cutting it is what it is for.
      from.on("error", () => undefined);
      from.pipe(to);
    }
  });
  line.listen(0, "127.0.0.1");
  await once(line, "listening");
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    port: (line.address() as AddressInfo).port,
    cut,
    async down() {
      const closed = line.listening ? once(line, "close") : undefined;
      line.close();
      cut();
      await closed;
    },
  };
}

/** A far side that takes mail, and does to the next message what it is told. */
async function startFarSide() {
  let fault: ChannelFault | null = null;
  let accepted = 0;
  const take = (): ChannelFault | null => {
    const next = fault;
    fault = null;
    return next;
  };
  const sink = await startSink({
    cert: CERTIFICATE,
    key: CERTIFICATE_KEY,
    onAuth: (auth, _session, callback) =>
      auth.password === PASSWORD ? callback(null, { user: "mailer" }) : callback(new Error("Invalid login")),
    onRcptTo(_address, _session, callback) {
      if (fault !== "refuse") return callback();
      take();
      callback(Object.assign(new Error("5.1.1 no such user"), { responseCode: 550 }));
    },
    onData(stream, _session, callback) {
      const now = take();
      if (now === "die-before-accepting") return line.cut();
      stream.resume();
      stream.on("end", () => {
        if (now === "hang") return;
        accepted += 1;
        if (now === "die-after-accepting") line.cut();
        else callback(null, `2.0.0 queued as ${accepted}`);
      });
    },
  });
  const line = await startLine(sink.port);
  return {
    port: line.port,
    accepted: () => accepted,
    async arrange(next: ChannelFault) {
      if (next === "unreachable") await line.down();
      else fault = next;
    },
    async dispose() {
      await line.down();
      await sink[Symbol.asyncDispose]();
    },
  };
}

const subject: ChannelSubject = {
  name: "e-mail over SMTP",
  async open() {
    const { port, ...farSide } = await startFarSide();
    const transport = smtp({
      host: "127.0.0.1",
      port,
      auth: { user: "mailer", pass: PASSWORD },
      tls: { ca: CERTIFICATE, servername: "localhost" },
    });
    return { channel: email({ transport, from: "The Shop <hello@shop.example>" }), ...farSide };
  },
  content: {
    valid: [
      { subject: "Spring", html: "<p>Spring is here.</p>" },
      { subject: "Hello {{ firstName | default: 'friend' }}", text: "Only text." },
      {
        subject: "Spring",
        mjml: "<mjml><mj-body><mj-section><mj-column><mj-text>Hi</mj-text></mj-column></mj-section></mj-body></mjml>",
      },
    ],
    invalid: [
      { value: { html: "<p>No subject</p>" }, path: ["subject"] },
      { value: { subject: "Hi", html: "<p>Hi</p>", color: "red" }, path: [] },
      { value: { subject: 7, html: "<p>Hi</p>" }, path: ["subject"] },
    ],
  },
  config: { invalid: [{ value: { from: "nobody" }, path: ["from"] }] },
  linked: {
    content: {
      subject: "Spring",
      html: '<p><a href="https://shop.example/spring">Spring</a> and <a href="https://shop.example/sale">sale</a></p>',
    },
    links: ["https://shop.example/spring", "https://shop.example/sale"],
  },
  missing: {
    content: { subject: "Hello {{ firstName }}", html: "<p>Dear {{ lastName }}</p>" },
    fields: ["firstName", "lastName"],
    policy: "skip",
  },
  faults: ["refuse", "unreachable", "die-before-accepting", "die-after-accepting", "hang"],
  refusals: ["rejected-recipient"],
  secrets: [PASSWORD, Buffer.from(`\0mailer\0${PASSWORD}`).toString("base64")],
};

const cases = await channelConformance(subject);
describe("CHN-1, CHN-2: the e-mail channel", () => registerCases(it, cases));
