// Core takes time, ids and chance from its runtime port, so that a run can be repeated and travelled through. This check refuses
// every other source of them outside packages/core/src/runtime/, and proves first that it would see each.
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What is refused: global members as `object.member` (`*`: any), global calls, `new Date()` without arguments, imports. */
const MEMBERS = {
  "Date.now": "clock.now()",
  "performance.*": "clock.monotonic()",
  "Math.random": "random.next()",
  "crypto.randomUUID": "ids.next()",
  "crypto.getRandomValues": "random.bytes()",
  "AbortSignal.timeout": "clock.sleep() and an AbortController",
  "Temporal.Now": "clock.now()",
  "process.*": "an option that the host passes",
  "console.*": "the runtime's logger",
};
const CALLS = {
  setTimeout: "clock.sleep()",
  setInterval: "clock.sleep()",
  setImmediate: "clock.sleep()",
  Date: "clock.now()",
};
const IMPORTS = {
  "node:timers": "clock.sleep()",
  "node:timers/promises": "clock.sleep()",
  "node:perf_hooks": "clock.monotonic()",
  "node:process": "an option that the host passes",
  "node:console": "the runtime's logger",
};
/** Names that another module may not be asked for. */
const IMPORTED_NAMES = {
  "node:crypto": {
    randomUUID: "ids.next()",
    randomBytes: "random.bytes()",
    randomInt: "random.next()",
    randomFillSync: "random.bytes()",
    webcrypto: "random.bytes()",
  },
  uuid: { v1: "ids.next()", v4: "ids.next()", v6: "ids.next()", v7: "ids.next()" },
};

/** Every forbidden use in one source, as { line, found, instead }. Comments and strings are not code. */
function inspect(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found = [];
  const report = (node, what, instead) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    found.push({ line: line + 1, found: what, instead });
  };
  const visit = (node) => {
    if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
      const base = node.expression.getText(source).replace(/^globalThis\??\./, "");
      const member = ts.isPropertyAccessExpression(node) ? node.name.text : "*";
      const key = [`${base}.${member}`, `${base}.*`].find((candidate) => candidate in MEMBERS);
      if (key !== undefined) report(node, `${base}.${member}`, MEMBERS[key]);
    }
    if (ts.isCallExpression(node)) {
      const callee = node.expression.getText(source).replace(/^globalThis\??\./, "");
      if (Object.hasOwn(CALLS, callee)) report(node, `${callee}()`, CALLS[callee]);
    }
    if (ts.isNewExpression(node) && node.expression.getText(source) === "Date" && !node.arguments?.length)
      report(node, "new Date()", "new Date(clock.now())");
    if (ts.isImportDeclaration(node)) {
      const from = node.moduleSpecifier.text;
      const name = from.startsWith("node:") || !(`node:${from}` in IMPORTS) ? from : `node:${from}`;
      if (Object.hasOwn(IMPORTS, name)) report(node, `import "${from}"`, IMPORTS[name]);
      const bindings = node.importClause?.namedBindings;
      for (const element of bindings && ts.isNamedImports(bindings) ? bindings.elements : []) {
        const imported = (element.propertyName ?? element.name).text;
        const instead = IMPORTED_NAMES[name]?.[imported];
        if (instead !== undefined) report(element, `${imported} of "${from}"`, instead);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const PLANTS = [
  "export const t = Date.now();",
  "export const t = globalThis.Date.now();",
  "export const t = new Date();",
  "export const t = new Date;",
  "export const t = Date();",
  "export const t = performance.now();",
  "export const r = Math.random();",
  "const { random } = { random: Math.random }; export { random };",
  "export const id = crypto.randomUUID();",
  'import { randomBytes } from "node:crypto"; export const b = randomBytes(8);',
  'import { v7 as uuidv7 } from "uuid"; export const id = uuidv7();',
  "setTimeout(() => undefined, 1);",
  "globalThis.setInterval(() => undefined, 1);",
  'import { setTimeout as sleep } from "node:timers/promises"; await sleep(1);',
  "export const s = AbortSignal.timeout(5);",
  'export const e = process.env["HOME"];',
  'console.log("hello");',
  'console["log"]("hello");',
];
const LEGAL = [
  "export const d = (clock: { now(): number }) => new Date(clock.now());",
  "/** `Date.now()` and console.log in words */ export const s = 'Math.random() setTimeout(';",
  'import { createHash } from "node:crypto"; export const h = createHash("sha256");',
  "export const parsed = Date.parse('2027-03-01T08:00:00Z') + Date.UTC(2027, 1);",
  "export const m = Math.max(1, 2);",
];

const problems = [];
for (const plant of PLANTS)
  if (inspect("plant.ts", plant).length === 0) problems.push(`a planted violation is not seen: ${plant}`);
for (const source of LEGAL)
  for (const { found } of inspect("legal.ts", source))
    problems.push(`legal code is refused for ${found}: ${source}`);
if (problems.length === 0) console.log(`${PLANTS.length} planted violations are refused.`);

const files = globSync("packages/core/src/**/*.ts", { cwd: root })
  .map((file) => file.replaceAll("\\", "/"))
  .filter(
    (file) => !file.startsWith("packages/core/src/runtime/") && !/\.(test|test-d|fixture)\.ts$/.test(file),
  );
if (files.length < 10) problems.push(`only ${files.length} source files were seen; the check is blind`);
for (const file of files)
  for (const { line, found, instead } of inspect(
    file,
    readFileSync(new URL(`../${file}`, import.meta.url), "utf8"),
  ))
    problems.push(`${file}:${line} uses ${found}; use ${instead}`);

for (const problem of problems) console.error(`✗ ${problem}`);
if (problems.length === 0)
  console.log(`${files.length} files of core take time and chance from the runtime port.`);
process.exitCode = problems.length === 0 ? 0 : 1;
