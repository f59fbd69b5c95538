/** Metrics and traces, if the host gave a meter or a tracer; nothing otherwise. Names follow OpenTelemetry's conventions. */
import type { Meter, Runtime, Tracer } from "../ports/runtime.ts";

type Counter = ReturnType<Meter["createCounter"]>;
type Histogram = ReturnType<Meter["createHistogram"]>;

/**
 * How a job's run ended: `done` (finished, or at rest until its next step), `failed` (to be retried, or for good), `stopped` (put back as the
 * engine stopped), `lost` (another run has the job).
 */
export type JobRunOutcome = "done" | "failed" | "stopped" | "lost";

/** OpenTelemetry's `SpanStatusCode.ERROR`. */
const ERROR = 2;

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
      description: "Runs of jobs by kind and outcome.",
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
  jobRun(kind: string, outcome: JobRunOutcome, durationMs: number): void {
    this.#jobs?.add(1, { kind, outcome });
    this.#jobDuration?.record(durationMs, { kind, outcome });
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
        const exception = error instanceof Error ? error : new Error(String(error));
        span.recordException(exception);
        span.setStatus({ code: ERROR, message: exception.name });
        throw error;
      } finally {
        span.end();
      }
    });
  }
}
