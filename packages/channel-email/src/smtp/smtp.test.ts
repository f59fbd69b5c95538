import type { SMTPServerOptions } from "smtp-server";
import { describe, expect, it } from "vitest";
import { CERTIFICATE, CERTIFICATE_KEY } from "../../test/certificate.ts";
import { deliver } from "../../test/delivery.ts";
import { startScripted } from "../../test/scripted-server.ts";
import { startSink } from "../../test/smtp-sink.ts";
import { email, type SmtpOptions, smtp } from "../index.ts";

const CONTENT = { subject: "Hi", text: "Hi" };
const TLS = { cert: CERTIFICATE, key: CERTIFICATE_KEY };
const TRUSTING = { tls: { ca: CERTIFICATE, servername: "localhost" } };
const LOGIN: SMTPServerOptions["onAuth"] = (auth, _session, callback) => {
  if (auth.username === "mailer" && auth.password === "s3cret pass") callback(null, { user: "mailer" });
  else callback(new Error("Invalid username or password"));
};

function channelOn(options: SmtpOptions) {
  return email({ transport: smtp(options), from: "hello@shop.example" });
}

describe("CHN-2: TLS", () => {
  it("is used through STARTTLS where the server offers it", async () => {
    await using sink = await startSink(TLS);
    const channel = channelOn({ host: "127.0.0.1", port: sink.port, ...TRUSTING });
    await deliver(channel, CONTENT);
    expect(sink.messages[0]?.secure).toBe(true);
    await channel.close?.();
  });

  it("is used from the first byte with secure", async () => {
    await using sink = await startSink({ ...TLS, secure: true });
    const channel = channelOn({ host: "127.0.0.1", port: sink.port, secure: true, ...TRUSTING });
    await deliver(channel, CONTENT);
    expect(sink.messages[0]?.secure).toBe(true);
    await channel.close?.();
  });

  it("that is required and not offered stops the message before it is sent", async () => {
    await using sink = await startSink();
    const channel = channelOn({ host: "127.0.0.1", port: sink.port, requireTls: true });
    await expect(deliver(channel, CONTENT)).rejects.toMatchObject({ details: { outcome: "not-sent" } });
    expect(sink.messages).toEqual([]);
    await channel.close?.();
  });

  it("is required by default where there is a password: it is never sent in clear", async () => {
    await using server = await startScripted({ ehlo: "250-scripted\r\n250 AUTH PLAIN LOGIN" });
    const channel = channelOn({
      host: "127.0.0.1",
      port: server.port,
      auth: { user: "mailer", pass: "s3cret pass" },
    });
    await expect(deliver(channel, CONTENT)).rejects.toMatchObject({ details: { outcome: "not-sent" } });
    expect(server.commands.filter((command) => command.startsWith("AUTH"))).toEqual([]);
    await channel.close?.();
  });
});

describe("CHN-2: AUTH", () => {
  const server: SMTPServerOptions = { ...TLS, onAuth: LOGIN };

  it("logs in with user and password", async () => {
    await using sink = await startSink(server);
    const auth = { user: "mailer", pass: "s3cret pass" };
    const channel = channelOn({ host: "127.0.0.1", port: sink.port, auth, ...TRUSTING });
    await deliver(channel, CONTENT);
    expect(sink.messages[0]?.user).toBe("mailer");
    await channel.close?.();
  });

  it("logs in with the user and password of a URL", async () => {
    await using sink = await startSink(server);
    const channel = channelOn({ url: `smtp://mailer:s3cret%20pass@127.0.0.1:${sink.port}`, ...TRUSTING });
    await deliver(channel, CONTENT);
    expect(sink.messages[0]?.user).toBe("mailer");
    await channel.close?.();
  });

  it("with a wrong password fails as auth", async () => {
    await using sink = await startSink(server);
    const channel = channelOn({
      host: "127.0.0.1",
      port: sink.port,
      auth: { user: "mailer", pass: "wrong" },
      ...TRUSTING,
    });
    await expect(deliver(channel, CONTENT)).rejects.toMatchObject({
      details: { kind: "auth", outcome: "not-sent" },
    });
    await channel.close?.();
  });

  it("that is missing fails as auth", async () => {
    await using sink = await startSink(server);
    const channel = channelOn({ host: "127.0.0.1", port: sink.port, ...TRUSTING });
    await expect(deliver(channel, CONTENT)).rejects.toMatchObject({
      details: { kind: "auth", outcome: "not-sent" },
    });
    await channel.close?.();
  });

  it("can be tried without sending", async () => {
    await using sink = await startSink(server);
    const transport = (pass: string) =>
      smtp({ host: "127.0.0.1", port: sink.port, auth: { user: "mailer", pass }, ...TRUSTING });
    await expect(transport("s3cret pass").verify?.()).resolves.toBeUndefined();
    await expect(transport("wrong").verify?.()).rejects.toMatchObject({ details: { kind: "auth" } });
  });

  it("shows the password in no error, even when the server quotes the login", async () => {
    await using hostile = await startScripted({
      ehlo: "250-scripted\r\n250 AUTH PLAIN",
      auth: "535 5.7.8 bad login %LINE% or s3cret pass",
    });
    const pass = "s3cret pass";
    const channel = channelOn({
      host: "127.0.0.1",
      port: hostile.port,
      auth: { user: "mailer", pass },
      requireTls: false,
    });
    const error: unknown = await deliver(channel, CONTENT).catch((thrown: unknown) => thrown);
    const shown = [error, (error as Error).cause].flatMap((each) =>
      each instanceof Error
        ? [each.message, each.stack, JSON.stringify(each), JSON.stringify(Object.entries(each))]
        : [],
    );
    expect(shown.join("\n")).toContain("bad login");
    expect(hostile.commands[1]).toContain(Buffer.from(`\0mailer\0${pass}`).toString("base64"));
    for (const secret of [
      pass,
      Buffer.from(pass).toString("base64"),
      Buffer.from(`\0mailer\0${pass}`).toString("base64"),
    ]) {
      expect(shown.join("\n")).not.toContain(secret);
    }
    await channel.close?.();
  });
});

