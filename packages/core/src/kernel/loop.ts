/** What the engine runs over and over: a round of work, and when the next is due. */

/** A background duty. Several processes may run the same one; claims keep them apart. */
export interface Loop {
  readonly name: string;
  /** One round. Resolves to whether there was work, so that another round follows at once. */
  tick(signal: AbortSignal): Promise<boolean>;
  /** When the next work is due, in epoch milliseconds; `null` when nothing is planned. */
  nextDueAt(): Promise<number | null>;
}
