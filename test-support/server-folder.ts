/** A folder for a server of one's own, and the end of those that nobody owns any more: in memory they would stay until the machine goes down. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

const PREFIX = "pgt-";
/** The id of the process that made the folder. */
const OWNER = "owner.pid";
/** The id of the server's process, as PostgreSQL keeps it. */
const SERVER = "data/postmaster.pid";

/** Makes one, and removes what runs that were killed have left beside it. */
export function serverFolder(scratch: string): string {
  for (const name of readdirSync(scratch).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = path.join(scratch, name);
    if (isOver(path.join(folder, OWNER)) === true && isOver(path.join(folder, SERVER)) !== false)
      rmSync(folder, { recursive: true, force: true });
  }
  const folder = mkdtempSync(path.join(scratch, PREFIX));
  writeFileSync(path.join(folder, OWNER), String(process.pid));
  return folder;
}

/** Whether the process that a file names has ended; `null` when there is no such file. */
function isOver(file: string): boolean | null {
  const pid = existsSync(file) ? Number.parseInt(readFileSync(file, "utf8"), 10) : Number.NaN;
  return pid > 0 ? !isRunning(pid) : null;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process is one, too.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
