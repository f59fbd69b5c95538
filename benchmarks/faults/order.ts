/** What a worker process is told. */
import type { Idempotency } from "@campaignkit/core";

export interface WorkerOrder {
  readonly family: "sqlite" | "postgres";
  readonly location: string;
  readonly providerUrl: string;
  readonly idempotency: Idempotency;
  readonly leaseMs: number;
}
