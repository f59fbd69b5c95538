/** The channel of the fault runs: one HTTP call for each message, and one for each question whether it arrived. */
import { type Channel, ChannelError, defineChannel, type Idempotency } from "@campaignkit/core";
import { z } from "zod";

/** What one message costs in the fault runs. */
export const COST_MICROS = 10_000;

/** Makes it. */
export function providerChannel(
  url: string,
  idempotency: Idempotency,
): Channel<{ text: string }, Record<string, never>> {
  const headersFor = (idempotencyKey: string) => ({
    "idempotency-key": idempotencyKey,
    "x-worker": String(process.pid),
  });
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
      const headers = headersFor(idempotencyKey);
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
    ...(idempotency === "lookup"
      ? {
          async lookup(idempotencyKey, { signal }) {
            const response = await fetch(url, { headers: headersFor(idempotencyKey), signal });
            await response.arrayBuffer();
            if (response.ok) return { externalId: idempotencyKey };
            if (response.status === 404) return null;
            throw new Error(`The far side answered a question with ${response.status}.`);
          },
        }
      : {}),
  });
}
