/** Handing a message over, and telling the truth about it. */
import { strict as assert } from "node:assert";
import { type ChannelBench, channelError } from "../bench.ts";
import type { ChannelCase } from "../case.ts";

/** After this a send that was told to stop must have stopped, in real time. */
const STOPS_WITHIN_MS = 5_000;

/** A lie about the outcome is the one thing that can't be mended: it sends people the same twice, or never. */
async function assertTruth(
  bench: ChannelBench,
  what: string,
  outcome: "not-sent" | "unknown",
): Promise<void> {
  if (outcome === "not-sent") {
    assert.equal(
      await bench.accepted(),
      0,
      `${what}: the channel says "not-sent", but the far side has the message.`,
    );
  }
}

export const SENDING_CASES: readonly ChannelCase[] = [
  {
    id: "send.accepts",
    title: "a message is handed over once, and the receipt says under which id",
    async run(bench) {
      const receipt = await bench.send(bench.newKey());
      assert.ok(
        receipt.externalId === null || typeof receipt.externalId === "string",
        "externalId is a text or null",
      );
      const { costMicros = 0 } = receipt;
      assert.ok(Number.isSafeInteger(costMicros) && costMicros >= 0, `costMicros is ${costMicros}`);
      assert.equal(await bench.accepted(), 1);
    },
  },
  {
    id: "send.many-at-once",
    title: "as many sends as it allows can run at once, each handed over once",
    async run(bench) {
      const count = Math.min(bench.channel.limits.concurrency, 8);
      const receipts = await Promise.all(Array.from({ length: count }, () => bench.send(bench.newKey())));
      assert.equal(await bench.accepted(), count);
      const ids = receipts.map(({ externalId }) => externalId).filter((id) => id !== null);
      assert.equal(new Set(ids).size, ids.length, "two messages must not get one id");
    },
  },
  {
    id: "send.refused",
    title: "a refusal is a ChannelError that says so, and nothing went out",
    fault: "refuse",
    async run(bench) {
      await bench.arrange("refuse");
      const { details } = await channelError("refused", bench.send(bench.newKey()));
      assert.equal(details.outcome, "not-sent", "a refusal leaves no doubt");
      const { refusals } = bench.subject;
      if (refusals !== undefined) assert.ok(refusals.includes(details.kind), `the kind is ${details.kind}`);
      assert.equal(await bench.accepted(), 0);
    },
  },
  {
    id: "send.goes-on-after-a-refusal",
    title: "the next message is handed over after one was refused",
    fault: "refuse",
    async run(bench) {
      await bench.arrange("refuse");
      await channelError("refused", bench.send(bench.newKey()));
      await bench.send(bench.newKey());
      assert.equal(await bench.accepted(), 1);
    },
  },
  {
    id: "send.unreachable",
    title: "a far side that can't be reached is transient, and nothing went out",
    fault: "unreachable",
    async run(bench) {
      await bench.arrange("unreachable");
      const { details } = await channelError("unreachable", bench.send(bench.newKey()));
      assert.equal(details.kind, "transient");
      assert.equal(details.outcome, "not-sent", "nothing could arrive");
      assert.equal(await bench.accepted(), 0);
    },
  },
  {
    id: "send.dies-before-accepting",
    title: "a connection that breaks is a ChannelError that claims no more than is known",
    fault: "die-before-accepting",
    async run(bench) {
      await bench.arrange("die-before-accepting");
      const { details } = await channelError("the connection broke", bench.send(bench.newKey()));
      await assertTruth(bench, "the connection broke", details.outcome);
    },
  },
  {
    id: "send.dies-after-accepting",
    title: "a connection that breaks after the far side has accepted is unknown, never not-sent",
    fault: "die-after-accepting",
    async run(bench) {
      await bench.arrange("die-after-accepting");
      const { details } = await channelError("the connection broke", bench.send(bench.newKey()));
      assert.equal(await bench.accepted(), 1, "the far side must have taken it, once");
      assert.equal(details.outcome, "unknown");
    },
  },
  {
    id: "send.abort",
    title: "a send that is told to stop stops, and claims no more than is known",
    fault: "hang",
    async run(bench) {
      await bench.arrange("hang");
      const stop = new AbortController();
      const sending = channelError("told to stop", bench.send(bench.newKey(), stop.signal));
      const timer = setTimeout(() => stop.abort(), 50);
      const late = new Promise<never>((_, reject) => {
        setTimeout(
          () => reject(new Error(`send() goes on ${STOPS_WITHIN_MS} ms after the abort.`)),
          STOPS_WITHIN_MS,
        ).unref();
      });
      try {
        const { details } = await Promise.race([sending, late]);
        await assertTruth(bench, "told to stop", details.outcome);
      } finally {
        clearTimeout(timer);
      }
    },
  },
  {
    id: "send.aborted-before",
    title: "a send that was told to stop before it began hands nothing over",
    async run(bench) {
      const { details } = await channelError(
        "told to stop before",
        bench.send(bench.newKey(), AbortSignal.abort()),
      );
      await assertTruth(bench, "told to stop before", details.outcome);
      assert.equal(await bench.accepted(), 0);
    },
  },
  {
    id: "errors.no-secrets",
    title: "no error or log line holds a secret or a recipient's address",
    async run(bench) {
      const { faults = [], secrets = [] } = bench.subject;
      for (const fault of faults.filter((each) => each !== "hang")) {
        await bench.arrange(fault);
        await bench.send(bench.newKey()).catch(() => undefined);
      }
      const address = bench.recipient()?.address;
      for (const secret of [...secrets, ...(address === undefined ? [] : [address])]) {
        const leak = bench.seen.find((line) => line.includes(secret));
        assert.equal(leak, undefined, `"${secret}" was seen in: ${leak}`);
      }
    },
  },
];
