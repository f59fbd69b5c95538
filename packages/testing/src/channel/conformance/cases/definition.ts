/** What a channel says of itself. */
import { strict as assert } from "node:assert";
import type { ChannelCase } from "../case.ts";

export const DEFINITION_CASES: readonly ChannelCase[] = [
  {
    id: "definition.id",
    title: "its id is lower-case letters, digits and hyphens",
    run: async ({ channel }) => assert.match(channel.id, /^[a-z][a-z0-9-]*$/),
  },
  {
    id: "definition.reach",
    title: "it is direct with an address kind, or public without",
    async run({ channel }) {
      if (channel.reach === "direct") assert.match(String(channel.address), /^(email|phone)$/);
      else assert.equal(channel.reach, "public");
    },
  },
  {
    id: "definition.limits",
    title: "its limits are positive, and its concurrency a whole number",
    async run({ channel: { limits } }) {
      assert.ok(
        Number.isSafeInteger(limits.concurrency) && limits.concurrency > 0,
        `concurrency is ${limits.concurrency}`,
      );
      assert.ok(limits.perSecond === undefined || limits.perSecond > 0, `perSecond is ${limits.perSecond}`);
    },
  },
  {
    id: "definition.cost",
    title: "its cost is a whole number of micros, 0 or more",
    async run({ channel: { costMicros = 0 } }) {
      assert.ok(Number.isSafeInteger(costMicros) && costMicros >= 0, `costMicros is ${costMicros}`);
    },
  },
  {
    id: "definition.idempotency",
    title: "its idempotency is native, lookup or none, and lookup comes with the function",
    async run({ channel }) {
      assert.match(channel.idempotency, /^(native|lookup|none)$/);
      if (channel.idempotency === "lookup") assert.equal(typeof channel.lookup, "function");
    },
  },
  {
    id: "definition.unsubscribe",
    title: "a public channel carries no unsubscribe of one person",
    async run({ channel }) {
      if (channel.reach === "public") assert.equal(channel.capabilities.unsubscribe, false);
    },
  },
];
