import type { Channel, Idempotency } from "@campaignkit/core";
import { describe, expect, it } from "vitest";
import { registerCases } from "../../storage/case.ts";
import type { SendStep } from "../script.ts";
import { scriptedChannel } from "../scripted-channel.ts";
import { channelConformance } from "./conformance.ts";
import type { ChannelFault, ChannelSubject } from "./subject.ts";
import { WRONG_CHANNELS, type WrongChannel } from "./wrong-channels.ts";

const STEPS: Readonly<Record<ChannelFault, SendStep>> = {
  refuse: { fail: "rejected-recipient" },
  unreachable: { fail: "transient" },
  "die-before-accepting": { unknown: "lost" },
  "die-after-accepting": { unknown: "accepted" },
  hang: { hang: "lost" },
};

/** The scripted channel as a subject, which may be wrapped. */
function subjectOf(
  options: { readonly reach: "direct" | "public"; readonly idempotency?: Idempotency },
  wrap: (channel: Channel) => Channel = (channel) => channel,
): ChannelSubject {
  const { reach, idempotency = "none" } = options;
  return {
    name: `scripted (${reach}, ${idempotency})`,
    open() {
      const steps: SendStep[] = [];
      const channel = scriptedChannel({ reach, idempotency, script: () => steps.shift() ?? "accept" });
      return {
        channel: wrap(channel),
        accepted: () => channel.accepted.length,
        arrange: (fault) => void steps.push(STEPS[fault]),
        dispose: () => undefined,
      };
    },
    content: {
      valid: [
        { text: "Spring is here." },
        { text: "Hello {{ firstName }}", whenMissing: "blank" },
        { text: "See https://shop.example/a" },
      ],
      invalid: [
        { value: { text: "" }, path: ["text"] },
        { value: { text: "Hi", whenMissing: "ask" }, path: ["whenMissing"] },
        { value: { text: "Hi", color: "red" }, path: ["color"] },
      ],
    },
    config: { valid: [{ label: "spring" }], invalid: [{ value: { label: 7 }, path: ["label"] }] },
    linked: {
      content: { text: "See https://shop.example/spring and https://shop.example/sale now" },
      links: ["https://shop.example/spring", "https://shop.example/sale"],
    },
    ...(reach === "direct"
      ? {
          missing: {
            content: { text: "Dear {{ firstName }} {{ lastName }}", whenMissing: "fail" as const },
            fields: ["firstName", "lastName"],
            policy: "fail" as const,
          },
        }
      : {}),
    faults: Object.keys(STEPS) as ChannelFault[],
    refusals: ["rejected-recipient"],
    secrets: ["hunter2"],
  };
}

for (const reach of ["direct", "public"] as const) {
  for (const idempotency of ["none", "native", "lookup"] as const) {
    const subject = subjectOf({ reach, idempotency });
    const cases = await channelConformance(subject);
    describe(`CHN-1: ${subject.name}`, () => registerCases(it, cases));
  }
}

describe("the channel conformance kit", () => {
  const subject = ({ idempotency, wrap }: WrongChannel): ChannelSubject =>
    subjectOf({ reach: "direct", ...(idempotency === undefined ? {} : { idempotency }) }, wrap);

  it.concurrent.each(WRONG_CHANNELS)(
    "CHN-1: rejects a channel that $name",
    { timeout: 120_000 },
    async (wrong) => {
      const cases = await channelConformance(subject(wrong));
      for (const id of wrong.caughtBy) {
        const found = cases.find((each) => each.id === id);
        expect(found?.skipped, `${id} must apply`).toBeUndefined();
        await expect(found?.run(), `${id} must reject it`).rejects.toThrow();
      }
    },
  );

  it("has ids that name one case each", async () => {
    const ids = (await channelConformance(subjectOf({ reach: "direct" }))).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { name, caughtBy } of WRONG_CHANNELS) {
      for (const id of caughtBy) expect(ids, `of "${name}"`).toContain(id);
    }
  });

  it("CHN-1: says which cases it can't run, and why", async () => {
    const { faults: _faults, linked: _linked, ...bare } = subjectOf({ reach: "public" });
    const cases = await channelConformance(bare);
    const skipped = Object.fromEntries(cases.flatMap(({ id, skipped }) => (skipped ? [[id, skipped]] : [])));
    expect(skipped).toMatchObject({
      "send.refused": "the far side can't be made to refuse",
      "render.links": "the subject brings no sample of content that is linked",
      "idempotency.native": "its idempotency is none",
      "render.hostile": "a public channel has no recipient",
    });
  });
});
