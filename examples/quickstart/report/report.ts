import { writeFile } from "node:fs/promises";
import type { Results } from "../results.ts";
export async function writeReport(path: string, results: Results): Promise<void> {
  await writeFile(path, JSON.stringify(results, null, 2));
}
