/** The channel conformance kit: every promise of the channel port as a case that any channel can be held to. */
import type { Channel } from "@campaignkit/core";
import { inTime } from "../../storage/bench.ts";
import type { ConformanceCase } from "../../storage/case.ts";
import { ChannelBench } from "./bench.ts";
import type { ChannelCase } from "./case.ts";
import { CLOSING_CASES } from "./cases/closing.ts";
import { DEFINITION_CASES } from "./cases/definition.ts";
import { IDEMPOTENCY_CASES } from "./cases/idempotency.ts";
import { RENDERING_CASES } from "./cases/rendering.ts";
import { SCHEMA_CASES } from "./cases/schemas.ts";
import { SENDING_CASES } from "./cases/sending.ts";
import type { ChannelSubject } from "./subject.ts";

const CASES: readonly ChannelCase[] = [
  ...DEFINITION_CASES,
  ...SCHEMA_CASES,
  ...RENDERING_CASES,
  ...SENDING_CASES,
  ...IDEMPOTENCY_CASES,
  ...CLOSING_CASES,
];

/** Why a case says nothing about a channel, if so. */
function obstacleOf(each: ChannelCase, subject: ChannelSubject, channel: Channel): string | undefined {
  const { fault, sample } = each;
  if (fault !== undefined && !subject.faults?.includes(fault))
    return `the far side can't be made to ${fault}`;
  const own = each.obstacle?.(channel, subject);
  if (own !== undefined) return own;
  if (sample === undefined || subject[sample] !== undefined) return undefined;
  return `the subject brings no sample of content that is ${sample === "linked" ? "linked" : "missing fields"}`;
}

async function runOn(subject: ChannelSubject, each: ChannelCase): Promise<void> {
  const bench = new ChannelBench(subject, await subject.open());
  try {
    await inTime("the case", each.run(bench));
  } finally {
    await bench.dispose();
  }
}

/**
 * The cases that a channel must pass, each on a fresh one with a far side of its own: what it declares, its schemas, rendering, sending, idempotency,
 * failures and closing. The far side should be real, or the nearest thing that listens.
 *
 * Independent of any test runner: `registerCases` hands them to one. A channel is opened once, and not used, to see what it declares; cases that can say nothing about it are in
 * the list with the reason.
 *
 * @example
 * ```ts
 * import { channelConformance, registerCases, scriptedChannel } from "@campaignkit/testing";
 * import { describe, it } from "vitest";
 *
 * const cases = await channelConformance({
 *   name: "scripted",
 *   open: () => {
 *     const channel = scriptedChannel({ reach: "direct", idempotency: "native" });
 *     return { channel, accepted: () => channel.accepted.length, dispose: () => {} };
 *   },
 *   content: { valid: [{ text: "Hello" }], invalid: [{ value: { text: "" }, path: ["text"] }] },
 * });
 * describe("scripted", () => registerCases(it, cases));
 * ```
 */
export async function channelConformance(subject: ChannelSubject): Promise<readonly ConformanceCase[]> {
  const open = await subject.open();
  const { channel } = open;
  await open.dispose();
  return CASES.map((each) => {
    const skipped = obstacleOf(each, subject, channel);
    return {
      id: each.id,
      title: each.title,
      ...(skipped !== undefined && { skipped }),
      run: () => runOn(subject, each),
    };
  });
}
