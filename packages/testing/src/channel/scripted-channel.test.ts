import type { MessageUrls, RenderContext, SendContext } from "@campaignkit/core";
import { expect, it } from "vitest";
import { virtualTime } from "../time/virtual-time.ts";
import type { ScriptedConfig, SendStep } from "./script.ts";
import { type ScriptedChannelOptions, scriptedChannel } from "./scripted-channel.ts";

const urls: MessageUrls = {
  click: (index, url) => `https://t.example/${index}?to=${url}`,
  open: "https://t.example/open",
  unsubscribe: "https://t.example/leave",
  preferences: "https://t.example/prefs",
};
const recipient = {
  contactId: "0190b5a0-0000-7000-8000-000000000001",
  address: "ann@shop.example",
  externalId: null,
  firstName: "Ann",
  lastName: null,
  locale: null,
  timeZone: null,
  attributes: { plan: "pro" },
};
const rendering: RenderContext = {
  recipient,
  campaign: { id: "c1", name: "Spring" },
  urls,
  idempotencyKey: "k1",
};

function setup(options: Partial<ScriptedChannelOptions> = {}) {
  const time = virtualTime();
  const channel = scriptedChannel({ reach: "direct", ...options });
  const send = async (key = "k1", signal: AbortSignal = new AbortController().signal) => {
    const prepared = await channel.prepare({ text: "Hi" }, { config: {}, tracked: false });
    const rendered = prepared.render({ ...rendering, idempotencyKey: key });
    if (rendered.outcome !== "rendered") throw new Error("not rendered");
    const { clock, logger } = time.runtime;
    const context: SendContext<ScriptedConfig> = {
      config: {},
      idempotencyKey: key,
      signal,
      fetch,
      clock,
      logger,
    };
    return channel.send(rendered.message, context);
  };
  return { time, channel, send };
}

it("merges fields, wraps links by their index and carries pixel and unsubscribe when tracked", async () => {
  const { channel } = setup();
  const text =
    "Dear {{ firstName }} ({{plan}}), see https://shop.example/a and https://shop.example/{{plan}} now";
  const linkless = await channel.prepare({ text: "Hi" }, { config: {}, tracked: true });
  expect(linkless.links).toEqual([]);
  const prepared = await channel.prepare(
    { text: "see https://a.example/x, {{ lastName }}" },
    { config: {}, tracked: true },
  );
  expect(prepared.links).toEqual(["https://a.example/x,"]);
  expect(prepared.render(rendering)).toEqual({
    outcome: "missing-fields",
    policy: "skip",
    fields: ["lastName"],
  });
  const plain = await channel.prepare({ text }, { config: {}, tracked: false });
  expect(plain.render(rendering)).toMatchObject({
    outcome: "rendered",
    message: {
      text: "Dear Ann (pro), see https://shop.example/a and https://shop.example/pro now",
      openUrl: null,
    },
  });
  const tracked = await channel.prepare({ text, whenMissing: "blank" }, { config: {}, tracked: true });
  expect(tracked.render({ ...rendering, recipient: null })).toMatchObject({
    message: {
      to: null,
      text: "Dear  (), see https://t.example/0?to=https://shop.example/a and https://t.example/1?to=https://shop.example/ now",
      openUrl: urls.open,
      unsubscribeUrl: urls.unsubscribe,
      preferencesUrl: urls.preferences,
    },
  });
});

it("says every problem of its content and config", async () => {
  const { channel } = setup();
  const check = async (schema: "content" | "config", input: unknown) =>
    (await channel[schema]["~standard"].validate(input)).issues?.map(({ path }) => path?.join("."));
  expect(await check("content", { text: "Hi", whenMissing: "fail" })).toBeUndefined();
  expect(await check("content", { text: "", whenMissing: "ask", extra: 1 })).toEqual([
    "extra",
    "text",
    "whenMissing",
  ]);
  expect(await check("content", null)).toEqual([""]);
  expect(await check("config", {})).toBeUndefined();
  expect(await check("config", { label: 7 })).toEqual(["label"]);
});

