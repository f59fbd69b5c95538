// Keeps the arrows of the house (.dependency-cruiser.mjs), and proves first that they would be kept: a small tree with one
// planted violation per rule must fail on each, the same tree without them must pass. A checker that sees nothing also "passes".
import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const config = ".dependency-cruiser.mjs";
const { default: rules } = await import(new URL(`../${config}`, import.meta.url));
const cruiser = path.join(root, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");

const manifest = (name, more = {}) =>
  JSON.stringify({ name, type: "module", exports: { ".": "./src/index.ts" }, ...more });
const core = (file) => `packages/core/src/${file}`;
const use = (...specifiers) =>
  `${specifiers.map((from, i) => `import { it as it${i} } from "${from}";`).join("\n")}
export const it = [${specifiers.map((_, i) => `it${i}`).join(", ")}];
`;
const library = (name) => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({
    name,
    version: "1.0.0",
    type: "module",
    main: "index.js",
    types: "index.d.ts",
  }),
  [`node_modules/${name}/index.js`]: "export const it = 1;\n",
  [`node_modules/${name}/index.d.ts`]: "export declare const it: number;\nexport interface It {}\n",
});

/** A house in small that keeps every rule. */
const LEGAL = {
  ...library("@standard-schema/spec"),
  ...library("library"),
  ...library("date-fns"),
  ...library("dev-library"),
  "packages/core/package.json": manifest("@campaignkit/core", {
    dependencies: { "@standard-schema/spec": "1.0.0", "date-fns": "1.0.0", library: "1.0.0" },
    devDependencies: { "@campaignkit/testing": "workspace:*", "dev-library": "1.0.0" },
  }),
  "packages/testing/package.json": manifest("@campaignkit/testing", {
    peerDependencies: { "@campaignkit/core": "workspace:*" },
    devDependencies: { "@campaignkit/core": "workspace:*" },
  }),
  "packages/adapter-sqlite/package.json": manifest("@campaignkit/adapter-sqlite", {
    peerDependencies: { "@campaignkit/core": "workspace:*" },
    devDependencies: { "@campaignkit/core": "workspace:*", "@campaignkit/testing": "workspace:*" },
  }),
  "examples/quickstart/package.json": JSON.stringify({
    name: "quickstart",
    type: "module",
    dependencies: { "@campaignkit/core": "workspace:*", "@campaignkit/adapter-sqlite": "workspace:*" },
  }),
  [core("index.ts")]: use("./engine/engine.ts", "./ports/errors.ts"),
  [core("ports/errors.ts")]: "export const it = 1;\n",
  [core("ports/channel.ts")]:
    'import type { It } from "@standard-schema/spec";\nimport { it as error } from "./errors.ts";\nexport const it: [It?, number?] = [undefined, error];\n',
  [core("math/money.ts")]: use("../ports/errors.ts", "date-fns"),
  [core("runtime/clock.ts")]: use("../ports/channel.ts"),
  [core("storage/database.ts")]: use("library", "../ports/channel.ts", "../math/money.ts"),
  [core("kernel/unit.ts")]: use("../storage/database.ts", "../math/money.ts", "../ports/channel.ts"),
  [core("kernel/named.ts")]:
    'import type { Naming } from "./naming.ts";\nexport interface Named { naming: Naming }\nexport const it = 1;\n',
  [core("kernel/naming.ts")]:
    'import type { Named } from "./named.ts";\nexport interface Naming { named: Named }\n',
  [core("budgets/store.ts")]: use("../kernel/unit.ts", "../storage/database.ts"),
  [core("budgets/index.ts")]: use("./store.ts"),
  [core("campaigns/index.ts")]: use("../budgets/index.ts", "../kernel/unit.ts", "../math/money.ts"),
  [core("campaigns/index.test.ts")]: use(
    "./index.ts",
    "../engine/engine.ts",
    "@campaignkit/testing",
    "dev-library",
  ),
  [core("engine/engine.ts")]: use("../campaigns/index.ts", "../budgets/store.ts", "../runtime/clock.ts"),
  "packages/testing/src/index.ts": use("@campaignkit/core"),
  "packages/adapter-sqlite/src/index.ts": use("@campaignkit/core", "./driver.ts"),
  "packages/adapter-sqlite/src/driver.ts": "export const it = 1;\n",
  "packages/adapter-sqlite/src/index.test.ts": use("@campaignkit/core", "@campaignkit/testing"),
  "examples/quickstart/main.ts": use("@campaignkit/core", "@campaignkit/adapter-sqlite"),
};

