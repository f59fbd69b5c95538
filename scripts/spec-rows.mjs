// Keeps the README's table of what works: each row of the specification that a test's title cites ("CAM-3: …") stands there, with the
// files whose tests prove it. What the row says about it is written by hand.
//
//   node scripts/spec-rows.mjs           fails when the table is not what the tests say
//   node scripts/spec-rows.mjs --write   brings the column of tests up to date, and adds rows that are missing
import { globSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));
const README = path.join(root, "README.md");
const START = "<!-- spec-rows -->";
const END = "<!-- /spec-rows -->";
const TESTS = "{packages,examples,benchmarks,test-support}/**/*.{test,test-d}.ts";
/** The areas in the order of the specification. */
const AREAS = ["CAM", "CNT", "SCH", "CHN", "AUD", "JRN", "BUD", "EXP", "ANA", "TPL", "TEAM", "RUN"];
const ROW_ID = new RegExp(`\\b(?:${AREAS.join("|")})-\\d+\\b`, "g");
const UNWRITTEN = "(to be written)";

/** The titles of the tests in a file and of their groups: `it("…")`, `test.skipIf(…)("…")`, `it.each(…)("…")`, `describe("…")`. */
function titlesOf(file) {
  const titles = [];
  const visit = (node) => {
    if (ts.isCallExpression(node) && /^(it|test|describe)\b/.test(node.expression.getText(source))) {
      const [title] = node.arguments;
      if (title !== undefined && (ts.isStringLiteralLike(title) || ts.isTemplateExpression(title)))
        titles.push(title.getText(source));
    }
    ts.forEachChild(node, visit);
  };
  const source = ts.createSourceFile(
    file,
    readFileSync(path.join(root, file), "utf8"),
    ts.ScriptTarget.Latest,
    true,
  );
  visit(source);
  return titles;
}

/** By row, the files whose tests cite it. */
function citedRows() {
  const rows = new Map();
  const files = globSync(TESTS, { cwd: root, exclude: (name) => name.includes("node_modules") });
  for (const file of files.map((name) => name.replaceAll("\\", "/")).toSorted()) {
    const ids = new Set(titlesOf(file).flatMap((title) => title.match(ROW_ID) ?? []));
    for (const id of ids) rows.set(id, [...(rows.get(id) ?? []), file]);
  }
  return rows;
}

const place = (id) => AREAS.indexOf(id.split("-")[0]) * 1_000 + Number(id.split("-")[1]);

/** A file as the table shows it: without what every path has. */
function link(file) {
  const label = file
    .replace(/^packages\/core\/src\//, "")
    .replace(/^packages\/([^/]+)\/(?:src|test)\//, "$1/")
    .replace(/\.(?:test|test-d)\.ts$/, "");
  return `[${label}](${file})`;
}

function tableOf(texts, cited) {
  const lines = [...cited.keys()]
    .toSorted((a, b) => place(a) - place(b))
    .map((id) => `| ${id} | ${texts.get(id) ?? UNWRITTEN} | ${cited.get(id).map(link).join(", ")} |`);
  return ["| row | what works today | proved by |", "| --- | --- | --- |", ...lines].join("\n");
}

const readme = readFileSync(README, "utf8");
const [start, end] = [readme.indexOf(START), readme.indexOf(END)];
if (start < 0 || end < start) {
  console.error(`README.md has no place for the table: it stands between ${START} and ${END}.`);
  process.exit(1);
}
const table = readme.slice(start + START.length, end).trim();
const texts = new Map(
  table
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter(([, id = ""]) => id.replace(ROW_ID, "") === "" && id !== "")
    .map(([, id, text]) => [id, text]),
);
const cited = citedRows();
const wanted = tableOf(texts, cited);
const dropped = [...texts.keys()].filter((id) => !cited.has(id));
const unwritten = [...cited.keys()].filter((id) => (texts.get(id) ?? UNWRITTEN) === UNWRITTEN);

if (process.argv.includes("--write") && wanted !== table) {
  writeFileSync(README, `${readme.slice(0, start + START.length)}\n${wanted}\n${readme.slice(end)}`);
  console.log("README.md: the table is written anew.");
}
const problems = [
  ...dropped.map((id) => `${id} stands in the table, but no test cites it any more`),
  ...unwritten.map((id) => `${id} is cited by a test, but the table does not say what works`),
  ...(wanted === table || process.argv.includes("--write")
    ? []
    : ["the table is not what the tests say; run node scripts/spec-rows.mjs --write"]),
];
for (const problem of problems) console.error(`✗ README.md: ${problem}`);
if (problems.length === 0) console.log(`${cited.size} rows of the specification are proved by tests.`);
process.exitCode = problems.length === 0 ? 0 : 1;
