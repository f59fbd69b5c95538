/** Writes contacts from what a host says of them: checks, upserts, consents, and the mark for dynamic segments. */
import type { Unit } from "../../kernel/unit.ts";
import type { ValidationIssue } from "../../ports/errors.ts";
import type { AttributeType } from "../attributes/attribute.ts";
import { attributeTypes, insertAttributes } from "../attributes/store.ts";
import { applyConsents, type ConsentChange } from "../consents/store.ts";
import { markChanged } from "../segments/changes.ts";
import type { ContactInput, ContactWarning, ContactWriteOptions } from "./contact.ts";
import { type ContactReading, MAX_ATTRIBUTES, readContact } from "./input.ts";
import { type UpsertOutcome, upsertDrafts } from "./upsert.ts";

/** How a set of inputs is written. */
export interface WriteSettings extends ContactWriteOptions {
  /** The import that the inputs belong to. */
  readonly importId?: string;
  /** Leaves a bad phone number out and reports it, where otherwise it refuses the contact. */
  readonly lenientPhone?: boolean;
  /** Takes back no withdrawal of consent. */
  readonly keepWithdrawn?: boolean;
}

/** What became of one input. */
export type WriteResult = (
  | UpsertOutcome
  | { readonly outcome: "refused"; readonly issues: readonly ValidationIssue[] }
) & { readonly warnings: readonly ContactWarning[] };

const NO_KEY: ValidationIssue = {
  path: [],
  message: "Give an externalId or an email: one of them says which contact is meant.",
};

/** Writes the inputs in their order; a bad one is refused and holds up nobody. One result for each, in the same order. */
export async function writeContacts(
  unit: Unit,
  inputs: readonly ContactInput[],
  settings: WriteSettings,
): Promise<readonly WriteResult[]> {
  const readings = (await readAll(unit, inputs, settings)).map((reading) =>
    reading.issues.length > 0 || hasKey(reading) ? reading : { ...reading, issues: [NO_KEY] },
  );
  const accepted = readings.filter(({ issues }) => issues.length === 0);
  const outcomes = await upsertDrafts(
    unit,
    accepted.map(({ draft }) => draft),
    { importId: settings.importId ?? null },
  );
  const byReading = new Map(accepted.map((reading, index) => [reading, outcomes[index]]));
  await writeConsents(unit, byReading, settings.keepWithdrawn ?? false);
  return readings.map((reading) => {
    const outcome = byReading.get(reading) ?? { outcome: "refused" as const, issues: reading.issues };
    return { ...outcome, warnings: reading.warnings };
  });
}

function hasKey({ draft: { fields } }: ContactReading): boolean {
  return fields.externalId != null || fields.emailNormalized != null;
}

/** Reads the inputs by the workspace's attributes, defining those that their first values define. */
async function readAll(
  unit: Unit,
  inputs: readonly ContactInput[],
  settings: WriteSettings,
): Promise<readonly ContactReading[]> {
  for (;;) {
    const types = new Map(await attributeTypes(unit.db, unit.workspaceId));
    const fresh = new Map<string, AttributeType>();
    const readings = inputs.map((input) => {
      // Past the limit new names are refused, as if the option had not been given.
      const open = settings.unknownAttributes === "define" && types.size < MAX_ATTRIBUTES;
      const reading = readContact(input, {
        types,
        unknownAttributes: open ? "define" : "refuse",
        lenientPhone: settings.lenientPhone ?? false,
        ...(settings.phoneCountry === undefined ? {} : { phoneCountry: settings.phoneCountry }),
      });
      if (reading.issues.length > 0) return reading;
      for (const [name, type] of reading.newTypes) {
        types.set(name, type);
        fresh.set(name, type);
      }
      return reading;
    });
    const wanted = [...fresh].map(([name, type]) => ({ name, type, description: null }));
    const added = await insertAttributes(unit, wanted);
    for (const name of added) {
      const type = fresh.get(name);
      if (type === undefined) continue;
      unit.record("attribute.defined", { subject: { type: "attribute", id: name }, data: { name, type } });
    }
    // Somebody else defined one of them meanwhile, perhaps with another type: read again by theirs.
    if (added.length === wanted.length) return readings;
  }
}

async function writeConsents(
  unit: Unit,
  outcomes: ReadonlyMap<ContactReading, UpsertOutcome | undefined>,
  keepWithdrawn: boolean,
): Promise<void> {
  const touched = new Set<string>();
  const changes: ConsentChange[] = [];
  for (const [{ draft }, outcome] of outcomes) {
    if (outcome === undefined || outcome.outcome === "conflict") continue;
    if (outcome.outcome !== "unchanged") touched.add(outcome.contactId);
    for (const { channel, purpose, state, source, at, evidence } of draft.consents)
      changes.push({
        contactId: outcome.contactId,
        channel,
        purpose,
        state,
        source,
        at: at?.getTime() ?? unit.now,
        ...(evidence === undefined ? {} : { evidence }),
      });
  }
  const changed = await applyConsents(unit, changes, { keepWithdrawn });
  for (const { contactId } of changed) touched.add(contactId);
  await markChanged(unit, [...touched]);
}
