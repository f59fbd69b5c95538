// Runs commands side by side, as many as there are cores, each with its own captured output.
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";

/** Runs a command to its end: { ok, output, ms }. Never rejects; stdin is closed; both streams are kept in order of arrival. */
export function run(command, args, options = {}) {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
      ...options,
    });
    let output = "";
    const done = (ok) => resolve({ ok, output: output.trimEnd(), ms: performance.now() - started });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (chunk) => {
        output += chunk;
      });
    }
    child.on("error", (error) => {
      output += `${command} could not be started: ${error.message}`;
      done(false);
    });
    child.on("close", (code, signal) => {
      if (signal !== null) output += `\n${command} was ended by ${signal}`;
      done(code === 0);
    });
  });
}

/** Maps with at most `width` items at once; results stand in the order of the items. */
export async function eachAtOnce(items, work, width = Math.max(2, availableParallelism())) {
  const results = new Array(items.length);
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  return results;
}

/** Seconds, for people. */
export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
