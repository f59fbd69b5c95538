/** `npm run demo`. */
import { HELP, readArguments } from "./arguments.ts";
import { runDemo } from "./demo.ts";
import { Terminal } from "./terminal.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_STOPPED = 130;

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
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(EXIT_STOPPED);
      stopping.abort();
    });
  }
  try {
    const checks = await runDemo(given.options, { terminal, signal: stopping.signal });
    return checks.every(({ holds }) => holds) ? 0 : EXIT_FAILED;
  } catch (error) {
    if (stopping.signal.aborted) {
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
