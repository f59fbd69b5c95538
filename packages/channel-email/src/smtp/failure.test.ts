import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { CERTIFICATE, CERTIFICATE_KEY } from "../../test/certificate.ts";
import { deliver } from "../../test/delivery.ts";
import { type BreakingPoint, startScripted } from "../../test/scripted-server.ts";
import { startSink } from "../../test/smtp-sink.ts";
import { email, type SmtpOptions, smtp } from "../index.ts";
import { askedWait, CONNECTION_FAILURES, smtpError } from "./failure.ts";

const SHORT = { subject: "Hi", text: "Hi" };
/** Longer than the buffers of two sockets, so that much of it is not yet written when the server hangs up. */
const LONG = {
  ...SHORT,
  attachments: [
    {
      filename: "long.bin",
      contentType: "application/octet-stream",
      content: new Uint8Array(9 * 1024 * 1024),
    },
  ],
};

function channelOn(port: number, options: Partial<SmtpOptions> = {}) {
  return email({ transport: smtp({ host: "127.0.0.1", port, ...options }), from: "hello@shop.example" });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

function failure(kind: string, outcome: "not-sent" | "unknown") {
  return { code: "CHANNEL_FAILED", details: { kind, outcome } };
}

describe("a connection that breaks", () => {
  const before: readonly BreakingPoint[] = ["connect", "ehlo", "mail", "rcpt", "data"];
  it.each(before)("at %s, before the message, leaves it certainly not sent", async (hangUpAt) => {
    await using server = await startScripted({ hangUpAt });
    const channel = channelOn(server.port);
    await expect(deliver(channel, SHORT)).rejects.toMatchObject(failure("transient", "not-sent"));
    expect(server.reached.get("dot")).toBeUndefined();
    await channel.close?.();
  });

  it("in the middle of a long message leaves it certainly not sent: the final dot was not written", async () => {
    await using server = await startScripted({ hangUpAt: "body", bodyBytes: 20_000 });
    const channel = channelOn(server.port);
    await expect(deliver(channel, LONG)).rejects.toMatchObject(failure("transient", "not-sent"));
    await channel.close?.();
  });

  it("in the middle of a message so short that the final dot may be under way leaves it unknown", async () => {
    await using server = await startScripted({ hangUpAt: "body" });
    const channel = channelOn(server.port);
    await expect(deliver(channel, SHORT)).rejects.toMatchObject(failure("transient", "unknown"));
    await channel.close?.();
  });

  it.each([
    ["short", SHORT],
    ["long", LONG],
  ])(
    "after the final dot, before the answer, leaves a %s message unknown, and it is not sent again",
    async (_, content) => {
      await using server = await startScripted({ hangUpAt: "dot" });
      const channel = channelOn(server.port);
      await expect(deliver(channel, content)).rejects.toMatchObject(failure("transient", "unknown"));
      expect(server.reached.get("dot")).toBe(1);
      await channel.close?.();
    },
  );

  it("after the final dot on a connection that was used before leaves the message unknown, and it is not sent again", async () => {
    let breaking = false;
    await using server = await startScripted({
      get hangUpAt(): BreakingPoint | undefined {
        return breaking ? "dot" : undefined;
      },
    });
    const channel = channelOn(server.port, { pool: { connections: 1 } });
    await deliver(channel, SHORT);
    breaking = true;
    await expect(deliver(channel, SHORT)).rejects.toMatchObject(failure("transient", "unknown"));
    expect(server.reached.get("dot")).toBe(2);
    await channel.close?.();
  });

  it("before the message on a connection that was used before is replaced, and the message goes out once", async () => {
    let dropped = false;
    await using server = await startScripted((connection) => ({
      get hangUpAt(): BreakingPoint | undefined {
        return connection === 0 && dropped ? "mail" : undefined;
      },
    }));
    const channel = channelOn(server.port, { pool: { connections: 1 } });
    await deliver(channel, SHORT);
    dropped = true;
    await deliver(channel, SHORT);
    expect(server.reached.get("dot")).toBe(2);
    expect(server.reached.get("connect")).toBe(2);
    await channel.close?.();
  });

  it("because nobody listens leaves the message not sent", async () => {
    const channel = channelOn(await freePort());
    await expect(deliver(channel, SHORT)).rejects.toMatchObject(failure("transient", "not-sent"));
    await channel.close?.();
  });

  it("because the name does not resolve leaves the message not sent", async () => {
    const channel = email({
      transport: smtp({ host: "nowhere.invalid", timeouts: { connectMs: 2_000 } }),
      from: "hello@shop.example",
    });
    await expect(deliver(channel, SHORT)).rejects.toMatchObject(failure("transient", "not-sent"));
    await channel.close?.();
  });

  it("because the certificate is not trusted leaves the message not sent", async () => {
    await using sink = await startSink({ cert: CERTIFICATE, key: CERTIFICATE_KEY });
    const channel = channelOn(sink.port);
    await expect(deliver(channel, SHORT)).rejects.toMatchObject(failure("transient", "not-sent"));
    expect(sink.messages).toEqual([]);
    await channel.close?.();
  });
});

describe("a server that falls silent", () => {
  it.each(["connect", "ehlo", "mail", "data"] as const)(
    "at %s leaves the message not sent",
    async (silentAt) => {
      await using server = await startScripted({ silentAt });
      const channel = channelOn(server.port, { timeouts: { connectMs: 150, replyMs: 150 } });
      await expect(deliver(channel, SHORT)).rejects.toMatchObject(failure("transient", "not-sent"));
      await channel.close?.();
    },
  );

  it("after the final dot leaves the message unknown", async () => {
    await using server = await startScripted({ silentAt: "dot" });
    const channel = channelOn(server.port, { timeouts: { replyMs: 150 } });
    await expect(deliver(channel, SHORT)).rejects.toMatchObject(failure("transient", "unknown"));
    await channel.close?.();
  });
});

describe("a sender that breaks off", () => {
  it.each([
    ["rcpt", "not-sent"],
    ["dot", "unknown"],
  ] as const)("at %s knows the message as %s", async (silentAt, outcome) => {
    await using server = await startScripted({ silentAt });
    const channel = channelOn(server.port);
    const controller = new AbortController();
    const sending = deliver(channel, SHORT, { send: { signal: controller.signal } });
    const settled = expect(sending).rejects.toMatchObject(failure("transient", outcome));
    await server.until(silentAt);
    controller.abort();
    await settled;
    await channel.close?.();
  });

  it("before it began knows the message as not sent, and opens no connection", async () => {
    await using server = await startScripted({});
    const channel = channelOn(server.port);
    const send = { signal: AbortSignal.abort() };
    await expect(deliver(channel, SHORT, { send })).rejects.toMatchObject(failure("transient", "not-sent"));
    expect(server.reached.size).toBe(0);
    await channel.close?.();
  });
});

describe("a server that answers before it has the whole message", () => {
  it("with a refusal has refused it", async () => {
    await using server = await startScripted({ early: "552 5.3.4 too big" });
    const channel = channelOn(server.port);
    await expect(deliver(channel, LONG)).rejects.toMatchObject(failure("rejected-content", "not-sent"));
    await channel.close?.();
  });

  it("with acceptance has accepted who knows what", async () => {
    await using server = await startScripted({ early: "250 fine" });
    const channel = channelOn(server.port);
    await expect(deliver(channel, LONG)).rejects.toMatchObject({ details: { outcome: "unknown" } });
    await channel.close?.();
  });
});

describe("a message that the server announces not to take", () => {
  it("because of its size is rejected content, before it is sent", async () => {
    await using server = await startScripted({ ehlo: "250-scripted\r\n250 SIZE 1000" });
    const channel = channelOn(server.port);
    await expect(deliver(channel, LONG)).rejects.toMatchObject(failure("rejected-content", "not-sent"));
    expect(server.reached.get("mail")).toBeUndefined();
    await channel.close?.();
  });
});

describe("the table of failures without an answer", () => {
  it.each(Object.entries(CONNECTION_FAILURES))("%s means %s", (code, kind) => {
    const error = Object.assign(new Error("broke"), { code, command: "CONN" });
    const untouched = { finished: false };
    expect(smtpError(error, untouched, (text) => text).details).toEqual({
      kind,
      outcome: "not-sent",
      retryAfterMs: null,
    });
  });

  it.each(Object.keys(CONNECTION_FAILURES))(
    "%s after the whole message means that it may have gone out",
    (code) => {
      const error = Object.assign(new Error("broke"), { code, command: "CONN" });
      const whole = { finished: true };
      expect(smtpError(error, whole, (text) => text).details).toMatchObject(
        failure("transient", "unknown").details,
      );
    },
  );

  it("takes an error it has never seen as one that may pass", () => {
    expect(smtpError("odd", { finished: false }, (text) => text).details).toMatchObject({
      kind: "transient",
      outcome: "not-sent",
    });
  });

  it("believes no half reply on a connection that broke after the whole message", () => {
    const error = Object.assign(new Error("closed"), {
      code: "ECONNECTION",
      command: "CONN",
      response: "451 4.7.1 tr",
    });
    expect(smtpError(error, { finished: true }, (text) => text).details.outcome).toBe("unknown");
  });
});

describe("a wait asked for in words", () => {
  it.each([
    ["try again in 300 seconds", 300_000],
    ["please retry after 5 minutes", 300_000],
    ["wait at least 1 hour", 3_600_000],
    ["greylisted for 45s", 45_000],
    ["later", null],
    ["in 2027", null],
  ])("%s", (text, expected) => {
    expect(askedWait(text)).toBe(expected);
  });
});
