// Compiles every ```ts block of the READMEs, the guides and the sources' doc comments, and runs those marked ```ts run.
//
//   ```ts             stands alone: it must compile as a module of its own
//   ```ts run         also runs, in an empty folder, and must end with exit code 0 within a minute
//   ```ts continued   goes on from the block before it in the same page (`run` and `continued` combine)
//
// The blocks are written to .examples/ (ignored by git), where every package and its libraries can be imported by name.
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { eachAtOnce, run } from "./jobs.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = path.join(root, ".examples");
const RUN_TIMEOUT_MS = 60_000;
const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  "packages/*/README.md",
  "examples/*/README.md",
  "docs/**/*.md",
];
const SOURCES = ["packages/*/src/**/*.ts"];
/** Other names of the language would slip past this check. */
const ALIASES = new Set(["typescript", "tsx", "mts", "cts", "js", "javascript", "mjs"]);

const problems = [];

/**
 * The fenced blocks of one file, with the line each code line came from.
 *
 * @param {string} file
 * @param {boolean} inComments whether fences stand behind the ` * ` of a doc comment
 */
function blocksOf(file, inComments) {
  const blocks = [];
  let open;
  for (const [index, line] of readFileSync(path.join(root, file), "utf8").split(/\r?\n/).entries()) {
    const body = inComments ? /^\s*\*(?: (.*))?$/.exec(line) : [line, line];
    if (body === null) {
      if (open !== undefined)
        problems.push(`${file}:${open.line} the block is not closed before the comment ends`);
      open = undefined;
      continue;
    }
    const text = body[1] ?? "";
    const fence = /^(\s*)(`{3,})\s*(.*)$/.exec(text);
    if (open === undefined && fence !== null) {
      const [language = "", ...flags] = fence[3].trim().split(/\s+/);
      open = { line: index + 1, fence: fence[2], indent: fence[1].length, language, flags, code: [] };
    } else if (open !== undefined && fence?.[2] === open.fence && fence[3] === "") {
      blocks.push(open);
      open = undefined;
    } else if (open !== undefined) {
      open.code.push({
        text: text.slice(Math.min(open.indent, text.length - text.trimStart().length)),
        file,
        line: index + 1,
      });
    }
  }
  if (open !== undefined) problems.push(`${file}:${open.line} the block is never closed`);
  return blocks;
}

/** The modules that the blocks of one file make: `{ lines, runs }`. */
function modulesOf(file, blocks) {
  const modules = [];
  for (const block of blocks) {
    if (ALIASES.has(block.language))
      problems.push(
        `${file}:${block.line} is marked \`${block.language}\`; write \`ts\`, so that it is compiled`,
      );
    if (block.language !== "ts") continue;
    const unknown = block.flags.filter((flag) => flag !== "run" && flag !== "continued");
    if (unknown.length > 0)
      problems.push(`${file}:${block.line} has the mark "${unknown.join(" ")}"; known are run and continued`);
    const before = modules.at(-1);
    if (block.flags.includes("continued") && before === undefined)
      problems.push(`${file}:${block.line} is continued, but no block comes before it`);
    if (block.flags.includes("continued") && before !== undefined) {
      before.lines.push(...block.code);
      before.runs ||= block.flags.includes("run");
    } else modules.push({ file, line: block.line, lines: block.code, runs: block.flags.includes("run") });
  }
  return modules;
}

/** Lets the blocks import every package, and every library that a package depends on, by name. */
function linkPackages() {
  const link = (target, name) => {
    const at = path.join(out, "node_modules", name);
    if (existsSync(at)) return;
    mkdirSync(path.dirname(at), { recursive: true });
    symlinkSync(target, at, "junction");
  };
  for (const folder of readdirSync(path.join(root, "packages"))) {
    const at = path.join(root, "packages", folder);
    const manifest = JSON.parse(readFileSync(path.join(at, "package.json"), "utf8"));
    link(at, manifest.name);
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }))
      if (existsSync(path.join(at, "node_modules", name))) link(path.join(at, "node_modules", name), name);
  }
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out);
linkPackages();

const found = [
  ...globSync(PAGES, { cwd: root }).map((file) => [file, false]),
  ...globSync(SOURCES, { cwd: root })
    .filter((file) => !/\.(test|test-d)\.ts$/.test(file))
    .map((file) => [file, true]),
].flatMap(([name, inComments]) => {
  const file = name.replaceAll("\\", "/");
  return modulesOf(file, blocksOf(file, inComments));
});
const examples = found.map((example, index) => {
  const name = `${example.file.replace(/\.(ts|md)$/, "").replace(/[^a-zA-Z0-9]+/g, "-")}-${example.line}-${index}.ts`;
  const at = path.join(out, name);
  writeFileSync(at, [...example.lines.map(({ text }) => text), "export {};", ""].join("\n"));
  return { ...example, at };
});

const configuration = ts.getParsedCommandLineOfConfigFile(
  path.join(root, "tsconfig.json"),
  { noEmit: true },
  {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => problems.push(String(diagnostic.messageText)),
  },
);
const program = ts.createProgram(
  examples.map(({ at }) => at),
  configuration.options,
);
for (const example of examples) {
  const source = program.getSourceFile(example.at);
  for (const diagnostic of ts.getPreEmitDiagnostics(program, source)) {
    const line = source.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line;
    const origin = example.lines[line] ?? example.lines.at(-1) ?? example;
    problems.push(
      `${origin.file ?? example.file}:${origin.line} TS${diagnostic.code} ${ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n    ")}`,
    );
    example.broken = true;
  }
}

const runnable = examples.filter(({ runs, broken }) => runs && !broken);
await eachAtOnce(runnable, async ({ at, file, line }) => {
  const cwd = mkdtempSync(path.join(tmpdir(), "example-"));
  const { ok, output } = await run(process.execPath, [at], { cwd, timeout: RUN_TIMEOUT_MS });
  rmSync(cwd, { recursive: true, force: true });
  if (!ok)
    problems.push(
      `${file}:${line} compiles, but fails when run (${path.relative(root, at)}):\n    ${output.replaceAll("\n", "\n    ")}`,
    );
});

for (const problem of problems) console.error(`✗ ${problem}`);
if (problems.length === 0)
  console.log(`${examples.length} examples compile, ${runnable.length} of them run.`);
process.exitCode = problems.length === 0 ? 0 : 1;
