/** Channels that break one promise each, made by wrapping a good one. The kit must reject every one of them. */
import { type Channel, ChannelError, type PreparedPost, type RenderContext } from "@campaignkit/core";
import type { ScriptedMessage } from "../script.ts";

/** A way to be wrong. */
export interface WrongChannel {
  readonly name: string;
  /** The ids of cases that reject it. Each must, by itself. */
  readonly caughtBy: readonly string[];
  /** What the good channel declares; `none` when absent. */
  readonly idempotency?: "native" | "lookup";
  wrap(channel: Channel): Channel;
}

type Render = (
  context: RenderContext,
  good: PreparedPost<unknown>,
) => ReturnType<PreparedPost<unknown>["render"]>;

function rendering(channel: Channel, render: Render): Channel {
  return {
    ...channel,
    async prepare(content, context) {
      const prepared = await channel.prepare(content as never, context as never);
      return { ...prepared, render: (given) => render(given, prepared) };
    },
  };
}

function withText(rendered: ReturnType<Render>, change: (text: string) => string): ReturnType<Render> {
  if (rendered.outcome !== "rendered") return rendered;
  const message = rendered.message as ScriptedMessage;
  return { ...rendered, message: { ...message, text: change(message.text) } };
}

function sending(channel: Channel, send: Channel["send"]): Channel {
  return { ...channel, send };
}

/** A schema that says yes to everything, and makes that of it. */
function lax<Schema extends Channel["content"]>(schema: Schema, make: (value: unknown) => unknown): Schema {
  const validate = (value: unknown) => ({ value: make(value) });
  return { ...schema, "~standard": { ...schema["~standard"], validate } };
}

