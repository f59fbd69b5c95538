/** Transforms of an imported value, declared as data. Pure. */
import { tz } from "@date-fns/tz";
import { isValid, parse } from "date-fns";
import { z } from "zod";
import { isTimeZone } from "../../math/time-zone.ts";

/**
 * One step of reading a value.
 *
 * - `lower`, `upper`: letter case. `replace`: every occurrence. `map`: known values to others; what is not known is kept, left out or refused.
 * - `default`: what an empty value means.
 * - `split`: a list. `number`: with that decimal sign; blanks and the other sign are for grouping. `boolean`: by words.
 * - `date`, `instant`: by a date-fns format (https://date-fns.org/docs/parse); a moment is read in that time zone.
 */
export type ValueTransform =
  | { readonly do: "lower" | "upper" }
  | { readonly do: "replace"; readonly from: string; readonly to: string }
  | {
      readonly do: "map";
      readonly values: Readonly<Record<string, string>>;
      readonly otherwise?: "keep" | "drop" | "refuse";
    }
  | { readonly do: "default"; readonly value: string }
  | { readonly do: "split"; readonly by: string }
  | { readonly do: "number"; readonly decimal?: "." | "," }
  | { readonly do: "boolean"; readonly true?: readonly string[]; readonly false?: readonly string[] }
  | { readonly do: "date"; readonly format: string }
  | { readonly do: "instant"; readonly format: string; readonly timeZone: string };

const words = z.array(z.string()).min(1).exactOptional();

/** The shape of a transform. */
export const transformSchema = z.discriminatedUnion("do", [
  z.strictObject({ do: z.enum(["lower", "upper"]) }),
  z.strictObject({ do: z.literal("replace"), from: z.string().min(1), to: z.string() }),
  z.strictObject({
    do: z.literal("map"),
    values: z.record(z.string(), z.string()),
    otherwise: z.enum(["keep", "drop", "refuse"]).exactOptional(),
  }),
  z.strictObject({ do: z.literal("default"), value: z.string() }),
  z.strictObject({ do: z.literal("split"), by: z.string().min(1) }),
  z.strictObject({ do: z.literal("number"), decimal: z.enum([".", ","]).exactOptional() }),
  z.strictObject({ do: z.literal("boolean"), true: words, false: words }),
  z.strictObject({ do: z.literal("date"), format: z.string().min(1) }),
  z.strictObject({
    do: z.literal("instant"),
    format: z.string().min(1),
    timeZone: z.string().refine(isTimeZone, { error: "This is no IANA time zone." }),
  }),
]) satisfies z.ZodType<ValueTransform>;

/** A value on its way; `undefined`: left out. */
export type Transformed = string | number | boolean | Date | readonly string[] | undefined;

/** What transforming came to. */
export type TransformOutcome =
  | { readonly outcome: "read"; readonly value: Transformed }
  | { readonly outcome: "refused"; readonly reason: string };

const TRUE = ["true", "yes", "y", "1", "on"];
const FALSE = ["false", "no", "n", "0", "off"];

const read = (value: Transformed): TransformOutcome => ({ outcome: "read", value });
const refused = (reason: string): TransformOutcome => ({ outcome: "refused", reason });

/** Applies the steps in order to a text; an empty one is left out, unless a default stands in. */
export function transform(text: string, steps: readonly ValueTransform[]): TransformOutcome {
  let value: Transformed = text === "" ? undefined : text;
  for (const step of steps) {
    if (step.do === "default" && value === undefined) value = step.value;
    if (typeof value !== "string") continue;
    const result: TransformOutcome = apply(value, step);
    if (result.outcome === "refused") return result;
    value = result.value === "" ? undefined : result.value;
  }
  return read(value);
}

function apply(text: string, step: ValueTransform): TransformOutcome {
  switch (step.do) {
    case "lower":
      return read(text.toLowerCase());
    case "upper":
      return read(text.toUpperCase());
    case "replace":
      return read(text.replaceAll(step.from, () => step.to));
    case "default":
      return read(text);
    case "map":
      if (Object.hasOwn(step.values, text)) return read(step.values[text]);
      if (step.otherwise === "refuse")
        return refused("This value is not among those that the mapping knows.");
      return read(step.otherwise === "drop" ? undefined : text);
    case "split":
      return read(
        text
          .split(step.by)
          .map((item) => item.trim())
          .filter((item) => item !== ""),
      );
    case "number":
      return readNumber(text, step.decimal ?? ".");
    case "boolean":
      return readBoolean(text, step.true ?? TRUE, step.false ?? FALSE);
    case "date": {
      const date = parse(text, step.format, 0, { in: tz("UTC") });
      return isValid(date)
        ? read(new Date(date.getTime()))
        : refused(`This is no date of the form ${step.format}.`);
    }
    case "instant": {
      const date = parse(text, step.format, 0, { in: tz(step.timeZone) });
      return isValid(date)
        ? read(new Date(date.getTime()))
        : refused(`This is no moment of the form ${step.format}.`);
    }
  }
}

/** A decimal number; digits may be grouped by blanks, apostrophes, or the sign that is not the decimal one. */
export function readNumber(text: string, decimal: "." | ","): TransformOutcome {
  const grouping = decimal === "." ? "," : ".";
  const grouped = `\\d{1,3}(?:[${grouping}'’\\s]\\d{3})+`;
  const pattern = new RegExp(`^([+-]?)(${grouped}|\\d+)(?:\\${decimal}(\\d+))?(?:[eE]([+-]?\\d{1,3}))?$`);
  const match = pattern.exec(text);
  if (match === null) return refused("This is no number.");
  const [, sign, digits = "", decimals = "0", exponent = "0"] = match;
  const value = Number(`${sign}${digits.replace(/\D/g, "")}.${decimals}e${exponent}`);
  return Number.isFinite(value) ? read(value) : refused("This number is too large.");
}

/** A truth value, by its words in any case. */
export function readBoolean(
  text: string,
  yes: readonly string[] = TRUE,
  no: readonly string[] = FALSE,
): TransformOutcome {
  const among = (list: readonly string[]): boolean =>
    list.some((word) => word.toLowerCase() === text.toLowerCase());
  if (among(yes)) return read(true);
  return among(no) ? read(false) : refused(`Give one of ${[...yes, ...no].join(", ")}.`);
}