/** For each rule, files that break it: [file, source]. Further files of a plant only support the first. */
const PLANTS = {
  "no-circular": [
    [core("budgets/egg.ts"), use("./hen.ts")],
    [core("budgets/hen.ts"), use("./egg.ts")],
  ],
  "not-to-unresolvable": [[core("budgets/lost.ts"), use("./nowhere.ts")]],
  "no-dev-dependency-in-source": [[core("budgets/dev.ts"), use("dev-library")]],
  "not-to-test": [[core("campaigns/leans-on-test.ts"), use("./index.test.ts")]],
  "ports-arrow": [
    [core("ports/to-math.ts"), use("../math/money.ts")],
    [core("ports/to-library.ts"), use("library")],
    [core("ports/to-node.ts"), 'import { it } from "node:fs";\nexport { it };\n'],
  ],
  "ports-standard-schema-as-types": [[core("ports/schema.ts"), use("@standard-schema/spec")]],
  "math-arrow": [
    [core("math/to-storage.ts"), use("../storage/database.ts")],
    [core("math/to-library.ts"), use("library")],
    [core("math/to-channel.ts"), use("../ports/channel.ts")],
  ],
  "runtime-arrow": [[core("runtime/to-math.ts"), use("../math/money.ts")]],
  "storage-arrow": [
    [core("storage/to-runtime.ts"), use("../runtime/clock.ts")],
    [core("storage/to-kernel.ts"), use("../kernel/unit.ts")],
  ],
  "kernel-arrow": [
    [core("kernel/to-feature.ts"), use("../budgets/index.ts")],
    [core("kernel/to-runtime.ts"), use("../runtime/clock.ts")],
  ],
  "feature-arrow": [[core("campaigns/to-runtime.ts"), use("../runtime/clock.ts")]],
  "feature-through-its-face": [[core("campaigns/past-the-face.ts"), use("../budgets/store.ts")]],
  "not-to-engine": [[core("campaigns/to-engine.ts"), use("../engine/engine.ts")]],
  "not-to-own-face": [[core("campaigns/to-own-face.ts"), use("../index.ts")]],
  "known-rooms": [
    [core("campaigns/to-helpers.ts"), use("../helpers/text.ts")],
    [core("helpers/text.ts"), "export const it = 1;\n"],
  ],
  "core-is-leaf": [[core("engine/to-adapter.ts"), use("@campaignkit/adapter-sqlite")]],
  "packages-need-only-core": [
    ["packages/adapter-sqlite/src/to-testing.ts", use("@campaignkit/testing")],
    ["packages/testing/src/to-adapter.ts", use("@campaignkit/adapter-sqlite")],
  ],
  "through-the-package-face": [
    ["packages/adapter-sqlite/src/past.test.ts", use("../../core/src/storage/database.ts")],
    ["examples/quickstart/past.ts", use("../../packages/core/src/engine/engine.ts")],
  ],
  "no-relative-path-across-packages": [
    ["packages/adapter-sqlite/src/relative.ts", use("../../core/src/index.ts")],
    ["examples/quickstart/relative.ts", use("../../packages/core/src/index.ts")],
  ],
};
/** Plants whose later files break the rule too; in the others they only support the first. */
const SUPPORTING = new Set(["no-circular", "known-rooms"]);

function build(files) {
  const tree = realpathSync(mkdtempSync(path.join(tmpdir(), "layers-")));
  for (const [file, source] of files) {
    mkdirSync(path.dirname(path.join(tree, file)), { recursive: true });
    writeFileSync(path.join(tree, file), source);
  }
  for (const file of [config, "tsconfig.json", "tsconfig.base.json"])
    cpSync(path.join(root, file), path.join(tree, file));
  writeFileSync(
    path.join(tree, "package.json"),
    JSON.stringify({ name: "house", private: true, type: "module" }),
  );
  mkdirSync(path.join(tree, "node_modules/@campaignkit"), { recursive: true });
  for (const name of ["core", "testing", "adapter-sqlite"])
    symlinkSync(
      path.join(tree, "packages", name),
      path.join(tree, "node_modules/@campaignkit", name),
      "junction",
    );
  return tree;
}

function cruise(cwd, folders) {
  return new Promise((resolve, reject) => {
    const args = [cruiser, "--config", config, "--output-type", "json", ...folders];
    execFile(process.execPath, args, { cwd, maxBuffer: 256 << 20 }, (error, stdout, stderr) => {
      try {
        const { summary, modules } = JSON.parse(stdout);
        resolve({ summary, modules });
      } catch (cause) {
        reject(new Error(`dependency-cruiser gave no report: ${stderr || error?.message}`, { cause }));
      }
    });
  });
}

const legal = Object.entries(LEGAL);
const trees = { legal: build(legal), planted: build([...legal, ...Object.values(PLANTS).flat()]) };
const problems = [];
try {
  const [clean, planted, house] = await Promise.all([
    cruise(trees.legal, ["packages", "examples"]),
    cruise(trees.planted, ["packages", "examples"]),
    cruise(
      root,
      ["packages", "examples", "benchmarks", "test-support"].filter((folder) =>
        existsSync(path.join(root, folder)),
      ),
    ),
  ]);

  const line = ({ rule, from, to, cycle }) =>
    `${rule.name}: ${from} → ${cycle ? cycle.map((step) => step.name ?? step).join(" → ") : to}`;
  for (const violation of clean.summary.violations)
    problems.push(`the legal tree is refused: ${line(violation)}`);
  for (const { name } of rules.forbidden) {
    const plants = PLANTS[name];
    if (plants === undefined)
      problems.push(`the rule ${name} has no planted violation in ${path.basename(import.meta.url)}`);
    for (const [file] of (SUPPORTING.has(name) ? plants?.slice(0, 1) : plants) ?? []) {
      const caught = planted.summary.violations.some((v) => v.rule.name === name && v.from === file);
      if (!caught) problems.push(`the rule ${name} does not see the violation planted in ${file}`);
    }
  }
  const proved = problems.length;
  for (const violation of house.summary.violations) {
    const comment = rules.forbidden.find((rule) => rule.name === violation.rule.name)?.comment;
    problems.push(`${line(violation)}\n    ${comment}`);
  }
  const sources = house.modules.filter(({ source }) => /^packages\/.*\.ts$/.test(source)).length;
  if (sources < 20) problems.push(`only ${sources} source files were seen; the checker is blind`);

  if (proved === 0)
    console.log(
      `${rules.forbidden.length} rules, each refuses its planted violation; the legal tree passes.`,
    );
  if (problems.length === 0)
    console.log(
      `The house keeps them: ${house.summary.totalCruised} modules, ${house.summary.totalDependenciesCruised} imports.`,
    );
} finally {
  for (const tree of Object.values(trees)) rmSync(tree, { recursive: true, force: true });
}
for (const problem of problems) console.error(`✗ ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;
