/** Measuring in pairs: ours and the reference in turn on the same machine in one run, so that a noisy neighbour hits both. */
import { readdirSync, readFileSync } from "node:fs";

/** What one timed run did. */
export interface Sample {
  readonly items: number;
  readonly seconds: number;
  /** Of this process and, where given, of the database server. */
  readonly cpuSeconds: number;
}

/** One line of the table. `ratio` is ours over the first peer in throughput, more is better; `cpuRatio` in CPU per item, less is better. */
export interface BenchRow {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly peers: Readonly<Record<string, number>>;
  readonly ratio: number;
  readonly cpuRatio: number;
  readonly n: number;
}

const CLOCK_TICKS = 100;

/** CPU seconds of a process tree: the process, what it has reaped, and its living children. Zero where /proc is not there. */
function cpuOfTree(pid: number): number {
  try {
    const own = statOf(pid);
    const children = readdirSync("/proc")
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number)
      .filter((child) => statOf(child)?.parent === pid);
    const living = children.reduce((total, child) => total + (statOf(child)?.own ?? 0), 0);
    return ((own?.own ?? 0) + (own?.reaped ?? 0) + living) / CLOCK_TICKS;
  } catch {
    return 0;
  }
}

function statOf(
  pid: number,
): { readonly parent: number; readonly own: number; readonly reaped: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const field = (index: number): number => Number(fields[index - 3]);
    return { parent: field(4), own: field(14) + field(15), reaped: field(16) + field(17) };
  } catch {
    return null;
  }
}

/** Times a piece of work. */
export async function timed(serverPid: number | null, work: () => Promise<number>): Promise<Sample> {
  const server = (): number => (serverPid === null ? 0 : cpuOfTree(serverPid));
  const before = { cpu: process.cpuUsage(), server: server(), at: process.hrtime.bigint() };
  const items = await work();
  const cpu = process.cpuUsage(before.cpu);
  return {
    items,
    seconds: Number(process.hrtime.bigint() - before.at) / 1e9,
    cpuSeconds: (cpu.user + cpu.system) / 1e6 + server() - before.server,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

const throughput = ({ items, seconds }: Sample): number => items / seconds;
const cpuPerItem = ({ items, cpuSeconds }: Sample): number => cpuSeconds / items;

/** Runs ours and the peers in turn for so many rounds; the medians of the pairwise ratios are quoted. */
export async function paired(
  name: string,
  unit: string,
  rounds: number,
  sides: {
    readonly ours: () => Promise<Sample>;
    readonly peers: Readonly<Record<string, () => Promise<Sample>>>;
  },
): Promise<BenchRow> {
  const ours: Sample[] = [];
  const peers = new Map<string, Sample[]>(Object.keys(sides.peers).map((peer) => [peer, []]));
  for (let round = 0; round < rounds; round++) {
    ours.push(await sides.ours());
    for (const [peer, run] of Object.entries(sides.peers)) peers.get(peer)?.push(await run());
  }
  const first = [...peers.values()][0] ?? [];
  const pairwise = (of: (sample: Sample) => number): number =>
    median(ours.map((sample, round) => of(sample) / of(first[round] ?? sample)));
  return {
    name,
    unit,
    ours: median(ours.map(throughput)),
    peers: Object.fromEntries([...peers].map(([peer, samples]) => [peer, median(samples.map(throughput))])),
    ratio: pairwise(throughput),
    cpuRatio: pairwise(cpuPerItem),
    n: ours[0]?.items ?? 0,
  };
}
