import { expect, it } from "vitest";
import { withAddresses } from "./with-addresses.ts";

async function linesOf(csv: string): Promise<readonly string[]> {
  async function* bytes() {
    for (const byte of Buffer.from(csv)) yield Buffer.from([byte]);
  }
  const lines: string[] = [];
  for await (const line of withAddresses(bytes(), "c-{row}@example.test")) lines.push(line);
  return lines;
}

it("puts an address before each record, by its number", async () => {
  expect(await linesOf("\ufeffrecency,history\n10,142.44\n\n6,329.08")).toEqual([
    "email,recency,history\r\n",
    "c-1@example.test,10,142.44\r\n",
    "c-2@example.test,6,329.08\r\n",
  ]);
});

it("keeps what stands in quotes as it is", async () => {
  expect(await linesOf('name,note\n"Smith, ""Ann""","two\nlines"\n')).toEqual([
    "email,name,note\r\n",
    'c-1@example.test,"Smith, ""Ann""","two\nlines"\r\n',
  ]);
});
