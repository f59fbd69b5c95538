/** The rules that tell machines from people: their defaults, and how a host's own are checked. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { textOf } from "../../kernel/text.ts";
import { parse } from "../../kernel/validate.ts";
import type { MachineRules } from "../../ports/machines.ts";
import { AGENTS, PROXIES } from "./agents.ts";
import { parseRange } from "./networks.ts";

/**
 * The default rules. They are wary of taking a person for a machine: one signal that a person could give by chance is not enough.
 *
 * The version rises with every change of what they say.
 */
export const DEFAULT_MACHINE_RULES: MachineRules = {
  version: "1",
  agents: AGENTS,
  proxies: PROXIES,
  dataCentres: [],
  soonAfterSendMs: 3_000,
  burst: { links: 3, withinMs: 1_000 },
  unopenedBurst: { links: 3, withinMs: 5_000 },
  honeypotMs: 10_000,
};

/** Beyond these a rule would no longer be about one visit. */
const MAX_MS = 600_000;
const MAX_AGENTS = 1_000;
const MAX_RANGES = 50_000;

const agent = z
  .strictObject({
    reason: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "Give 1 to 64 lower-case letters, digits and -."),
    contains: z
      .array(textOf({ min: 1, max: 200 }))
      .min(1)
      .optional(),
    equals: textOf({ min: 1, max: 256 }).optional(),
    on: z.enum(["open", "click"]).optional(),
  })
  .refine(({ contains, equals }) => contains !== undefined || equals !== undefined, {
    error: "Say what the user agent contains or equals: a rule without either would take everybody.",
  });
const burst = z
  .strictObject({ links: z.int().min(2).max(100), withinMs: z.int().min(1).max(MAX_MS) })
  .nullable();
const range = z.string().refine((text) => parseRange(text) !== null, {
  error: ({ input }) =>
    `"${String(input)}" is no range of addresses; give one such as 203.0.113.0/24 or 2001:db8::/32.`,
});

const schema = z
  .strictObject({
    version: textOf({ min: 1, max: 64 }),
    agents: z.array(agent).max(MAX_AGENTS),
    proxies: z.array(agent).max(MAX_AGENTS),
    dataCentres: z.array(range).max(MAX_RANGES),
    soonAfterSendMs: z.int().min(0).max(MAX_MS),
    burst,
    unopenedBurst: burst,
    honeypotMs: z.int().min(0).max(MAX_MS),
  })
  .partial();

/**
 * The rules, with the default for whatever is absent. Without a version of the host's own, what differs from the default is named by a hash of it.
 *
 * @throws {VALIDATION_FAILED}
 */
export function machineRules(given: Partial<MachineRules> = {}): MachineRules {
  const checked = parse(schema, given, "machine rules");
  const own = Object.fromEntries(Object.entries(checked).filter(([, value]) => value !== undefined));
  if (Object.keys(own).length === 0) return DEFAULT_MACHINE_RULES;
  const hash = createHash("sha256").update(JSON.stringify(own)).digest("hex").slice(0, 8);
  // What is left out of `own` is what is undefined in it, so that every field has a value.
  return {
    ...DEFAULT_MACHINE_RULES,
    version: `${DEFAULT_MACHINE_RULES.version}+${hash}`,
    ...own,
  } as MachineRules;
}
