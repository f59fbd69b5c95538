// Runs the suites that lean on the runtime's own modules (SQLite, sockets, crypto, type stripping) under the Node that runs this
// script, not the pinned one. Called by .ci/run with the version that is wanted.
import { fileURLToPath } from "node:url";
import { run } from "./jobs.mjs";

const SUITES = [
  "packages/adapter-sqlite",
  "packages/adapter-postgres",
  "packages/testing",
  "packages/core/src/engine",
];

const wanted = process.argv[2];
if (process.versions.node !== wanted) {
  console.error(`This is Node ${process.versions.node}, not ${wanted}: it could not be installed here.`);
  process.exit(1);
}
const root = fileURLToPath(new URL("..", import.meta.url));
const { CI: _, ...environment } = process.env;
const vitest = await run(
  process.execPath,
  ["node_modules/vitest/vitest.mjs", "run", "--passWithNoTests", "--typecheck.enabled=false", ...SUITES],
  { cwd: root, env: environment },
);
console.log(vitest.output);
process.exitCode = vitest.ok ? 0 : 1;
