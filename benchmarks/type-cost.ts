/**
 * `node benchmarks/type-cost.ts`: what type-checking costs with 1, 10 and 40 channels in one host, each with content and settings of its own.
 *
 * Prints a row for each number of channels: the compiler's types, instantiations and time, and what each further channel adds. The goal is a
 * cost that grows with the channels and no faster: instantiations, which one version of TypeScript counts alike on every machine, have bounds, and
 * past them it fails.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Inside this package, where the libraries are found. */
const FOLDER = fileURLToPath(new URL(".type-cost", import.meta.url));
const CHANNELS = [1, 10, 40] as const;
/** Instantiations that each further channel may cost, between any two of those numbers: a quarter above what it does. */
const EACH_AT_MOST = 1_500;
/** By how much a channel may cost more among 40 than among 10. A cost by pairs of channels would be four times as high. */
const GROWTH_AT_MOST = 1.05;

const define = (n: number): string => `
const channel${n} = defineChannel({
  id: "channel-${n}",
  reach: "public",
  content: z.strictObject({ text${n}: z.string(), media: z.array(z.object({ url: z.url(), alt: z.string().default("") })).optional() }),
  config: z.strictObject({ board${n}: z.string().default("main"), pinned: z.boolean().optional() }),
  capabilities: { links: false, opens: false, unsubscribe: false },
  limits: { concurrency: 1 },
  idempotency: "none",
  prepare: ({ text${n} }, { config }) => ({
    links: [],
    warnings: [],
    render: () => ({ outcome: "rendered", message: text${n} + config.board${n} }),
  }),
  send: async () => ({ externalId: null }),
});`;

const use = (n: number): string => `
  void shop.posts.create(id, { channel: "name${n}", content: { text${n}: "Hi" } });
  void shop.posts.update(id, { version: 1, channel: "name${n}", content: { text${n}: "Hi" } });
  void shop.campaigns.create({ ...plan, channels: [{ channel: "name${n}", config: { board${n}: "x" } }] });`;

/** A host with that many channels, each used once. */
function program(channels: number): string {
  const numbers = Array.from({ length: channels }, (_, index) => index + 1);
  return `import { createCampaignKit, defineChannel, type SqlDriver } from "@campaignkit/core";
import { z } from "zod";
declare const storage: SqlDriver;
${numbers.map(define).join("\n")}
const kit = createCampaignKit({ storage, channels: { ${numbers.map((n) => `name${n}: channel${n}`).join(", ")} } });
const shop = kit.workspace("shop");
const plan = { name: "n", timeZone: "UTC", startsAt: new Date(0) };
export function host(id: string): void {${numbers.map(use).join("")}
}
`;
}

interface Cost {
  readonly types: number;
  readonly instantiations: number;
  readonly checkSeconds: number;
}

const HOST = path.join(FOLDER, "host.ts");
const { config } = ts.readConfigFile(path.join(ROOT, "tsconfig.base.json"), ts.sys.readFile);
const { options } = ts.convertCompilerOptionsFromJson(
  {
    ...config.compilerOptions,
    noEmit: true,
    isolatedDeclarations: false,
    declaration: false,
    declarationMap: false,
  },
  ROOT,
);

/** Reads each library and each source once, for all programs. */
function sharedHost(): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const read = new Map<string, ts.SourceFile | undefined>();
  return {
    ...host,
    getSourceFile(file, ...rest) {
      if (file === HOST) return host.getSourceFile(file, ...rest);
      if (!read.has(file)) read.set(file, host.getSourceFile(file, ...rest));
      return read.get(file);
    },
  };
}

/** Checks the host as an editor does: itself, and of the engine what it needs. */
function costOf(channels: number, compiler: ts.CompilerHost): Cost {
  writeFileSync(HOST, program(channels));
  const compiled = ts.createProgram([HOST], options, compiler);
  const started = performance.now();
  const problems = compiled.getSemanticDiagnostics(compiled.getSourceFile(HOST));
  if (problems.length > 0)
    throw new Error(
      `The host with ${channels} channels does not compile:\n${ts.formatDiagnostics(problems, compiler)}`,
    );
  return {
    types: compiled.getTypeCount(),
    instantiations: compiled.getInstantiationCount(),
    checkSeconds: Math.round(performance.now() - started) / 1_000,
  };
}

/** What each further channel adds from one number of channels to the next. */
function each(figure: "types" | "instantiations", costs: readonly Cost[], place: number): number | null {
  const [less, more] = [costs[place - 1], costs[place]];
  const added = (CHANNELS[place] ?? 0) - (CHANNELS[place - 1] ?? 0);
  return less === undefined || more === undefined ? null : (more[figure] - less[figure]) / added;
}

/** What breaks a bound. */
function problemsOf(costs: readonly Cost[]): readonly string[] {
  const added = costs.flatMap((_, place) => each("instantiations", costs, place) ?? []);
  const [early = 0, late = 0] = added;
  const dear = added.filter((cost) => cost > EACH_AT_MOST);
  return [
    ...dear.map(
      (cost) => `A further channel costs ${Math.round(cost)} instantiations; the bound is ${EACH_AT_MOST}.`,
    ),
    ...(late <= GROWTH_AT_MOST * early
      ? []
      : [
          `Channels cost more the more there are: ${Math.round(early)} instantiations each, then ${Math.round(late)}.`,
        ]),
  ];
}

mkdirSync(FOLDER, { recursive: true });
try {
  const compiler = sharedHost();
  const costs = CHANNELS.map((channels) => costOf(channels, compiler));
  const rounded = (figure: number | null): number | null => (figure === null ? null : Math.round(figure));
  console.table(
    costs.map((cost, place) => ({
      channels: CHANNELS[place],
      ...cost,
      "types each": rounded(each("types", costs, place)),
      "instantiations each": rounded(each("instantiations", costs, place)),
    })),
  );
  const problems = problemsOf(costs);
  for (const problem of problems) console.error(`✗ ${problem}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  rmSync(FOLDER, { recursive: true, force: true });
}
