// Builds and packs every public package as a release would, then looks at the tarballs from outside: their files, publint, attw, and
// a project of a stranger (test/consumer) that installs them with npm, type-checks under two TypeScripts and runs.
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { eachAtOnce, run } from "./jobs.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (name) => path.join(root, "node_modules/.bin", name);
const out = realpathSync(mkdtempSync(path.join(tmpdir(), "packs-")));
const problems = [];

/** Runs one step; its output is kept only if it fails. */
async function step(title, command, args, options) {
  const result = await run(command, args, options);
  if (!result.ok) problems.push(`${title}\n${result.output.replace(/^/gm, "    ")}`);
  return result.ok;
}

const packages = readdirSync(path.join(root, "packages"))
  .map((folder) => path.join(root, "packages", folder))
  .map((folder) => ({
    folder,
    manifest: JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")),
  }))
  .filter(({ manifest }) => manifest.private !== true)
  .map(({ folder, manifest: { name, version } }) => ({
    folder,
    name,
    tarball: path.join(out, `${name.replace("@", "").replace("/", "-")}-${version}.tgz`),
  }));

async function pack({ folder, name }) {
  return (
    (await step(`${name}: build`, bin("tsup"), ["--silent"], { cwd: folder })) &&
    (await step(
      `${name}: pack`,
      "node",
      [path.join(root, "scripts/pnpm.mjs"), "pack", "--pack-destination", out],
      {
        cwd: folder,
      },
    ))
  );
}

/** What the tarball holds, and what its manifest says. */
async function contents({ name, tarball }) {
  const list = await run("tar", ["-tzf", tarball]);
  const files = list.output.split("\n").map((file) => file.replace(/^package\//, ""));
  for (const needed of ["package.json", "README.md", "LICENSE", "dist/index.js", "dist/index.d.ts"])
    if (!files.includes(needed)) problems.push(`${name}: the tarball has no ${needed}`);
  for (const file of files)
    if (!/^(dist\/.*\.(js|d\.ts|map)|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(file))
      problems.push(`${name}: the tarball should not hold ${file}`);
  const { output: text } = await run("tar", ["-xzOf", tarball, "package/package.json"]);
  for (const protocol of ["workspace:", "catalog:", "link:", "file:"])
    if (text.includes(`"${protocol}`)) problems.push(`${name}: the packed manifest still says "${protocol}"`);
}

const lint = async (one) => {
  await contents(one);
  await step(`${one.name}: publint`, bin("publint"), ["run", one.tarball, "--strict"]);
  await step(`${one.name}: are the types wrong`, bin("attw"), [
    one.tarball,
    "--profile",
    "esm-only",
    "--no-emoji",
    "--no-color",
    "--format",
    "table-flipped",
  ]);
};

/** A project outside the workspace, with everything else from the registry. */
async function consume() {
  const project = path.join(out, "consumer");
  cpSync(path.join(root, "test/consumer"), project, { recursive: true });
  const file = path.join(project, "package.json");
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  for (const { name, tarball } of packages) manifest.dependencies[name] = `file:${tarball}`;
  writeFileSync(file, JSON.stringify(manifest, null, 2));
  const npm = [
    "install",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-package-lock",
    "--prefer-offline",
    "--loglevel=error",
  ];
  if (!(await step("consumer: npm install", "npm", npm, { cwd: project }))) return;
  const compilers = Object.keys(manifest.devDependencies).filter((name) => name.startsWith("typescript-"));
  await eachAtOnce([...compilers, "run"], (job) =>
    job === "run"
      ? step("consumer: node main.ts", process.execPath, ["main.ts"], { cwd: project })
      : step(`consumer: ${job}`, process.execPath, [`node_modules/${job}/bin/tsc`, "-p", "."], {
          cwd: project,
        }),
  );
}

try {
  const packed = await eachAtOnce(packages, pack);
  if (packed.every(Boolean)) await Promise.all([consume(), eachAtOnce(packages, lint, 1)]);
} finally {
  rmSync(out, { recursive: true, force: true });
}
for (const problem of problems) console.error(`✗ ${problem}`);
if (problems.length === 0)
  console.log(
    `${packages.length} packages packed; publint, attw and a consumer under TypeScript 5.9 and 6.0 agree.`,
  );
process.exitCode = problems.length === 0 ? 0 : 1;
