import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "demo-"));
});
afterEach(() => rm(folder, { recursive: true, maxRetries: 5 }));

interface Demo {
  readonly process: ChildProcess;
  /** Everything that was printed. */
  output(): string;
  /** The exit code; `null` when it was killed. */
  readonly end: Promise<number | null>;
}

function start(): Demo {
  const main = path.join(import.meta.dirname, "main.ts");
  const flags = [
    "--size",
    "60",
    "--seed",
    "3",
    "--folder",
    folder,
    "--report",
    path.join(folder, "report.html"),
  ];
  const child = spawn(process.execPath, [main, ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
    // What was compiled once is not compiled again for each of its processes.
    env: { ...process.env, NODE_COMPILE_CACHE: path.join(tmpdir(), "campaignkit-compile-cache") },
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      text += chunk;
    });
  }
  const end = once(child, "close").then(([code]) => code as number | null);
  return { process: child, output: () => text, end };
}

/** Kills the demo, as `kill -9` does, once what it has left on the disk says so; or lets it end, if it was quicker. */
async function killWhen(reached: () => boolean): Promise<void> {
  const demo = start();
  const ended = demo.end.then(() => true);
  while (!reached() && !(await Promise.race([ended, sleep(1, false)])));
  demo.process.kill("SIGKILL");
  await demo.end;
}

function accepted(): readonly string[] {
  const [file] = globSync(path.join(folder, "*", "mail", "accepted.tsv"));
  if (file === undefined) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "");
}

function readMails(): number {
  const [cur] = globSync(path.join(folder, "*", "mail", "cur"));
  return cur === undefined ? 0 : readdirSync(cur).length;
}

it("CHN-7: killed while it sends and while people read, the demo goes on to sums that add up, and nobody gets two mails", {
  timeout: 300_000,
}, async () => {
  await killWhen(() => accepted().length >= 5);
  const sentBefore = accepted().length;
  await killWhen(() => readMails() >= 5);
  const demo = start();
  expect(await demo.end, demo.output()).toBe(0);
  const text = demo.output();
  expect(text).toContain("An earlier run was interrupted");
  const sums = /audience\s+(\d+) = (\d+) sent \+ (\d+) failed \+ (\d+) skipped \+ (\d+) uncertain/.exec(text);
  const [audience = 0, sent = 0, failed = 0, skipped = 0, uncertain = 0] = (sums ?? []).slice(1).map(Number);
  expect(audience).toBe(sent + failed + skipped + uncertain);
  expect(audience).toBeGreaterThan(40);
  expect(sent + uncertain).toBeGreaterThanOrEqual(sentBefore);
  const addresses = accepted().map((line) => line.split("\t")[0]);
  expect(new Set(addresses).size).toBe(addresses.length);
  expect(addresses.length).toBeGreaterThanOrEqual(sent);
  expect(addresses.length).toBeLessThanOrEqual(sent + uncertain);
  expect(readFileSync(path.join(folder, "report.html"), "utf8")).toContain("Spring newsletter");
});

it("Ctrl-C stops it politely, and the next run goes on", { timeout: 300_000 }, async () => {
  const demo = start();
  while (accepted().length === 0) await sleep(1);
  demo.process.kill("SIGINT");
  expect(await demo.end, demo.output()).toBe(130);
  expect(demo.output()).toContain("The same command goes on from here");
  const next = start();
  expect(await next.end, next.output()).toBe(0);
  // Nothing was under way when it stopped, so nothing is uncertain.
  expect(next.output()).toMatch(/\+ 0 uncertain/);
});
