/** Writes contacts from what a host says of them: checks, upserts, consents, and the mark for dynamic segments. */
import type { Unit } from "../../kernel/unit.ts";
import type { ValidationIssue } from "../../ports/errors.ts";
import type { AttributeType } from "../attributes/attribute.ts";
import { beingRemoved } from "../attributes/failures.ts";
import { attributeTypes, insertAttributes } from "../attributes/store.ts";
import type { ConsentStatement } from "../consents/consent.ts";
import { applyConsents, type ConsentChange } from "../consents/store.ts";
import type { TopicStatement } from "../preferences/choice.ts";
import { applyChoices, type ChoiceChange } from "../preferences/choices-store.ts";
import { topicKeys } from "../preferences/topics-store.ts";
import { markChanged } from "../segments/changes.ts";
import type { ContactInput, ContactWarning, ContactWriteOptions } from "./contact.ts";
import { type ContactDraft, type ContactReading, MAX_ATTRIBUTES, readContact } from "./input.ts";
import { mergeContacts } from "./merge.ts";
import { lockByIds, updateContacts } from "./store.ts";
import { type UpsertOutcome, upsertDrafts } from "./upsert.ts";

/** How a set of inputs is written. */
export interface WriteSettings extends ContactWriteOptions {
  /** The import that the inputs belong to. */
  readonly importId?: string;
  /** Leaves a bad phone number out and reports it, where otherwise it refuses the contact. */
  readonly lenientPhone?: boolean;
  /** Takes back no withdrawal of consent and no opt-out of a topic. */
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

/** What became of a set of inputs. */
export interface Written {
  /** One for each input, in the same order. */
  readonly results: readonly WriteResult[];
  readonly consents: readonly ConsentChange[];
  readonly choices: readonly ChoiceChange[];
}

/** Writes the inputs in their order; a bad one is refused and holds up nobody. */
export async function writeContacts(
  unit: Unit,
  inputs: readonly ContactInput[],
  settings: WriteSettings,
): Promise<Written> {
  const readings = (await readAll(unit, inputs, settings)).map((reading) =>
    reading.issues.length > 0 || hasKey(reading) ? reading : { ...reading, issues: [NO_KEY] },
  );
  const accepted = readings.filter(({ issues }) => issues.length === 0);
  const outcomes = await upsertResolving(
    unit,
    accepted.map(({ draft }) => draft),
    settings,
  );
  const byReading = new Map(accepted.map((reading, index) => [reading, outcomes[index]]));
  const written = [...byReading].flatMap(([{ draft }, outcome]) =>
    outcome === undefined || outcome.outcome === "conflict"
      ? []
      : [
          {
            contactId: outcome.contactId,
            changed: outcome.outcome !== "unchanged",
            consents: draft.consents,
            topics: draft.topics,
          },
        ],
  );
  const keepWithdrawn = settings.keepWithdrawn ?? false;
  const consents = await writeConsents(unit, written, keepWithdrawn);
  const choices = await writeChoices(unit, written, keepWithdrawn);
  const results = readings.map((reading): WriteResult => {
    const outcome = byReading.get(reading) ?? { outcome: "refused" as const, issues: reading.issues };
    return { ...outcome, warnings: reading.warnings };
  });
  return { results, consents, choices };
}

/** How often one draft may meet a conflict: two merges bring together all that three keys can name. */
const MAX_MERGES = 4;

/** Upserts, and where conflicts are to be merged, makes one contact of the two and upserts again. */
async function upsertResolving(
  unit: Unit,
  drafts: readonly ContactDraft[],
  settings: WriteSettings,
): Promise<readonly UpsertOutcome[]> {
  const upsert = { importId: settings.importId ?? null };
  const outcomes = await upsertDrafts(unit, drafts, upsert);
  if (settings.onConflict !== "merge") return outcomes;
  const resolved: UpsertOutcome[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    const draft = drafts[index];
    // One after the other, each looked at afresh: what one merge did may be what the next conflict was about.
    resolved.push(
      outcome.outcome !== "conflict" || draft === undefined
        ? outcome
        : await upsertMerging(unit, draft, upsert),
    );
  }
  return resolved;
}

async function upsertMerging(
  unit: Unit,
  draft: ContactDraft,
  settings: { readonly importId: string | null },
): Promise<UpsertOutcome> {
  for (let merges = 0; ; merges++) {
    const [outcome] = await upsertDrafts(unit, [draft], settings);
    if (outcome === undefined) throw new Error("An upsert has one outcome.");
    if (outcome.outcome !== "conflict" || merges === MAX_MERGES)
      return merges > 0 && outcome.outcome === "unchanged" ? { ...outcome, outcome: "updated" } : outcome;
    if (outcome.contactId !== null)
      await mergeContacts(unit, { into: outcome.contactId, from: outcome.otherId });
    else if (draft.fields.externalId != null)
      await renameContact(unit, outcome.otherId, draft.fields.externalId);
  }
}

async function renameContact(unit: Unit, contactId: string, externalId: string): Promise<void> {
  const [record] = await lockByIds(unit, [contactId]);
  if (record !== undefined) await updateContacts(unit, [{ ...record, externalId }]);
}

function hasKey({ draft: { fields } }: ContactReading): boolean {
  return fields.externalId != null || fields.emailNormalized != null;
}

const NO_TOPICS: ReadonlySet<string> = new Set();

/** Reads the inputs by the workspace's attributes, defining those that their first values define. */
async function readAll(
  unit: Unit,
  inputs: readonly ContactInput[],
  settings: WriteSettings,
): Promise<readonly ContactReading[]> {
  for (let attempt = 1; ; attempt++) {
    const types = new Map(await attributeTypes(unit.db, unit.workspaceId));
    const topics = inputs.some((input) => input?.topics !== undefined)
      ? await topicKeys(unit.db, unit.workspaceId)
      : NO_TOPICS;
    const fresh = new Map<string, AttributeType>();
    const readings = inputs.map((input) => {
      // Past the limit new names are refused, as if the option had not been given.
      const open = settings.unknownAttributes === "define" && types.size < MAX_ATTRIBUTES;
      const reading = readContact(input, {
        now: unit.now,
        types,
        topics,
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
    if (added.length === wanted.length) return readings;
    // Somebody else defined one of them meanwhile, perhaps with another type: read again by theirs.
    const missed = wanted.find(({ name }) => !added.includes(name));
    if (attempt > 1 && missed !== undefined) throw beingRemoved(missed.name);
  }
}

/** A contact that was written, and what was said of its consents and topics. */
export interface WrittenContact {
  readonly contactId: string;
  /** Whether anything else about it changed. */
  readonly changed: boolean;
  readonly consents: readonly ConsentStatement[];
  readonly topics: readonly TopicStatement[];
}

/** Writes the consents of contacts, and marks those of which anything changed for the dynamic segments. */
export async function writeConsents(
  unit: Unit,
  written: readonly WrittenContact[],
  keepWithdrawn: boolean,
): Promise<readonly ConsentChange[]> {
  const changes = written.flatMap(({ contactId, consents }) =>
    consents.map(
      ({ channel, purpose, state, source, at, evidence }): ConsentChange => ({
        contactId,
        channel,
        purpose,
        state,
        source,
        at: at?.getTime() ?? unit.now,
        ...(evidence === undefined ? {} : { evidence }),
      }),
    ),
  );
  const changed = await applyConsents(unit, changes, { keepWithdrawn });
  const touched = new Set([
    ...written.filter((contact) => contact.changed).map(({ contactId }) => contactId),
    ...changed.map(({ contactId }) => contactId),
  ]);
  await markChanged(unit, [...touched]);
  return changed;
}

/** Writes what contacts chose among topics. */
export function writeChoices(
  unit: Unit,
  written: readonly WrittenContact[],
  keepOptedOut: boolean,
): Promise<readonly ChoiceChange[]> {
  const changes = written.flatMap(({ contactId, topics }) =>
    topics.map(
      ({ topic, state, source, at }): ChoiceChange => ({
        contactId,
        topic,
        state,
        source,
        at: at?.getTime() ?? unit.now,
      }),
    ),
  );
  return applyChoices(unit, changes, { keepOptedOut });
}
