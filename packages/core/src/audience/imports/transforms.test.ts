import { describe, expect, it } from "vitest";
import { settleColumns, stateOf } from "./columns.ts";
import { transform, type ValueTransform } from "./transforms.ts";

const run = (text: string, ...steps: readonly ValueTransform[]): unknown => {
  const outcome = transform(text, steps);
  return outcome.outcome === "read" ? outcome.value : "refused";
};

describe("import transforms", () => {
  it("AUD-1: values are transformed as the mapping declares", () => {
    expect(run("ANN", { do: "lower" })).toBe("ann");
    expect(run("a-b-c", { do: "replace", from: "-", to: "$&" })).toBe("a$&b$&c");
    expect(run("M", { do: "map", values: { M: "male" } })).toBe("male");
    expect(run("X", { do: "map", values: { M: "male" } })).toBe("X");
    expect(run("X", { do: "map", values: { M: "male" }, otherwise: "drop" })).toBeUndefined();
    expect(run("X", { do: "map", values: { M: "male" }, otherwise: "refuse" })).toBe("refused");
    expect(run("constructor", { do: "map", values: {}, otherwise: "drop" })).toBeUndefined();
    expect(run("", { do: "default", value: "DE" }, { do: "lower" })).toBe("de");
    expect(run("")).toBeUndefined();
    expect(run("a; b;;c", { do: "split", by: ";" })).toEqual(["a", "b", "c"]);
  });

  it("AUD-1: numbers are read with their decimal sign and grouping, and nothing else is a number", () => {
    expect(run("1.234.567,89", { do: "number", decimal: "," })).toBe(1_234_567.89);
    expect(run("1,234.5", { do: "number" })).toBe(1234.5);
    expect(run("1 234", { do: "number" })).toBe(1234);
    expect(run("-0.5e3", { do: "number" })).toBe(-500);
    for (const text of ["1,5", "12,34,567", "1.2.3", "abc", "1e999", "0x10", "", "٣"])
      expect(run(text, { do: "number" }), text).toBe(text === "" ? undefined : "refused");
  });

  it("AUD-1: truth values, days and moments are read by their forms", () => {
    expect(run("Ja", { do: "boolean", true: ["ja"], false: ["nein"] })).toBe(true);
    expect(run("NO", { do: "boolean" })).toBe(false);
    expect(run("vielleicht", { do: "boolean" })).toBe("refused");
    expect(run("28.02.2027", { do: "date", format: "dd.MM.yyyy" })).toEqual(new Date("2027-02-28T00:00:00Z"));
    expect(run("30.02.2027", { do: "date", format: "dd.MM.yyyy" })).toBe("refused");
    expect(
      run("01.07.2027 12:00", { do: "instant", format: "dd.MM.yyyy HH:mm", timeZone: "Europe/Berlin" }),
    ).toEqual(new Date("2027-07-01T10:00:00Z"));
  });

  it("AUD-1: columns are understood by their names, and problems of a mapping come at once", () => {
    const types = new Map([["favouriteColour", "text"] as const]);
    const topics = new Set(["offers"]);
    const auto = settleColumns(
      [
        "E-Mail",
        "First Name",
        "Favourite colour",
        "consent:email:news",
        "topic:offers",
        "topic:nothing",
        "Other",
      ],
      undefined,
      { types, topics, define: false },
    );
    expect(auto.columns.map((column) => column?.rule ?? null)).toEqual([
      { field: "email" },
      { field: "firstName" },
      { attribute: "favouriteColour" },
      { consent: { channel: "email", purpose: "news" } },
      { topic: { key: "offers" } },
      null,
      null,
    ]);
    expect(auto).toMatchObject({ ignored: ["topic:nothing", "Other"], issues: [] });
    const wrong = settleColumns(
      ["a", "b", "c"],
      { a: "firstName", b: { field: "firstName" }, c: { attribute: "nope" }, d: "email" },
      { types, topics, define: false },
    );
    expect(wrong.issues.map(({ path }) => path.join("."))).toEqual([
      "columns.d",
      "columns.b",
      "columns.c",
      "columns",
    ]);
  });

  it("AUD-1: columns that a mapping does not name are left out, or guessed where that is asked for and nothing else fills them", () => {
    const types = new Map([["plan", "text"] as const]);
    const names = ["mail", "Email", "First name", "plan", "Other"];
    const settle = (others: "ignore" | "guess") =>
      settleColumns(
        names,
        { mail: "email", Other: null },
        { types, topics: new Set(), define: false, others },
      );
    expect(settle("ignore")).toMatchObject({ ignored: ["Email", "First name", "plan"], issues: [] });
    const guessed = settle("guess");
    expect(guessed.columns.map((column) => column?.rule ?? null)).toEqual([
      { field: "email" },
      null,
      { field: "firstName" },
      { attribute: "plan" },
      null,
    ]);
    expect(guessed).toMatchObject({ ignored: ["Email"], issues: [] });
  });

  it("AUD-1: words of consent mean what the mapping says", () => {
    const words = { channel: "email", granted: ["Ja"], withdrawn: ["nein"] } as const;
    expect(["ja", "NEIN", "pending", "yes"].map((word) => stateOf(words, word))).toEqual([
      "granted",
      "withdrawn",
      "pending",
      null,
    ]);
  });
});
