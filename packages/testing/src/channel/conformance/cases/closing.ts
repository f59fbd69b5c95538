/** Releasing what sending opened. */
import { strict as assert } from "node:assert";
import { CampaignKitError } from "@campaignkit/core";
import type { ChannelCase } from "../case.ts";

export const CLOSING_CASES: readonly ChannelCase[] = [
  {
    id: "close.unused",
    title: "a channel that was never used can be closed",
    run: (bench) => bench.close(),
  },
  {
    id: "close.idempotent",
    title: "closing again does nothing, also at the same time",
    async run(bench) {
      await bench.send(bench.newKey());
      await Promise.all([bench.close(), bench.close()]);
      await bench.close();
    },
  },
  {
    id: "close.then-send",
    title: "sending after closing opens again, or is refused with nothing sent",
    async run(bench) {
      await bench.close();
      const accepted = await bench.send(bench.newKey()).then(
        () => 1,
        (error: unknown) => {
          assert.ok(
            CampaignKitError.is(error, "CHANNEL_FAILED"),
            `it must be a ChannelError, but is ${String(error)}`,
          );
          assert.equal(error.details.outcome, "not-sent");
          return 0;
        },
      );
      assert.equal(await bench.accepted(), accepted);
    },
  },
];
