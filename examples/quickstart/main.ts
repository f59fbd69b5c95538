/** `npm run demo`. */
import { HELP, readArguments } from "./arguments.ts";
import { runDemo } from "./demo.ts";
import { Terminal } from "./terminal.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_STOPPED = 130;
const COPY_WITHIN_MS = 1_000;

/** Aborts at the first Ctrl-C. One that comes later, and not just a copy that npm hands on, ends the process at once. */
function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  let stoppedAt = 0;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      const now = performance.now();
      if (stopping.signal.aborted && now - stoppedAt > COPY_WITHIN_MS) process.exit(EXIT_STOPPED);
      if (stopping.signal.aborted) return;
      stoppedAt = now;
      stopping.abort();
    });
  }
  return stopping.signal;
}

async function main(): Promise<number> {
  const terminal = new Terminal(process.stdout, () => performance.now());
  const given = readArguments(process.argv.slice(2));
  if (given.outcome === "help") {
    terminal.say(HELP);
    return 0;
  }
  if (given.outcome === "wrong") {
    for (const problem of given.problems) console.error(problem);
    console.error("\nnpm run demo -- --help says what there is.");
    return EXIT_USAGE;
  }
  const signal = stopSignal();
  try {
    const checks = await runDemo(given.options, { terminal, signal });
    return checks.every(({ holds }) => holds) ? 0 : EXIT_FAILED;
  } catch (error) {
    if (signal.aborted) {
      terminal.say("\nStopped. The same command goes on from here; --fresh starts anew.");
      return EXIT_STOPPED;
    }
    terminal.clear();
    console.error(error instanceof Error ? error.message : error);
    console.error("When that is mended, the same command goes on from here; --fresh starts anew.");
    return EXIT_FAILED;
  }
}

process.exitCode = await main();
