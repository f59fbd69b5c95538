/** Metrics and traces, if the host gave a meter or a tracer; nothing otherwise. Names follow OpenTelemetry's conventions. */
import type { Meter, Runtime, Tracer } from "../ports/runtime.ts";

type Counter = ReturnType<Meter["createCounter"]>;
type Histogram = ReturnType<Meter["createHistogram"]>;

/** The instruments of one engine. */
export class Telemetry {
  readonly #tracer: Tracer | undefined;
  readonly #deliveries: Counter | undefined;
  readonly #sendDuration: Histogram | undefined;
  readonly #jobs: Counter | undefined;
  readonly #jobDuration: Histogram | undefined;

  constructor({ tracer, meter }: Pick<Runtime, "tracer" | "meter">) {
    this.#tracer = tracer;
    this.#deliveries = meter?.createCounter("campaignkit.deliveries", {
      description: "Settled attempts by channel and outcome.",
      unit: "{attempt}",
    });
    this.#sendDuration = meter?.createHistogram("campaignkit.send.duration", {
      description: "How long the far side took to answer.",
      unit: "ms",
    });
    this.#jobs = meter?.createCounter("campaignkit.jobs", {
      description: "Finished job runs by kind and outcome.",
      unit: "{run}",
    });
    this.#jobDuration = meter?.createHistogram("campaignkit.job.duration", {
      description: "How long a job's run took.",
      unit: "ms",
    });
  }

  /** One attempt at a delivery has come to an end. */
  attempt(channel: string, outcome: string, durationMs: number): void {
    this.#deliveries?.add(1, { channel, outcome });
    this.#sendDuration?.record(durationMs, { channel, outcome });
  }

  /** One run of a job has come to an end. */
  jobRun(kind: string, outcome: "done" | "failed" | "lost", durationMs: number): void {
    this.#jobs?.add(1, { kind, outcome });
    this.#jobDuration?.record(durationMs, { kind });
  }

  /** Runs the work inside a span of that name; an error is recorded on it and thrown on. */
  async span<Result>(
    name: string,
    attributes: Readonly<Record<string, string | number>>,
    work: () => Promise<Result>,
  ): Promise<Result> {
    if (this.#tracer === undefined) return work();
    return this.#tracer.startActiveSpan(name, async (span) => {
      for (const [key, value] of Object.entries(attributes)) span.setAttribute(key, value);
      try {
        return await work();
      } catch (error) {
        span.recordException(error instanceof Error ? error : new Error(String(error)));
        throw error;
      } finally {
        span.end();
      }
    });
  }
}