describe("CHN-2: the pool", () => {
  it("sends many messages over few connections", async () => {
    await using sink = await startSink();
    const channel = channelOn({ host: "127.0.0.1", port: sink.port, pool: { connections: 3 } });
    const sending = Array.from({ length: 40 }, (_, index) =>
      deliver(channel, CONTENT, { render: { idempotencyKey: `delivery-${index}` } }),
    );
    const receipts = await Promise.all(sending);
    expect(sink.messages).toHaveLength(40);
    expect(new Set(receipts.map((receipt) => receipt.externalId)).size).toBe(40);
    expect(sink.connections).toBeLessThanOrEqual(3);
    await channel.close?.();
  });

  it("replaces a connection after its share of messages", async () => {
    await using sink = await startSink();
    const pool = { connections: 1, messagesPerConnection: 2 };
    const channel = channelOn({ host: "127.0.0.1", port: sink.port, pool });
    for (let sent = 0; sent < 5; sent += 1) await deliver(channel, CONTENT);
    expect(sink.messages.map((message) => message.connection)).toEqual([1, 1, 2, 2, 3]);
    await channel.close?.();
  });

  it("keeps its connection when one recipient is refused", async () => {
    await using sink = await startSink({
      onRcptTo(address, _session, callback) {
        if (address.address.startsWith("nobody@")) {
          callback(Object.assign(new Error("5.1.1 no such user"), { responseCode: 550 }));
        } else callback();
      },
    });
    const channel = channelOn({ host: "127.0.0.1", port: sink.port, pool: { connections: 1 } });
    const to = (address: string) => ({
      render: {
        recipient: {
          contactId: "c",
          address,
          externalId: null,
          firstName: null,
          lastName: null,
          locale: null,
          timeZone: null,
          attributes: {},
        },
      },
    });
    await deliver(channel, CONTENT, to("ada@people.example"));
    await expect(deliver(channel, CONTENT, to("nobody@people.example"))).rejects.toMatchObject({
      details: { kind: "rejected-recipient", outcome: "not-sent" },
    });
    await deliver(channel, CONTENT, to("bob@people.example"));
    expect(sink.messages.map((message) => message.connection)).toEqual([1, 1]);
    await channel.close?.();
  });

  it("lets what is under way finish before it closes", async () => {
    await using sink = await startSink();
    const channel = channelOn({ host: "127.0.0.1", port: sink.port, pool: { connections: 1 } });
    const sending = Promise.all(Array.from({ length: 10 }, () => deliver(channel, CONTENT)));
    await sink.connected();
    await channel.close?.();
    expect(sink.messages).toHaveLength(10);
    await sending;
  });

  it("closes when told, and opens again for the next message", async () => {
    await using sink = await startSink();
    const channel = channelOn({ host: "127.0.0.1", port: sink.port });
    await channel.close?.();
    await deliver(channel, CONTENT);
    await channel.close?.();
    await deliver(channel, CONTENT);
    expect(sink.messages).toHaveLength(2);
    expect(sink.connections).toBe(2);
    await channel.close?.();
  });
});

describe("options that can't work", () => {
  it.each([
    [{}, "smtp.host"],
    [{ host: " " }, "smtp.host"],
    [{ host: "smtp.example", port: 70_000 }, "smtp.port"],
    [{ url: "smtp://mailer:hunter2@smtp.example", host: "other.example" }, "smtp.host"],
    [{ url: "https://mailer:hunter2@smtp.example" }, "smtp.url"],
    [{ url: "hunter2" }, "smtp.url"],
    [{ url: "smtp://mailer:hunter2@smtp.example?pool=true" }, "smtp.url"],
    [{ url: "smtp://mailer:hunter2%ZZ@smtp.example" }, "smtp.url"],
    [{ host: "smtp.example", pool: { connections: 0 } }, "smtp.connections"],
    [{ host: "smtp.example", timeouts: { replyMs: -1 } }, "smtp.replyMs"],
  ])("%o are refused at once, without quoting a password", (options, setting) => {
    let thrown: unknown;
    try {
      smtp(options);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "CONFIGURATION_INVALID", details: { setting } });
    expect((thrown as Error).message).not.toContain("hunter2");
  });
});
