/** A case of the channel conformance kit, as it is written. */
import type { Channel } from "@campaignkit/core";
import type { ChannelBench } from "./bench.ts";
import type { ChannelFault, ChannelSubject } from "./subject.ts";

/** One thing that must hold for a channel. */
export interface ChannelCase {
  /** Stable across releases. */
  readonly id: string;
  readonly title: string;
  /** The fault that the far side must be able to have. */
  readonly fault?: ChannelFault;
  /** The sample that the subject must bring. */
  readonly sample?: "linked" | "missing";
  /** Why it says nothing about this channel, if so. */
  obstacle?(channel: Channel, subject: ChannelSubject): string | undefined;
  run(bench: ChannelBench): Promise<void>;
}
