import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Maildir } from "./maildir.ts";

let folder = "";
let mail: Maildir;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "maildir-"));
  mail = new Maildir(folder);
  await mail.open();
});
afterEach(async () => {
  await mail.close();
  await rm(folder, { recursive: true });
});

it("a message is unread until somebody takes it, which only one can", async () => {
  await mail.deliver("b", Buffer.from("second"));
  await mail.deliver("a", Buffer.from("first"));
  expect(await mail.unread()).toEqual(["a", "b"]);
  const taken = await Promise.allSettled([mail.take("a"), mail.take("a")]);
  expect(taken.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(await mail.unread()).toEqual(["b"]);
  expect(await mail.readCount()).toBe(1);
});

it("tells who got more than one message, of all that was accepted", async () => {
  expect(await mail.accepted()).toEqual({ messages: 0, moreThanOnce: 0 });
  for (const [address, name] of [
    ["a@x.test", "1"],
    ["b@x.test", "2"],
    ["a@x.test", "3"],
  ] as const)
    await mail.note(address, name);
  expect(await mail.accepted()).toEqual({ messages: 3, moreThanOnce: 1 });
});
