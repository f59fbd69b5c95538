import { expect, it } from "vitest";
import { type Options, readArguments } from "./arguments.ts";

function options(...given: readonly string[]): Options {
  const result = readArguments(given);
  if (result.outcome !== "run") throw new Error(`Read as ${JSON.stringify(result)}.`);
  return result.options;
}

function problems(...given: readonly string[]): readonly string[] {
  const result = readArguments(given);
  return result.outcome === "wrong" ? result.problems : [];
}

it("without flags, 2,000 people are made up on SQLite", () => {
  expect(options()).toMatchObject({ contacts: null, size: 2_000, seed: 1, postgres: null, fresh: false });
});

it("a file of the user's own is read as the flags say", () => {
  const given = options(
    ...["--contacts", "people.csv", "--map", "email=E-Mail", "--map", "firstName=Vor=name"],
    ...["--consent", "column=Newsletter"],
  );
  expect(given.contacts).toEqual({
    path: "people.csv",
    fields: { email: "E-Mail", firstName: "Vor=name" },
    consent: { kind: "column", column: "Newsletter" },
    emailTemplate: null,
  });
  expect(
    options("--contacts", "a.csv", "--consent", "all", "--email-template", "c-{row}@example.test").contacts,
  ).toMatchObject({ consent: { kind: "all" }, emailTemplate: "c-{row}@example.test" });
});

it("nobody is written to without a word on consent", () => {
  expect(problems("--contacts", "people.csv")).toEqual([expect.stringContaining("--consent all")]);
});

it("everything that is wrong is told at once, with what would be right", () => {
  const told = problems(
    ...["--contacts", "a.csv", "--map", "mail=Mail", "--map", "email", "--consent", "some", "--seed=-1"],
    ...["--email-template", "nobody@example.test", "--postgres", "localhost"],
  );
  expect(told).toHaveLength(6);
  expect(told[0]).toContain("externalId, email, phone");
});

it("flags that contradict each other are refused", () => {
  expect(problems("--map", "email=x")).toHaveLength(1);
  expect(problems("--contacts", "a.csv", "--consent", "all", "--size", "50")).toHaveLength(1);
  const both = ["--map", "email=mail", "--email-template", "{row}@example.test"];
  expect(problems("--contacts", "a.csv", "--consent", "all", ...both)).toHaveLength(1);
  expect(
    problems("--map", "email=a", "--map", "email=b", "--contacts", "a.csv", "--consent", "all"),
  ).toHaveLength(1);
});

it("an unknown flag is named", () => {
  expect(problems("--colour")).toEqual([expect.stringContaining("--colour")]);
});
