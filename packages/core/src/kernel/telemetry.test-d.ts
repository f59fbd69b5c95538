import type { Meter, Tracer } from "@campaignkit/core";
import type { Meter as OtelMeter, Tracer as OtelTracer, SpanStatusCode } from "@opentelemetry/api";
import { assertType, describe, expectTypeOf, it } from "vitest";

declare const meter: OtelMeter;
declare const tracer: OtelTracer;

describe("RUN-5: OpenTelemetry's own types", () => {
  it("fit the ports without a cast", () => {
    assertType<Meter>(meter);
    assertType<Tracer>(tracer);
  });

  it("agree on the code of an error", () => {
    expectTypeOf(2 as const).toExtend<SpanStatusCode.ERROR>();
  });
});
