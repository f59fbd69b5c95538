/** What the engine runs over and over: a round of work, and when the next is due. */
import type { WakeTopic } from "./kernel.ts";

/** A background duty. Several processes may run the same one; claims keep them apart. */
export interface Loop {
  readonly name: string;
  /** What wakes it; absent: everything does. */
  readonly topic?: WakeTopic;
  /** One round. Resolves to whether there was work, so that another round follows at once. */
  tick(signal: AbortSignal): Promise<boolean>;
  /** When the next work is due, in epoch milliseconds; `null` when nothing is planned. */
  nextDueAt(): Promise<number | null>;
  /** For loops whose work outlives a round: resolves when none of it is running. Never rejects. */
  drained?(): Promise<void>;
}
