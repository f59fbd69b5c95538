/** What happens when the same message is sent again, as declared. */
import { strict as assert } from "node:assert";
import { channelError } from "../bench.ts";
import type { ChannelCase } from "../case.ts";

const onlyNative: ChannelCase["obstacle"] = ({ idempotency }) =>
  idempotency === "native" ? undefined : `its idempotency is ${idempotency}`;
const onlyLookup: ChannelCase["obstacle"] = ({ idempotency }) =>
  idempotency === "lookup" ? undefined : `its idempotency is ${idempotency}`;

export const IDEMPOTENCY_CASES: readonly ChannelCase[] = [
  {
    id: "idempotency.native",
    title: "the same key twice is one message at the far side, another key another",
    obstacle: onlyNative,
    async run(bench) {
      const key = bench.newKey();
      const first = await bench.send(key);
      assert.deepStrictEqual((await bench.send(key)).externalId, first.externalId);
      assert.equal(await bench.accepted(), 1);
      await bench.send(bench.newKey());
      assert.equal(await bench.accepted(), 2);
    },
  },
  {
    id: "idempotency.native-after-unknown",
    title: "a message that was accepted unseen is not taken again when it is sent again",
    obstacle: onlyNative,
    fault: "die-after-accepting",
    async run(bench) {
      const key = bench.newKey();
      await bench.arrange("die-after-accepting");
      await channelError("the connection broke", bench.send(key));
      await bench.send(key);
      assert.equal(await bench.accepted(), 1);
    },
  },
  {
    id: "idempotency.native-concurrent",
    title: "the same key at the same time from two workers is one message",
    obstacle: (channel, subject) =>
      onlyNative?.(channel, subject) ??
      (channel.limits.concurrency < 2 ? "it sends one at a time" : undefined),
    async run(bench) {
      const key = bench.newKey();
      await Promise.allSettled([bench.send(key), bench.send(key)]);
      assert.equal(await bench.accepted(), 1);
    },
  },
  {
    id: "idempotency.lookup",
    title: "it can be asked for a key that went out, and says null for one that never did",
    obstacle: onlyLookup,
    async run(bench) {
      const key = bench.newKey();
      const receipt = await bench.send(key);
      assert.equal((await bench.lookup(key))?.externalId, receipt.externalId);
      assert.equal(await bench.lookup(bench.newKey()), null);
      assert.equal(await bench.accepted(), 1, "looking up must not send");
    },
  },
  {
    id: "idempotency.lookup-after-unknown",
    title: "a message that was accepted unseen is found",
    obstacle: onlyLookup,
    fault: "die-after-accepting",
    async run(bench) {
      const key = bench.newKey();
      await bench.arrange("die-after-accepting");
      await channelError("the connection broke", bench.send(key));
      assert.notEqual(await bench.lookup(key), null);
    },
  },
];
