import {
  createCampaignKit,
  defineJob,
  definePlugin,
  handleJob,
  type Meter,
  type Scope,
  type Tracer,
} from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { scriptedChannel, virtualTime } from "@campaignkit/testing";
import { describe, expect, it } from "vitest";
import { Telemetry } from "./telemetry.ts";

/** Keeps what an exporter would see. */
function recorder() {
  const points: { readonly name: string; readonly value: number; readonly attributes: object }[] = [];
  const spans: {
    readonly name: string;
    readonly attributes: Record<string, unknown>;
    readonly errors: string[];
    ended: boolean;
  }[] = [];
  const instrument = (name: string) => {
    const note = (value: number, attributes: object = {}): void =>
      void points.push({ name, value, attributes });
    return { add: note, record: note };
  };
  const meter: Meter = { createCounter: instrument, createHistogram: instrument };
  const tracer: Tracer = {
    startActiveSpan(name, work) {
      const span = { name, attributes: {} as Record<string, unknown>, errors: [] as string[], ended: false };
      spans.push(span);
      return work({
        setAttribute: (key, value) => Object.assign(span.attributes, { [key]: value }),
        recordException: ({ message }) => void span.errors.push(message),
        setStatus: ({ code }) => Object.assign(span.attributes, { status: code }),
        end: () => {
          span.ended = true;
        },
      });
    },
  };
  const of = (wanted: string) =>
    points.filter(({ name }) => name === wanted).map(({ attributes }) => attributes);
  return { meter, tracer, points, spans, of };
}

const job = defineJob<{ readonly end: "well" | "badly" }>("probe.work", {
  maxAttempts: 2,
  baseMs: 1_000,
  maxMs: 1_000,
});
const probe = definePlugin({
  id: "probe",
  jobs: [
    handleJob(job, async ({ payload }) => {
      if (payload.end === "badly") throw new Error("out of luck");
    }),
  ],
  workspace: (scope: Scope) => scope,
});

describeEachDatabase("telemetry", (database) => {
  it("RUN-5: counts every run of a job by its outcome, times it, and puts a span around it", async () => {
    const time = virtualTime();
    const { meter, tracer, of, points, spans } = recorder();
    const storage = (await database()).connect();
    const kit = createCampaignKit({
      storage,
      channels: {},
      plugins: { probe },
      runtime: { ...time.runtime, meter, tracer },
    });
    const order = (end: "well" | "badly") =>
      kit
        .workspace("shop")
        .plugins.probe.write("campaigns:write", async (unit) => unit.enqueue(job, { payload: { end } }));
    await order("well");
    await time.settle(kit);
    await order("badly");
    await time.advance("1m", kit);
    const runs = ["done", "failed", "failed"].map((outcome) => ({ kind: "probe.work", outcome }));
    expect(of("campaignkit.jobs")).toEqual(runs);
    expect(of("campaignkit.job.duration")).toEqual(runs);
    expect(points.every(({ value }) => value >= 0)).toBe(true);
    expect(
      spans.map(({ name, errors, ended, attributes }) => [
        name,
        errors,
        ended,
        attributes["status"],
        attributes["campaignkit.job.attempt"],
      ]),
    ).toEqual([
      ["campaignkit.job probe.work", [], true, undefined, 1],
      ["campaignkit.job probe.work", ["out of luck"], true, 2, 1],
      ["campaignkit.job probe.work", ["out of luck"], true, 2, 2],
    ]);
    expect(spans[0]?.attributes["campaignkit.workspace"]).toBe("shop");
    await kit.stop();
  });

  it("RUN-5: counts every attempt at a delivery by channel and outcome, and puts a span around each batch", async () => {
    const time = virtualTime();
    const { meter, tracer, of, spans } = recorder();
    const storage = (await database()).connect();
    const wall = scriptedChannel({ reach: "public", script: [{ fail: "transient", takes: "2s" }] });
    const kit = createCampaignKit({
      storage,
      channels: { wall },
      runtime: { ...time.runtime, meter, tracer },
    });
    const shop = kit.workspace("shop");
    const { id } = await shop.campaigns.create({
      name: "C",
      timeZone: "UTC",
      startsAt: time.now(),
      channels: ["wall"],
    });
    const post = await shop.posts.create(id, { channel: "wall", content: { text: "Hello" } });
    await shop.campaigns.launch(id);
    await time.advance("5m", kit);
    const attempts = ["pending", "sent"].map((outcome) => ({ channel: "wall", outcome }));
    expect(of("campaignkit.deliveries")).toEqual(attempts);
    expect(of("campaignkit.send.duration")).toEqual(attempts);
    const batches = spans.filter(({ name }) => name === "campaignkit.send");
    expect(batches.map(({ attributes, ended }) => ({ ...attributes, ended }))).toEqual(
      [1, 2].map(() => ({
        "campaignkit.workspace": "shop",
        "campaignkit.campaign.id": id,
        "campaignkit.post.id": post.id,
        "campaignkit.channel": "wall",
        "campaignkit.deliveries": 1,
        ended: true,
      })),
    );
    await kit.stop();
  });
});

describe("Telemetry", () => {
  it("RUN-5: passes work through when the host wants neither metrics nor traces", async () => {
    const telemetry = new Telemetry({});
    telemetry.attempt("mail", "sent", 3);
    telemetry.jobRun("x", "done", 3);
    expect(await telemetry.span("x", {}, async () => 7)).toBe(7);
  });

  it("RUN-5: ends the span of what fails, and throws the failure on as it was", async () => {
    const { tracer, spans } = recorder();
    await expect(new Telemetry({ tracer }).span("x", {}, () => Promise.reject("plain text"))).rejects.toBe(
      "plain text",
    );
    expect(spans).toEqual([{ name: "x", attributes: { status: 2 }, errors: ["plain text"], ended: true }]);
  });
});
