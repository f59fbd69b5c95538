/** Files that are there whole or not at all, whatever happens to the process or the machine. */
import { randomUUID } from "node:crypto";
import { link, open, rename, rm } from "node:fs/promises";
import path from "node:path";

/** Makes a rename or link in the folder last. Windows can't open folders, and keeps their entries by itself. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes the text beside the target and puts it in place by `place`, in one step. */
async function putInPlace(
  target: string,
  text: string,
  place: (from: string) => Promise<void>,
): Promise<void> {
  const folder = path.dirname(target);
  const draft = path.join(folder, `.${path.basename(target)}.${randomUUID()}`);
  try {
    const handle = await open(draft, "wx");
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await place(draft);
    await syncFolder(folder);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Replaces the file. Whoever reads it meanwhile sees the old or the new one. */
export function replaceFile(target: string, text: string): Promise<void> {
  return putInPlace(target, text, (draft) => rename(draft, target));
}

/** Creates the file unless there is one; says whether it did. Of many that race, also from other processes, one does. */
export async function createFile(target: string, text: string): Promise<boolean> {
  try {
    await putInPlace(target, text, (draft) => link(draft, target));
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

/** The system's code of a file error, such as `ENOENT`; empty for anything else. */
export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