it("follows the script step by step, then accepts", async () => {
  const { channel, send, time } = setup({
    script: [
      { fail: "rate-limited", retryAfterMs: 5_000 },
      { unknown: "lost" },
      { unknown: "accepted" },
      { crash: new TypeError("a bug") },
      { accept: { costMicros: 7, url: "https://n.example/1" } },
    ],
  });
  await expect(send()).rejects.toMatchObject({
    code: "CHANNEL_FAILED",
    details: { kind: "rate-limited", outcome: "not-sent", retryAfterMs: 5_000 },
  });
  await expect(send()).rejects.toMatchObject({ details: { kind: "transient", outcome: "unknown" } });
  expect(channel.accepted).toHaveLength(0);
  await expect(send()).rejects.toMatchObject({ details: { outcome: "unknown" } });
  expect(channel.accepted).toHaveLength(1);
  await expect(send()).rejects.toThrow(TypeError);
  expect(await send()).toEqual({ externalId: "scripted-2", costMicros: 7, url: "https://n.example/1" });
  expect(await send("k2")).toEqual({ externalId: "scripted-3" });
  expect(channel.attempts.map(({ number, attempt }) => [number, attempt])).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 4],
    [5, 5],
    [6, 1],
  ]);
  expect(channel.accepted.map(({ at }) => at)).toEqual([time.now(), time.now(), time.now()]);
});

it("decides by a function where the script is one", async () => {
  const script = ({ attempt }: { attempt: number }): SendStep =>
    attempt === 1 ? { fail: "auth" } : "accept";
  const { send } = setup({ script });
  await expect(send("a")).rejects.toMatchObject({ details: { kind: "auth" } });
  expect(await send("a")).toEqual({ externalId: "scripted-1" });
});

it("takes a repeated key once when it is native, and tells the truth when asked", async () => {
  const native = setup({ idempotency: "native", script: [{ unknown: "accepted" }] });
  await expect(native.send()).rejects.toMatchObject({ details: { outcome: "unknown" } });
  expect(await native.send()).toEqual({ externalId: "scripted-1" });
  expect(native.channel.accepted).toHaveLength(1);

  const asked = setup({
    idempotency: "lookup",
    lookupScript: [{ fail: "transient" }],
    script: [{ unknown: "accepted" }],
  });
  const { clock, logger } = asked.time.runtime;
  const context = {
    config: {},
    idempotencyKey: "k1",
    signal: new AbortController().signal,
    fetch,
    clock,
    logger,
  };
  await expect(asked.send()).rejects.toMatchObject({ details: { outcome: "unknown" } });
  await expect(asked.channel.lookup?.("k1", context)).rejects.toMatchObject({
    details: { kind: "transient" },
  });
  expect(await asked.channel.lookup?.("k1", context)).toEqual({ externalId: "scripted-1" });
  expect(await asked.channel.lookup?.("k2", context)).toBeNull();
  expect(asked.channel.lookups).toEqual(["k1", "k1", "k2"]);
  expect(setup().channel.lookup).toBeUndefined();
});

it("RUN-6: lets virtual time pass while sends take theirs, together and not one after another", async () => {
  const { time, channel, send } = setup({ script: () => ({ accept: {}, takes: "3s" }) });
  const start = time.now().getTime();
  await Promise.all([send("a"), send("b"), send("c")]);
  expect(channel.accepted.map(({ at }) => at.getTime() - start)).toEqual([3_000, 3_000, 3_000]);
});

it("hangs until the caller gives up", async () => {
  const { time, channel, send } = setup({ script: [{ hang: "accepted" }, { hang: "lost" }] });
  const timeout = new AbortController();
  void time.runtime.clock.sleep(30_000).then(() => timeout.abort());
  const start = time.now().getTime();
  await expect(send("a", timeout.signal)).rejects.toMatchObject({ details: { outcome: "unknown" } });
  expect(time.now().getTime() - start).toBe(30_000);
  expect(channel.accepted).toHaveLength(1);
  await expect(send("b")).rejects.toMatchObject({ details: { outcome: "unknown" } });
  expect(time.now().getTime() - start).toBe(30_000 + 3_600_000);
});

it("holds sends for the test, which says how they go on", async () => {
  const { channel, send } = setup({ script: () => "hold" });
  const first = send("a");
  const second = send("b");
  await channel.untilHeld(2);
  expect(channel.held).toBe(2);
  channel.release({ fail: "rejected-recipient" }, 1);
  channel.release();
  await expect(first).rejects.toMatchObject({ details: { kind: "rejected-recipient" } });
  expect(await second).toEqual({ externalId: "scripted-1" });
  const leaving = new AbortController();
  const third = send("c", leaving.signal);
  await channel.untilHeld(1);
  leaving.abort();
  await expect(third).rejects.toMatchObject({ details: { outcome: "unknown" } });
  expect(channel.held).toBe(0);
});

it("counts how often it was closed", async () => {
  const { channel } = setup({ reach: "public" });
  await channel.close?.();
  await channel.close?.();
  expect(channel.closed).toBe(2);
  expect(channel.address).toBeUndefined();
});
