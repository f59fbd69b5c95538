/** A process of its own for the tests: spends from a shared budget as often as told, and reports how often it succeeded. */
import { sqlite } from "./index.ts";

const [file = "", attempts = "0", limit = "0"] = process.argv.slice(2);
const driver = sqlite(file, { synchronous: "off", busyTimeoutMs: 30_000 });
let won = 0;
for (let attempt = 0; attempt < Number(attempts); attempt += 1) {
  const { affectedRows } = await driver.execute({
    sql: "UPDATE budget SET spent = spent + 1 WHERE spent + 1 <= ?",
    parameters: [Number(limit)],
  });
  won += affectedRows;
}
await driver.close();
process.send?.(won, () => process.disconnect());
