/** How a process works in the background: the defaults, and what is refused. */
import { MAX_RETRY_MS } from "../delivery/index.ts";
import { CampaignKitError } from "../ports/errors.ts";

/** How one process works in the background. All have defaults that suit a small host. */
export interface WorkerOptions {
  /** Jobs at once; 4. */
  readonly jobConcurrency?: number;
  /** How long a claim of work holds without a sign of life, in milliseconds; 30,000. A crashed worker's work is taken over after that. */
  readonly leaseMs?: number;
  /** Batches of messages at once; 2, so that one is claimed while another is sent. */
  readonly lanes?: number;
  /** Messages in a batch; 500. */
  readonly batchSize?: number;
  /** How long one send may take before its outcome counts as unknown, in milliseconds; 60,000. */
  readonly sendTimeoutMs?: number;
  /**
   * The wait before a message's second attempt, in milliseconds; 30,000, from 1,000 to 3,600,000. It doubles with each further attempt, up to
   * an hour; by chance up to half of it is left out.
   */
  readonly retryBaseMs?: number;
}

const DEFAULT_WORKERS: Required<WorkerOptions> = {
  jobConcurrency: 4,
  leaseMs: 30_000,
  lanes: 2,
  batchSize: 500,
  sendTimeoutMs: 60_000,
  retryBaseMs: 30_000,
};

/** Tighter bounds than "a positive whole number". Under a second, a message's attempts would be over before a far side has restarted. */
const BOUNDS: Readonly<Record<string, { readonly min: number; readonly max: number }>> = {
  retryBaseMs: { min: 1_000, max: MAX_RETRY_MS },
};

/** The host's options over the defaults. @throws {CONFIGURATION_INVALID} for one that is no positive whole number, or out of its bounds. */
export function checkedWorkers(given: WorkerOptions = {}): Required<WorkerOptions> {
  const workers = { ...DEFAULT_WORKERS, ...given };
  for (const [name, value] of Object.entries(workers)) {
    const bounds = BOUNDS[name];
    const { min, max } = bounds ?? { min: 1, max: Number.MAX_SAFE_INTEGER };
    if (Number.isSafeInteger(value) && value >= min && value <= max) continue;
    const wanted = bounds === undefined ? "a positive whole number" : `a whole number from ${min} to ${max}`;
    const reason = `it is ${value}; it must be ${wanted}`;
    throw new CampaignKitError("CONFIGURATION_INVALID", `workers.${name} can't be used: ${reason}.`, {
      setting: `workers.${name}`,
      reason,
    });
  }
  return workers;
}
