import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { expect, it } from "vitest";
import { openShop } from "../open-shop.fixture.ts";
import type { ImportProgress, ImportRefusal } from "./import.ts";

const people = (count: number): string =>
  `email,firstName\n${Array.from({ length: count }, (_, n) => `p${n}@example.com,P${n}`).join("\n")}\n`;

/** Bytes that come piece by piece, and break off where told. */
async function* stream(text: string, options: { readonly failAfter?: number } = {}) {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += 64) {
    if (options.failAfter !== undefined && from >= options.failAfter) throw new Error("connection reset");
    yield bytes.subarray(from, from + 64);
  }
}

describeEachDatabase("imports", (database) => {
  it("AUD-1: a dirty CSV is taken row by row, and every refusal says its line, column, value and reason", async () => {
    const { kit, shop } = await openShop(database);
    await shop.attributes.define({ name: "spent", type: "number" });
    await shop.attributes.define({ name: "tags", type: "text-list" });
    await shop.contacts.upsert({ externalId: "old", email: "old@example.com" });
    await shop.contacts.upsert({ externalId: "two", email: "two@example.com" });
    const segment = await shop.segments.create({ kind: "static", name: "Imported" });
    const csv = [
      "Kunde;E-Mail;Vorname;Telefon;Zone;Umsatz;Etiketten;Newsletter;Notiz",
      "1;ann@example.com;Ann;030 12345678;Europe/Berlin;1.234,50;vip, neu;ja;x",
      '2;bob@example.com;"Bob\nder Baumeister";12;Mars/Base;;;;x',
      ";ANN@example.com;Anna;;;7;;nein;x",
      ";not an address;Cid;;;;;ja;x",
      "4;dan@example.com;Dan;;;viel;;ja;x",
      "5;eve@example.com",
      "old;two@example.com;Olaf;;;;;;x",
      "6;fay@example.com;'=1+1;;;;;vielleicht;x",
      "7;gil@example.com;Gil\ufffd;;;;;ja;x",
      "",
      "8;hal@example.com;'=1+1;;;;;;x",
    ].join("\r\n");
    const told: ImportRefusal[] = [];
    const report = await shop.contacts.import(csv, {
      format: "csv",
      importId: "customers",
      phoneCountry: "DE",
      segmentId: segment.id,
      batchSize: 3,
      columns: {
        Kunde: "externalId",
        "E-Mail": "email",
        Vorname: "firstName",
        Telefon: "phone",
        Zone: "timeZone",
        Umsatz: { attribute: "spent", transforms: [{ do: "number", decimal: "," }] },
        Etiketten: { attribute: "tags", transforms: [{ do: "split", by: "," }] },
        Newsletter: { consent: { channel: "email", granted: ["ja"], withdrawn: ["nein"] } },
      },
      onRefusal: (refusal) => void told.push(refusal),
    });
    expect(report).toMatchObject({
      importId: "customers",
      state: "finished",
      rows: 10,
      created: 3,
      updated: 1,
      unchanged: 0,
      duplicates: 1,
      refused: 6,
      valuesDropped: 2,
      resumedAfter: 0,
      ignoredColumns: ["Notiz"],
    });
    expect(told.map(({ row, line, column, value, effect }) => [row, line, column, value, effect])).toEqual([
      [2, 3, "Telefon", "12", "value"],
      [2, 3, "Zone", "Mars/Base", "value"],
      [4, 6, "E-Mail", "not an address", "row"],
      [5, 7, "Umsatz", "viel", "row"],
      [6, 8, null, "5,eve@example.com", "row"],
      [7, 9, "E-Mail", "two@example.com", "row"],
      [8, 10, "Newsletter", "vielleicht", "row"],
      [9, 11, "Vorname", "Gil\ufffd", "row"],
    ]);
    expect((await shop.contacts.imports.refusals("customers")).items).toEqual(told);
    const ann = await shop.contacts.find({ email: "ann@example.com" });
    expect(ann).toMatchObject({
      externalId: "1",
      firstName: "Anna",
      phone: "+493012345678",
      timeZone: "Europe/Berlin",
      attributes: { spent: 7, tags: ["neu", "vip"] },
    });
    expect(await shop.contacts.find({ externalId: "2" })).toMatchObject({
      firstName: "Bob der Baumeister",
      phone: null,
      timeZone: null,
    });
    expect(await shop.contacts.find({ externalId: "8" })).toMatchObject({ firstName: "=1+1" });
    expect(await shop.consents.list(ann?.id ?? "")).toMatchObject([
      { state: "withdrawn", source: "import customers" },
    ]);
    expect((await shop.segments.get(segment.id)).memberCount).toBe(3);
    await shop.contacts.erase((await shop.contacts.find({ externalId: "2" }))?.id ?? "");
    expect((await shop.contacts.imports.refusals("customers")).items).toEqual(told.slice(2));
    expect(await shop.contacts.imports.forgetRefusals("customers")).toBe(6);
    await kit.stop();
  });

  it("AUD-1: running a file again changes nothing, under its name or another", async () => {
    const { kit, shop } = await openShop(database);
    const options = { format: "csv", importId: "a", batchSize: 10 } as const;
    expect(await shop.contacts.import(people(25), options)).toMatchObject({ created: 25, rows: 25 });
    async function* untouched(): AsyncGenerator<string, void, undefined> {
      yield "";
      throw new Error("A finished import reads nothing.");
    }
    expect(await shop.contacts.import(untouched(), options)).toMatchObject({
      state: "finished",
      created: 25,
      resumedAfter: 25,
    });
    expect(await shop.contacts.import(people(25), { format: "csv" })).toMatchObject({
      created: 0,
      unchanged: 25,
      duplicates: 0,
    });
    expect((await shop.contacts.imports.list()).items.map(({ unchanged }) => unchanged)).toEqual([25, 0]);
    await kit.stop();
  });

  it("AUD-1: an import that broke off or was stopped goes on where it was, with the same source only", async () => {
    const { kit, shop } = await openShop(database);
    const options = { format: "csv", importId: "big", batchSize: 10 } as const;
    const text = people(100);
    await expect(shop.contacts.import(stream(text, { failAfter: 1_024 }), options)).rejects.toThrow(
      "connection reset",
    );
    const broken = await shop.contacts.imports.get("big");
    expect(broken).toMatchObject({ state: "failed", error: "connection reset" });
    expect(broken.rows).toBeGreaterThan(0);
    expect(broken.rows % 10).toBe(0);
    await expect(shop.contacts.import(stream(text.replace("p0@", "q0@")), options)).rejects.toMatchObject({
      code: "CONFLICT",
      details: { reason: "its source is another one" },
    });
    const stop = new AbortController();
    const seen: ImportProgress[] = [];
    const stopped = await shop.contacts.import(stream(text), {
      ...options,
      signal: stop.signal,
      onProgress: (progress) => {
        seen.push(progress);
        stop.abort();
      },
    });
    expect(stopped).toMatchObject({ state: "stopped", resumedAfter: broken.rows, rows: broken.rows + 10 });
    expect(seen).toMatchObject([{ rows: broken.rows + 10, created: broken.rows + 10 }]);
    const finished = await shop.contacts.import(stream(text), options);
    expect(finished).toMatchObject({
      state: "finished",
      rows: 100,
      created: 100,
      duplicates: 0,
      resumedAfter: stopped.rows,
    });
    await kit.stop();
  });

  it("AUD-1: an import stops at once when it is told to, also while its source keeps it waiting", async () => {
    const { kit, shop } = await openShop(database);
    const stop = new AbortController();
    async function* stalled(): AsyncGenerator<string, void, undefined> {
      yield "email\na@example.com\nb@example.com\n";
      await new Promise(() => stop.abort());
    }
    const options = { format: "csv", importId: "stalled", batchSize: 1, signal: stop.signal } as const;
    const report = await shop.contacts.import(stalled(), options);
    expect(report).toMatchObject({ state: "stopped" });
    const again = await shop.contacts.import(
      people(0).replace("email,firstName", "email\na@example.com\nb@example.com"),
      {
        ...options,
        signal: new AbortController().signal,
      },
    );
    expect(again).toMatchObject({ state: "finished", rows: 2, created: 2 });
    await kit.stop();
  });

  it("AUD-1: of two processes that run one import, one is told so and nothing is written twice", async () => {
    const { kit, shop } = await openShop(database);
    const options = { format: "csv", importId: "race", batchSize: 5 } as const;
    const outcomes = await Promise.allSettled(
      [1, 2].map(() => shop.contacts.import(stream(people(60)), options)),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled").length).toBeGreaterThan(0);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "CONFLICT" });
    expect(await shop.contacts.imports.get("race")).toMatchObject({
      state: "finished",
      created: 60,
      rows: 60,
      duplicates: 0,
    });
    await kit.stop();
  });

  it("AUD-1: JSON, JSON lines and objects are imports too, as inputs or through a mapping", async () => {
    const { kit, shop } = await openShop(database);
    const records = [
      {
        email: "a@example.com",
        attributes: { age: 7 },
        consents: [{ channel: "email", state: "granted", source: "api", at: "2026-01-01T00:00:00Z" }],
      },
      { email: "b@example.com", consents: "all of them" },
      { email: "c@example.com", nickname: "Cid" },
      ["d@example.com"],
      { email: "e@example.com", attributes: { age: "seven" } },
    ];
    const options = { unknownAttributes: "define" } as const;
    const json = await shop.contacts.import(JSON.stringify(records), {
      format: "json",
      importId: "json",
      ...options,
    });
    expect(json).toMatchObject({ rows: 5, created: 1, refused: 4 });
    expect(
      (await shop.contacts.imports.refusals("json")).items.map(({ row, column, value }) => [
        row,
        column,
        value,
      ]),
    ).toEqual([
      [2, "consents", "all of them"],
      [3, null, '{"email":"c@example.com","nickname":"Cid"}'],
      [4, null, '["d@example.com"]'],
      [5, "attributes.age", "seven"],
    ]);
    const ann = await shop.contacts.find({ email: "a@example.com" });
    expect(await shop.consents.list(ann?.id ?? "")).toMatchObject([
      { changedAt: new Date("2026-01-01T00:00:00Z") },
    ]);
    const lines = '{"mail":"F@example.com","years":8,"ok":true}\n{"mail":7}\nnot json\n{"mail":{}}\n';
    const mapped = await shop.contacts.import(lines, {
      format: "jsonl",
      importId: "lines",
      columns: { mail: "email", years: { attribute: "age" }, ok: { consent: { channel: "email" } } },
    });
    expect(mapped).toMatchObject({ rows: 4, created: 1, refused: 3 });
    expect(
      (await shop.contacts.imports.refusals("lines")).items.map(({ line, column, value }) => [
        line,
        column,
        value,
      ]),
    ).toEqual([
      [2, "mail", "7"],
      [3, null, "not json"],
      [4, "mail", "{}"],
    ]);
    async function* objects() {
      yield { externalId: "x" };
      yield { externalId: "x", firstName: "X" };
    }
    expect(await shop.contacts.import(objects(), { format: "objects" })).toMatchObject({
      created: 1,
      updated: 1,
      duplicates: 1,
    });
    await kit.stop();
  });

  it("AUD-5: consents of a file hold for each row, never take back a withdrawal, and yield to the row's own word", async () => {
    const { kit, shop } = await openShop(database);
    const granted = { channel: "email", state: "granted", source: "fair 2026" } as const;
    const ann = (
      await shop.contacts.upsert({
        email: "ann@example.com",
        consents: [{ ...granted, state: "withdrawn", source: "link" }],
      })
    ).contact;
    const csv = "email,ok\nann@example.com,\nbob@example.com,\ncid@example.com,no\n";
    const columns = { email: "email", ok: { consent: { channel: "email" } } } as const;
    await shop.contacts.import(csv, { format: "csv", columns, consents: [granted] });
    const stateOf = async (email: string) =>
      (await shop.consents.list((await shop.contacts.find({ email }))?.id ?? ""))[0]?.state;
    expect(await stateOf("ann@example.com")).toBe("withdrawn");
    expect(await stateOf("bob@example.com")).toBe("granted");
    expect(await stateOf("cid@example.com")).toBe("withdrawn");
    await shop.contacts.import(csv, {
      format: "csv",
      columns,
      consents: [granted],
      overruleWithdrawals: true,
    });
    expect(await stateOf("ann@example.com")).toBe("granted");
    expect((await shop.consents.log(ann.id)).items.map(({ state }) => state)).toEqual([
      "withdrawn",
      "granted",
    ]);
    await kit.stop();
  });

  it("AUD-1: options and headers that can't be are refused before anything is written", async () => {
    const { kit, shop, other } = await openShop(database);
    const dynamic = await shop.segments.create({
      kind: "dynamic",
      name: "all",
      criteria: { type: "everyone" },
    });
    const foreign = await other.segments.create({ kind: "static", name: "theirs" });
    const refused = { code: "VALIDATION_FAILED" };
    await expect(shop.contacts.import("name\nAnn\n", { format: "csv" })).rejects.toMatchObject(refused);
    await expect(
      shop.contacts.import("email\na@example.com\n", { format: "csv", columns: { mail: "email" } }),
    ).rejects.toMatchObject({
      details: { issues: [{ path: ["columns", "mail"] }, { path: ["columns"] }] },
    });
    await expect(shop.contacts.import("", { format: "csv", batchSize: 0 })).rejects.toMatchObject(refused);
    await expect(shop.contacts.import("", { format: "csv", phoneCountry: "Germany" })).rejects.toMatchObject(
      refused,
    );
    await expect(shop.contacts.import("", { format: "csv", segmentId: dynamic.id })).rejects.toMatchObject({
      code: "CONFLICT",
    });
    await expect(shop.contacts.import("", { format: "csv", segmentId: foreign.id })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    await expect(
      shop.contacts.import('email\na@example.com\n"b', { format: "csv", importId: "x", batchSize: 1 }),
    ).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: { issues: [{ path: ["source", 3] }] },
    });
    expect(await shop.contacts.imports.get("x")).toMatchObject({ state: "failed", created: 1 });
    await expect(other.contacts.imports.get("x")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(other.contacts.imports.refusals("x")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(other.contacts.imports.forgetRefusals("x")).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await other.contacts.imports.list()).items).toEqual([]);
    await kit.stop();
  });

  it("AUD-1: what was exported is imported again as it was", async () => {
    const { kit, shop, other } = await openShop(database);
    for (const workspace of [shop, other]) {
      await workspace.attributes.define({ name: "note", type: "text" });
      await workspace.attributes.define({ name: "tags", type: "text-list" });
      await workspace.attributes.define({ name: "seen", type: "instant" });
    }
    await shop.contacts.upsert({
      externalId: "-1",
      email: "ann@example.com",
      phone: "+493012345678",
      firstName: "=cmd|' /C calc'!A0",
      attributes: { note: '+"quoted",\nlines', tags: ["a", "b"], seen: new Date(0) },
      consents: [{ channel: "email", state: "pending", source: "form" }],
    });
    let csv = "";
    for await (const piece of shop.contacts.exportCsv()) csv += piece;
    expect(await other.contacts.import(csv, { format: "csv" })).toMatchObject({
      created: 1,
      refused: 0,
      valuesDropped: 0,
      ignoredColumns: [],
    });
    const [mine, theirs] = await Promise.all(
      [shop, other].map((workspace) => workspace.contacts.find({ externalId: "-1" })),
    );
    expect({ ...theirs, id: mine?.id }).toEqual(mine);
    expect(await other.consents.list(theirs?.id ?? "")).toMatchObject([
      { channel: "email", state: "pending" },
    ]);
    await kit.stop();
  });
});
