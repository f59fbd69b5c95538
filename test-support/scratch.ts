/** Where tests keep their files. */
import { accessSync, constants, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

/** Linux keeps what is here in memory. */
const MEMORY = "/dev/shm";
const ROOM = 2 * 1024 ** 3;

/**
 * The folder for files that live as long as a test: in memory, where there is such a place with room enough. A PostgreSQL database is hundreds of files,
 * and to make and remove them on a disk would take longer than most tests.
 */
export function scratchFolder(): string {
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ROOM ? MEMORY : tmpdir();
  } catch {
    // No such place here: another system, or a container that forbids it.
    return tmpdir();
  }
}
