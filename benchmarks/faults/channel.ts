/** The channel of the fault runs: one HTTP call for each message. */
import { type Channel, ChannelError, defineChannel } from "@campaignkit/core";
import { z } from "zod";

/** What one message costs in the fault runs. */
export const COST_MICROS = 10_000;

/** Makes it. */
export function providerChannel(
  url: string,
  idempotency: "native" | "none",
): Channel<{ text: string }, Record<string, never>> {
  return defineChannel({
    id: "provider",
    reach: "direct",
    address: "email",
    content: z.object({ text: z.string() }),
    config: z.object({}),
    capabilities: { links: false, opens: false, unsubscribe: false },
    limits: { concurrency: 10 },
    idempotency,
    costMicros: COST_MICROS,
    prepare: ({ text }) => ({
      links: [],
      warnings: [],
      render: () => ({ outcome: "rendered", message: text }),
    }),
    async send(message, { idempotencyKey, signal }) {
      const headers = { "idempotency-key": idempotencyKey, "x-worker": String(process.pid) };
      try {
        const response = await fetch(url, { method: "POST", headers, body: message, signal });
        await response.arrayBuffer();
        return { externalId: idempotencyKey };
      } catch (cause) {
        throw new ChannelError({
          kind: "transient",
          outcome: "unknown",
          message: "The connection broke.",
          cause,
        });
      }
    },
  });
}
