// Runs every `check:*` script of package.json (or those named: `npm run check -- types lint`), two at a time, and reports all of
// them: one line each, the output of those that fail, and an exit code.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { eachAtOnce, run, seconds } from "./jobs.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { scripts } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const known = Object.keys(scripts).flatMap((name) => (name.startsWith("check:") ? [name.slice(6)] : []));
const wanted = process.argv.slice(2).filter((argument) => argument !== "--");
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no check "${unknown.join('", "')}". The checks are: ${known.join(", ")}.`);
  process.exit(2);
}

/** The slowest first, so that nothing long stands alone at the end. */
const LONG = ["packs", "examples", "docs", "types"];
const rank = (name) => (LONG.includes(name) ? LONG.indexOf(name) : LONG.length);
const names = (wanted.length > 0 ? wanted : known).toSorted((a, b) => rank(a) - rank(b));

const started = performance.now();
const results = await eachAtOnce(names, async (name) => {
  const result = await run(scripts[`check:${name}`], [], { cwd: root, shell: true });
  console.log(`${result.ok ? "✓" : "✗"} ${name} (${seconds(result.ms)})`);
  if (!result.ok) console.log(result.output.replace(/^/gm, "    "));
  return { name, ok: result.ok };
});
const failed = results.filter(({ ok }) => !ok).map(({ name }) => name);
console.log(
  failed.length === 0
    ? `All ${results.length} checks pass (${seconds(performance.now() - started)}).`
    : `${failed.length} of ${results.length} checks fail: ${failed.join(", ")} (${seconds(performance.now() - started)}).`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
