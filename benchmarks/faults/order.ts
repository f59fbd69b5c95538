/** What a worker process is told. */
export interface WorkerOrder {
  readonly family: "sqlite" | "postgres";
  readonly location: string;
  readonly providerUrl: string;
  readonly idempotency: "native" | "none";
  readonly leaseMs: number;
}
