/**
 * `node benchmarks/audience.ts [--contacts N] [--postgres]`: a large audience from end to end, through the public API and in one process.
 *
 * Imports N contacts from a CSV that is made up as it is read, fills and follows segments, reads all recipients page by page, and exports. Prints
 * what each step took and the highest resident memory seen in it: memory must not grow with N.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { postgres } from "@campaignkit/adapter-postgres";
import { sqlite } from "@campaignkit/adapter-sqlite";
import { createCampaignKit } from "@campaignkit/core";
import { benchServer } from "./server.ts";

const { values } = parseArgs({
  options: { contacts: { type: "string", default: "200000" }, postgres: { type: "boolean", default: false } },
});
const contacts = Number(values.contacts);

/** A CSV file with dirt in it: every hundredth address is bad, every fiftieth row a duplicate. */
async function* csvFile(rows: number): AsyncGenerator<Buffer, void, undefined> {
  yield Buffer.from("id;E-Mail;First name;Last name;Time zone;Plan;Spent;Newsletter\n");
  const plans = ["free", "pro", "team"];
  for (let from = 0; from < rows; from += 500) {
    let text = "";
    for (let n = from; n < Math.min(rows, from + 500); n++) {
      const person = n % 50 === 49 ? n - 1 : n;
      const address = n % 100 === 7 ? "not an address" : `person${person}@example.com`;
      text += `${person};${address};Ünal;"O'Neill, ${person}";Europe/Istanbul;${plans[person % 3]};${person % 997},5;${person % 4 === 0 ? "nein" : "ja"}\n`;
    }
    yield Buffer.from(text);
  }
}

async function measured<Result>(name: string, items: number, work: () => Promise<Result>): Promise<Result> {
  globalThis.gc?.();
  let peak = process.memoryUsage.rss();
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 50);
  const start = performance.now();
  try {
    return await work();
  } finally {
    clearInterval(watch);
    const seconds = (performance.now() - start) / 1_000;
    const rate = Math.round(items / seconds);
    console.log(`${name}: ${seconds.toFixed(2)} s, ${rate}/s, peak ${Math.round(peak / 2 ** 20)} MiB`);
  }
}

const folder = mkdtempSync(path.join(tmpdir(), "campaignkit-audience-"));
const server = values.postgres ? await benchServer() : null;
const database = await server?.createDatabase();
const storage =
  database === undefined
    ? sqlite(path.join(folder, "audience.db"))
    : postgres({ connectionString: database.url, max: 4 });
const kit = createCampaignKit({ storage, channels: {} });
try {
  await kit.migrate();
  const shop = kit.workspace("bench");
  await shop.attributes.define({ name: "plan", type: "text" });
  await shop.attributes.define({ name: "spent", type: "number" });
  const everyone = await shop.segments.create({ kind: "static", name: "Everyone" });
  const options = {
    format: "csv",
    segmentId: everyone.id,
    columns: {
      id: "externalId",
      "E-Mail": "email",
      "First name": "firstName",
      "Last name": "lastName",
      "Time zone": "timeZone",
      Plan: { attribute: "plan" },
      Spent: { attribute: "spent", transforms: [{ do: "number", decimal: "," }] },
      Newsletter: { consent: { channel: "email", granted: ["ja"], withdrawn: ["nein"] } },
    },
  } as const;
  const report = await measured("import", contacts, () => shop.contacts.import(csvFile(contacts), options));
  console.log(
    `  rows ${report.rows}, created ${report.created}, duplicates ${report.duplicates}, refused ${report.refused}`,
  );
  await measured("import again, nothing new", contacts, () =>
    shop.contacts.import(csvFile(contacts), options),
  );
  const criteria = {
    type: "and",
    of: [
      { type: "attribute", name: "plan", test: { is: "one-of", values: ["pro", "team"] } },
      { type: "attribute", name: "spent", test: { is: "greater-than", value: 500 } },
      { type: "consent", channel: "email", state: "granted" },
    ],
  } as const;
  await measured("count by criteria", contacts, () => shop.segments.count(criteria));
  const wide = await measured("fill a wide dynamic segment", contacts, () =>
    shop.segments.create({
      kind: "dynamic",
      name: "Wide",
      criteria: {
        type: "not",
        of: { type: "attribute", name: "plan", test: { is: "equals", value: "free" } },
      },
    }),
  );
  const narrow = await measured("fill a narrow dynamic segment", contacts, () =>
    shop.segments.create({ kind: "dynamic", name: "Narrow", criteria }),
  );
  console.log(`  wide ${wide.memberCount}, narrow ${narrow.memberCount}`);
  await measured("refresh the wide segment, nothing new", contacts, () => shop.segments.refresh(wide.id));
  while ((await kit.tick()).worked);
  await shop.contacts.upsertMany(
    Array.from({ length: 1_000 }, (_, n) => ({
      externalId: String(n),
      attributes: { plan: "team", spent: 900 },
    })),
  );
  await measured("follow 1,000 changed contacts in both", 1_000, async () => {
    while ((await kit.tick()).worked);
  });
  await measured("sample of 100", contacts, () => shop.segments.sample(wide.id, { size: 100, seed: 1 }));
  await measured("export as CSV", contacts, async () => {
    let bytes = 0;
    for await (const piece of shop.contacts.exportCsv()) bytes += piece.length;
    console.log(`  ${Math.round(bytes / 2 ** 20)} MiB of CSV`);
  });
} finally {
  await kit.stop();
  await database?.drop();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
}
