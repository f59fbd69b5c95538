/** Tells observers what is compiled, so that it can be seen (and tested) that it happens once per post version. */
import { channel } from "node:diagnostics_channel";

/**
 * The name of the `node:diagnostics_channel` on which every step of compiling a post is published, as `{ step: CompileStep }`.
 *
 * @example
 * ```ts
 * import { subscribe } from "node:diagnostics_channel";
 * import { COMPILE_CHANNEL } from "@campaignkit/channel-email";
 *
 * subscribe(COMPILE_CHANNEL, (message) => console.log(message));
 * ```
 */
export const COMPILE_CHANNEL = "campaignkit:email:compile";

/** A step of compiling a post; each is taken once per post version and locale, never per recipient. */
export type CompileStep = "mjml" | "html" | "html-to-text" | "liquid";

const observers = channel(COMPILE_CHANNEL);

/** Notes that a step is taken. */
export function noteCompile(step: CompileStep): void {
  if (observers.hasSubscribers) observers.publish({ step });
}