export const WRONG_CHANNELS: readonly WrongChannel[] = [
  {
    name: "takes any content",
    caughtBy: ["content.refuses", "content.refuses-strangers"],
    wrap: (channel) => ({ ...channel, content: lax(channel.content, (value) => value) }),
  },
  {
    name: "does not say where the problem is",
    caughtBy: ["content.refuses"],
    wrap: (channel) => ({
      ...channel,
      content: {
        "~standard": {
          ...channel.content["~standard"],
          async validate(value) {
            const result = await channel.content["~standard"].validate(value);
            return result.issues ? { issues: [{ message: "Something is wrong." }] } : result;
          },
        },
      },
    }),
  },
  {
    name: "throws at strange content",
    caughtBy: ["content.refuses-strangers"],
    wrap: (channel) => ({
      ...channel,
      content: {
        "~standard": {
          ...channel.content["~standard"],
          validate: (value) =>
            channel.content["~standard"].validate({
              ...(value as { text: string }),
              n: (value as object).constructor,
            }),
        },
      },
    }),
  },
  {
    name: "keeps a Date in its content",
    caughtBy: ["content.survives-storage"],
    wrap: (channel) => ({
      ...channel,
      content: lax(channel.content, (value) => ({ ...(value as object), at: new Date(0) })),
    }),
  },
  {
    name: "needs a config",
    caughtBy: ["config.accepts-nothing"],
    wrap: (channel) => ({
      ...channel,
      config: {
        "~standard": {
          ...channel.config["~standard"],
          validate: (value) =>
            typeof value === "object" && value !== null && Object.keys(value).length > 0
              ? { value }
              : { issues: [{ message: "Give a config.", path: [] }] },
        },
      },
    }),
  },
  {
    name: "takes any config",
    caughtBy: ["config.refuses", "config.refuses-strangers"],
    wrap: (channel) => ({ ...channel, config: lax(channel.config, (value) => value) }),
  },
  {
    name: "has no concurrency",
    caughtBy: ["definition.limits"],
    wrap: (channel) => ({ ...channel, limits: { concurrency: 0 } }),
  },
  {
    name: "costs half a micro",
    caughtBy: ["definition.cost"],
    wrap: (channel) => ({ ...channel, costMicros: 0.5 }),
  },
  {
    name: "says that it can be asked, and can't",
    caughtBy: ["definition.idempotency"],
    idempotency: "lookup",
    wrap: ({ lookup: _lookup, ...channel }) => channel,
  },
  {
    name: "compiles differently in each process",
    caughtBy: ["prepare.deterministic"],
    wrap: (channel) => ({
      ...channel,
      async prepare(content, context) {
        const prepared = await channel.prepare(content as never, context as never);
        const mark = Math.random();
        return {
          ...prepared,
          render: (given) => withText(prepared.render(given), (text) => `${text} ${mark}`),
        };
      },
    }),
  },
  {
    name: "counts its messages",
    caughtBy: ["render.pure"],
    wrap(channel) {
      let count = 0;
      return rendering(channel, (context, good) => {
        count += 1;
        return withText(good.render(context), (text) => `${text} (${count})`);
      });
    },
  },
  {
    name: "writes to the recipient",
    caughtBy: ["render.pure"],
    wrap: (channel) =>
      rendering(channel, (context, good) => {
        Object.assign(context.recipient ?? {}, { firstName: "friend" });
        return good.render(context);
      }),
  },
  {
    name: "hands out one message for all",
    caughtBy: ["render.pure"],
    wrap(channel) {
      const shared = {};
      return rendering(channel, (context, good) => {
        const rendered = good.render(context);
        if (rendered.outcome !== "rendered") return rendered;
        const key = { key: context.idempotencyKey };
        return { ...rendered, message: Object.assign(shared, rendered.message, key) };
      });
    },
  },
  {
    name: "keeps the first recipient's name",
    caughtBy: ["render.all-at-once"],
    wrap(channel) {
      let last: string | null = null;
      return rendering(channel, (context, good) => {
        const name = last ?? context.recipient?.firstName ?? "";
        last = context.recipient?.firstName ?? null;
        return withText(good.render(context), (text) => `${text} ${name}`);
      });
    },
  },
  {
    name: "stumbles over a name",
    caughtBy: ["render.hostile"],
    wrap: (channel) =>
      rendering(channel, (context, good) => {
        decodeURIComponent(encodeURIComponent(context.recipient?.firstName ?? ""));
        return good.render(context);
      }),
  },
  {
    name: "does not track its links",
    caughtBy: ["render.links"],
    wrap: (channel) =>
      rendering(channel, (context, good) =>
        good.render({ ...context, urls: { ...context.urls, click: (_index, url) => url } }),
      ),
  },
  {
    name: "numbers its links from one",
    caughtBy: ["render.links"],
    wrap: (channel) =>
      rendering(channel, (context, good) =>
        good.render({
          ...context,
          urls: { ...context.urls, click: (index, url) => context.urls.click(index + 1, url) },
        }),
      ),
  },
  {
    name: "does not list its links",
    caughtBy: ["render.links"],
    wrap: (channel) => ({
      ...channel,
      prepare: async (content, context) => ({
        ...(await channel.prepare(content as never, context as never)),
        links: [],
      }),
    }),
  },
  {
    name: "leaves the pixel out",
    caughtBy: ["render.opens"],
    wrap: (channel) =>
      rendering(channel, (context, good) =>
        good.render({ ...context, urls: { ...context.urls, open: null } }),
      ),
  },
  {
    name: "leaves the way out out",
    caughtBy: ["render.unsubscribe"],
    wrap: (channel) =>
      rendering(channel, (context, good) =>
        good.render({ ...context, urls: { ...context.urls, unsubscribe: null } }),
      ),
  },
  {
    name: 'says "Hello ," to people without a name',
    caughtBy: ["render.missing-fields"],
    wrap: (channel) =>
      rendering(channel, (context, good) => {
        const rendered = good.render(context);
        return rendered.outcome === "rendered"
          ? rendered
          : { outcome: "rendered", message: { text: "Hello ," } };
      }),
  },
  {
    name: "shows nothing",
    caughtBy: ["preview.shows"],
    wrap: (channel) => ({ ...channel, preview: () => ({ text: "" }) }),
  },
  {
    name: "sends twice to be sure",
    caughtBy: ["send.accepts"],
    wrap: (channel) =>
      sending(channel, async (message, context) => {
        await channel.send(message, context);
        return channel.send(message, context);
      }),
  },
  {
    name: "says yes before the far side does",
    caughtBy: ["send.refused", "send.unreachable", "send.dies-before-accepting"],
    wrap: (channel) =>
      sending(channel, async (message, context) => {
        void channel.send(message, context).catch(() => undefined);
        return { externalId: "soon" };
      }),
  },
  {
    name: "gives two messages one id",
    caughtBy: ["send.many-at-once"],
    wrap: (channel) =>
      sending(channel, async (message, context) => ({
        ...(await channel.send(message, context)),
        externalId: "message",
      })),
  },
  {
    name: "throws plain errors",
    caughtBy: ["send.refused", "send.dies-after-accepting"],
    wrap: (channel) =>
      sending(channel, (message, context) =>
        channel.send(message, context).catch((cause: unknown) => {
          throw new Error("It did not work.", { cause });
        }),
      ),
  },
  {
    name: "calls a dead connection not sent",
    caughtBy: ["send.dies-after-accepting"],
    wrap: (channel) =>
      sending(channel, (message, context) =>
        channel.send(message, context).catch((cause: unknown) => {
          throw new ChannelError({
            kind: "transient",
            outcome: "not-sent",
            message: "The connection broke.",
            cause,
          });
        }),
      ),
  },
  {
    name: "calls every failure unknown",
    caughtBy: ["send.refused", "send.unreachable"],
    wrap: (channel) =>
      sending(channel, (message, context) =>
        channel.send(message, context).catch((cause: unknown) => {
          throw new ChannelError({
            kind: "transient",
            outcome: "unknown",
            message: "It did not work.",
            cause,
          });
        }),
      ),
  },
  {
    name: "tries again by itself",
    caughtBy: ["send.dies-after-accepting"],
    wrap: (channel) =>
      sending(channel, (message, context) =>
        channel.send(message, context).catch(() => channel.send(message, context)),
      ),
  },
  {
    name: "does not stop when told to",
    caughtBy: ["send.abort"],
    wrap: (channel) =>
      sending(channel, (message, context) =>
        channel.send(message, { ...context, signal: new AbortController().signal }),
      ),
  },
  {
    name: "sends though it was told to stop before",
    caughtBy: ["send.aborted-before"],
    wrap: (channel) =>
      sending(channel, (message, context) => {
        const signal = context.signal.aborted ? new AbortController().signal : context.signal;
        return channel.send(message, { ...context, signal });
      }),
  },
  {
    name: "tells its password",
    caughtBy: ["errors.no-secrets"],
    wrap: (channel) =>
      sending(channel, (message, context) =>
        channel.send(message, context).catch(() => {
          throw new ChannelError({
            kind: "auth",
            outcome: "not-sent",
            message: "Login with hunter2 failed.",
          });
        }),
      ),
  },
  {
    name: "logs whom it writes to",
    caughtBy: ["errors.no-secrets"],
    wrap: (channel) =>
      sending(channel, (message, context) => {
        context.logger.info("Sending.", { to: (message as ScriptedMessage).to?.address });
        return channel.send(message, context);
      }),
  },
  {
    name: "calls itself native, and is not",
    caughtBy: ["idempotency.native", "idempotency.native-after-unknown", "idempotency.native-concurrent"],
    wrap: (channel) => ({ ...channel, idempotency: "native" }),
  },
  {
    name: "knows nothing when asked",
    caughtBy: ["idempotency.lookup", "idempotency.lookup-after-unknown"],
    idempotency: "lookup",
    wrap: (channel) => ({ ...channel, lookup: async () => null }),
  },
  {
    name: "says yes to whatever is asked",
    caughtBy: ["idempotency.lookup"],
    idempotency: "lookup",
    wrap: (channel) => ({ ...channel, lookup: async () => ({ externalId: "yes" }) }),
  },
  {
    name: "sends when asked",
    caughtBy: ["idempotency.lookup"],
    idempotency: "lookup",
    wrap: (channel) => ({
      ...channel,
      async lookup(key, context) {
        const receipt = (await channel.lookup?.(key, context)) ?? null;
        if (receipt !== null) await channel.send({ to: null, text: "again" }, context);
        return receipt;
      },
    }),
  },
  {
    name: "can be closed once",
    caughtBy: ["close.idempotent"],
    wrap(channel) {
      let closed = false;
      return {
        ...channel,
        async close() {
          if (closed) throw new Error("It is closed.");
          closed = true;
        },
      };
    },
  },
  {
    name: "never ends closing",
    caughtBy: ["close.unused"],
    wrap: (channel) => ({ ...channel, close: () => new Promise(() => undefined) }),
  },
  {
    name: "fails strangely after closing",
    caughtBy: ["close.then-send"],
    wrap(channel) {
      let closed = false;
      return {
        ...sending(channel, (message, context) =>
          closed ? Promise.reject(new TypeError("pool is null")) : channel.send(message, context),
        ),
        close: async () => {
          closed = true;
        },
      };
    },
  },
];
