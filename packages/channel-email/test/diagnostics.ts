/** Counts the compiling that goes on, by what the package publishes on its diagnostics channel. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { COMPILE_CHANNEL, type CompileStep } from "../src/diagnostics.ts";

/** Counts since it was made, until it is disposed. */
export function diagnostics(): Disposable & { counts(): Readonly<Record<string, number>> } {
  const counts: Record<string, number> = {};
  const note = (message: unknown) => {
    const { step } = message as { step: CompileStep };
    counts[step] = (counts[step] ?? 0) + 1;
  };
  subscribe(COMPILE_CHANNEL, note);
  return {
    counts: () => ({ ...counts }),
    [Symbol.dispose]: () => {
      unsubscribe(COMPILE_CHANNEL, note);
    },
  };
}
