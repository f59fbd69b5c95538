/** Programs that a test starts as processes of their own, each in one file: it loads in a tenth of a second then, and not in two. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Packages in CommonJS ask for the runtime's modules by `require`. */
const REQUIRE = `import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);`;
/** Not installed, and done without by those who would load them. */
const OPTIONAL = ["pg-native"];

const bundles = new Map<string, Promise<string>>();
let folder: string | undefined;

function ownFolder(): string {
  if (folder !== undefined) return folder;
  const made = mkdtempSync(path.join(tmpdir(), "campaignkit-programs-"));
  process.once("exit", () => rmSync(made, { recursive: true, force: true }));
  folder = made;
  return made;
}

async function write(entry: string): Promise<string> {
  const outfile = path.join(ownFolder(), `${bundles.size}-${path.basename(entry, ".ts")}.mjs`);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22",
    external: OPTIONAL,
    banner: { js: REQUIRE },
    logLevel: "error",
  });
  return outfile;
}

/** The program with all that it imports; the file to start. Made once in a process, and gone when that ends. */
export function bundle(entry: URL): Promise<string> {
  const known = bundles.get(entry.href);
  if (known !== undefined) return known;
  const made = write(fileURLToPath(entry));
  bundles.set(entry.href, made);
  return made;
}
