import { expect, it } from "vitest";
import { z } from "zod";
import { CampaignKitError } from "../ports/errors.ts";
import { checkStandard, isId, parse, requireId } from "./validate.ts";

const schema = z.strictObject({ name: z.string().min(1), tags: z.array(z.object({ id: z.int() })) });

it("says every problem at once, each with its path", () => {
  try {
    parse(schema, { name: "", tags: [{ id: 1 }, { id: "x" }], extra: 1 }, "thing");
    expect.unreachable();
  } catch (error) {
    expect(CampaignKitError.is(error, "VALIDATION_FAILED")).toBe(true);
    const { details, message } = error as CampaignKitError<"VALIDATION_FAILED">;
    expect(details.subject).toBe("thing");
    expect(details.issues.map(({ path }) => path)).toEqual([["name"], ["tags", 1, "id"], []]);
    expect(message).toContain("tags.1.id: ");
  }
});

it("passes on what the schema makes of the input", () => {
  expect(parse(z.object({ n: z.coerce.number() }), { n: "7" }, "thing")).toEqual({ n: 7 });
});

it("checks by any Standard Schema, with the issues under a prefix", async () => {
  expect(await checkStandard(schema, { name: "a", tags: [] }, [])).toEqual({
    value: { name: "a", tags: [] },
  });
  const { issues } = await checkStandard(schema, { name: "a", tags: [{ id: "x" }] }, ["content"]);
  expect(issues?.map(({ path }) => path)).toEqual([["content", "tags", 0, "id"]]);
});

it.each([
  ["0190b5a0-0000-7000-8000-000000000001", true],
  ["0190B5A0-0000-7000-8000-000000000001", false],
  ["0190b5a0-0000-7000-8000-00000000000", false],
  ["0190b5a0-0000-7000-8000-000000000001 ", false],
  ["'; drop table ck_jobs; --", false],
  ["", false],
])("knows that %s can be an id: %s", (text, possible) => {
  expect(isId(text)).toBe(possible);
  if (possible) expect(requireId("thing", text)).toBe(text);
  else expect(() => requireId("thing", text)).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
});
