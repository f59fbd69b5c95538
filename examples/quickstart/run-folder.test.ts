import { spawnSync } from "node:child_process";
import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Options, readArguments } from "./arguments.ts";
import { RunFolder, type RunNote } from "./run-folder.ts";

let base = "";
let ids = 0;

beforeEach(async () => {
  base = await mkdtemp(path.join(tmpdir(), "runs-"));
});
afterEach(() => rm(base, { recursive: true }));

function folder(...flags: readonly string[]): { readonly folder: RunFolder; readonly options: Options } {
  const given = readArguments(["--folder", base, ...flags]);
  if (given.outcome !== "run") throw new Error("These flags can't be read.");
  return { folder: new RunFolder(given.options), options: given.options };
}

async function begin(
  ...flags: readonly string[]
): Promise<{ readonly run: RunFolder; readonly note: RunNote }> {
  const { folder: run, options } = folder(...flags);
  const note = await run.begin({ fresh: options.fresh, newId: () => `id-${++ids}`, now: new Date() });
  await run.release();
  return { run, note };
}

it("an interrupted run goes on: same workspace, same files", async () => {
  const first = await begin();
  await writeFile(first.run.file("shop.db"), "");
  const second = await begin();
  expect(second.note).toEqual({ ...first.note, attempts: 2 });
  await expect(access(second.run.file("shop.db"))).resolves.toBeUndefined();
});

it("a finished run is followed by a new one, with nothing of the old", async () => {
  const first = await begin();
  await writeFile(first.run.file("shop.db"), "");
  await first.run.finish(first.note);
  const second = await begin();
  expect(second.note.workspaceId).not.toBe(first.note.workspaceId);
  expect(second.note.attempts).toBe(1);
  await expect(access(second.run.file("shop.db"))).rejects.toThrow("ENOENT");
});

it("--fresh begins anew", async () => {
  const first = await begin();
  expect((await begin("--fresh")).note.workspaceId).not.toBe(first.note.workspaceId);
});

it("other settings are another run, and leave this one waiting", async () => {
  const first = await begin();
  const other = await begin("--seed", "2");
  expect(other.run.path).not.toBe(first.run.path);
  expect((await begin()).note.attempts).toBe(2);
});

it("two processes do not run the same one; what a killed one left behind does not stand in the way", async () => {
  const { folder: run, options } = folder();
  const settings = { fresh: options.fresh, newId: () => "id", now: new Date() };
  await run.begin(settings);
  await expect(run.begin(settings)).rejects.toThrow(`process ${process.pid}`);
  const gone = spawnSync(process.execPath, ["-e", ""]).pid;
  await writeFile(`${run.path}.lock`, String(gone));
  await expect(run.begin(settings)).resolves.toMatchObject({ attempts: 2 });
});
