/** Tells observers what is compiled, so that it can be seen (and tested) that it happens once per post version. */
import { channel } from "node:diagnostics_channel";

/** The channel of `node:diagnostics_channel`; its messages are `{ step }`. */
export const COMPILE_CHANNEL = "campaignkit:email:compile";

/** What can be compiled. */
export type CompileStep = "mjml" | "html" | "html-to-text" | "liquid";

const observers = channel(COMPILE_CHANNEL);

/** Notes that a step is taken. */
export function noteCompile(step: CompileStep): void {
  if (observers.hasSubscribers) observers.publish({ step });
}
