/** How a process works in the background: the defaults, and what is refused. */
import { CampaignKitError } from "../ports/errors.ts";

/** How one process works in the background. All have defaults that suit a small host. */
export interface WorkerOptions {
  /** Jobs at once; 4. */
  readonly jobConcurrency?: number;
  /** How long a claim of work holds without a sign of life, in milliseconds; 30,000. A crashed worker's work is taken over after that. */
  readonly leaseMs?: number;
  /** Batches of messages at once; 2, so that one is claimed while another is sent. */
  readonly lanes?: number;
  /** Messages in a batch; 200. */
  readonly batchSize?: number;
  /** How long one send may take before its outcome counts as unknown, in milliseconds; 60,000. */
  readonly sendTimeoutMs?: number;
}

const DEFAULT_WORKERS: Required<WorkerOptions> = {
  jobConcurrency: 4,
  leaseMs: 30_000,
  lanes: 2,
  batchSize: 200,
  sendTimeoutMs: 60_000,
};

/** The host's options over the defaults. @throws {CONFIGURATION_INVALID} for one that is no positive whole number. */
export function checkedWorkers(given: WorkerOptions = {}): Required<WorkerOptions> {
  const workers = { ...DEFAULT_WORKERS, ...given };
  for (const [name, value] of Object.entries(workers)) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    const reason = `it is ${value}; it must be a positive whole number`;
    throw new CampaignKitError("CONFIGURATION_INVALID", `workers.${name} can't be used: ${reason}.`, {
      setting: `workers.${name}`,
      reason,
    });
  }
  return workers;
}
