/** The runtime port: everything that would make two runs differ. Injected, so that tests travel in time and replay. */

/** Time, as the engine sees it. */
export interface Clock {
  /** The present instant, in milliseconds since the Unix epoch. May jump, also backwards. */
  now(): number;
  /** Milliseconds since some fixed point; never goes backwards. For durations and for leases held by this process. */
  monotonic(): number;
  /** Resolves after that many milliseconds of this clock, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Where ids come from. */
export interface Ids {
  /** A new UUID, version 7 (RFC 9562): ids made later sort later. */
  next(): string;
}

/** Where chance comes from. */
export interface Random {
  /** A number from 0 (included) to 1 (excluded). */
  next(): number;
  /** That many unpredictable bytes, for keys and tokens. */
  bytes(length: number): Uint8Array;
}

/** Facts beside a log message. Never secrets or addresses. */
export type LogFields = Readonly<Record<string, unknown>>;

/** A structured logger; `console`, pino and winston fit after a line of adaptation. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** A running span; the part of OpenTelemetry's `Span` that the engine uses. */
export interface Span {
  setAttribute(key: string, value: string | number | boolean): unknown;
  recordException(error: Error): void;
  /** `2` is OpenTelemetry's `SpanStatusCode.ERROR`. */
  setStatus(status: { code: 2; message?: string }): unknown;
  end(): void;
}

/** The part of OpenTelemetry's `Tracer` that the engine uses: pass `trace.getTracer("campaignkit")`. */
export interface Tracer {
  startActiveSpan<Result>(name: string, work: (span: Span) => Result): Result;
}

/** The part of OpenTelemetry's `Meter` that the engine uses: pass `metrics.getMeter("campaignkit")`. */
export interface Meter {
  createCounter(
    name: string,
    options?: { description?: string; unit?: string },
  ): { add(value: number, attributes?: Record<string, string>): void };
  createHistogram(
    name: string,
    options?: { description?: string; unit?: string },
  ): { record(value: number, attributes?: Record<string, string>): void };
}

/** All of it together. */
export interface Runtime {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly random: Random;
  readonly logger: Logger;
  /** What channels make HTTP calls with. */
  readonly fetch: typeof globalThis.fetch;
  readonly tracer?: Tracer;
  readonly meter?: Meter;
}
