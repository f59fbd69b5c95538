/**
 * Upserts contacts, many at a time.
 *
 * The external id wins: a draft that has one means the contact with that external id, and gives it the address. Without such a contact (or
 * without an external id) the address decides. An address that belongs to another contact is a conflict.
 *
 * The rows are read and locked, the drafts applied one after the other in memory, the results written in two statements. The unique indexes
 * decide races: what somebody else inserted meanwhile is read again.
 */
import type { Unit } from "../../kernel/unit.ts";
import type { ContactDraft } from "./input.ts";
import { type ContactRecord, insertContacts, lockByKeys, releaseKeys, updateContacts } from "./store.ts";
import { type Entry, Ledger } from "./upsert-ledger.ts";

/** What became of one draft. */
export type UpsertOutcome =
  | {
      readonly outcome: "created" | "updated" | "unchanged";
      readonly contactId: string;
      /** The fields that changed; attributes as `attributes.name`. */
      readonly changed: readonly string[];
      /** Whether an earlier draft of the same import had written the contact. */
      readonly duplicate: boolean;
    }
  | {
      readonly outcome: "conflict";
      /** The contact that the external id names, or that was meant by it. */
      readonly contactId: string | null;
      /** The contact that has the address. */
      readonly otherId: string;
      readonly reason: string;
    };

/** How drafts are written. */
export interface UpsertSettings {
  readonly importId: string | null;
}

/** Rounds that lost races may cost; each needs another writer to insert the very same keys. */
const MAX_ROUNDS = 10;

/** Writes the drafts in their order. One outcome for each, in the same order. */
export async function upsertDrafts(
  unit: Unit,
  drafts: readonly ContactDraft[],
  settings: UpsertSettings,
): Promise<readonly UpsertOutcome[]> {
  const outcomes = new Array<UpsertOutcome>(drafts.length);
  let open = drafts.map((_, index) => index);
  for (let round = 0; open.length > 0; round++) {
    if (round === MAX_ROUNDS) throw new Error("Contacts with the same keys keep appearing and vanishing.");
    open = await upsertRound(unit, drafts, open, outcomes, settings);
  }
  return outcomes;
}

/** One round. @returns the drafts that lost a race, to be tried again. */
async function upsertRound(
  unit: Unit,
  drafts: readonly ContactDraft[],
  open: readonly number[],
  outcomes: UpsertOutcome[],
  settings: UpsertSettings,
): Promise<number[]> {
  const ledger = new Ledger(
    await lockByKeys(unit, keysOf(drafts, open)),
    () => unit.newId(),
    settings.importId,
  );
  const entries = new Map<number, Entry>();
  for (const index of open) {
    const draft = drafts[index];
    if (draft === undefined) continue;
    const applied = ledger.apply(draft);
    outcomes[index] = applied.outcome;
    if (applied.entry !== null) entries.set(index, applied.entry);
  }
  const fresh = ledger.created();
  const changed = ledger.changed();
  await releaseKeys(
    unit,
    changed.filter(({ before, values }) => givesUpKey(before, values)).map(({ values }) => values.id),
  );
  await updateContacts(
    unit,
    changed.map(({ values }) => values),
  );
  const inserted = await insertContacts(
    unit,
    fresh.map(({ values }) => values),
  );
  return [...entries].flatMap(([index, entry]) =>
    entry.before === null && !inserted.has(entry.values.id) ? [index] : [],
  );
}

function keysOf(drafts: readonly ContactDraft[], open: readonly number[]) {
  const externalIds = new Set<string>();
  const emails = new Set<string>();
  for (const index of open) {
    const fields = drafts[index]?.fields;
    if (fields?.externalId != null) externalIds.add(fields.externalId);
    if (fields?.emailNormalized != null) emails.add(fields.emailNormalized);
  }
  return { externalIds: [...externalIds], emails: [...emails] };
}

function givesUpKey(
  before: ContactRecord | null,
  after: { externalId: string | null; emailNormalized: string | null },
) {
  const gone = (was: string | null | undefined, is: string | null): boolean => was != null && was !== is;
  return gone(before?.externalId, after.externalId) || gone(before?.emailNormalized, after.emailNormalized);
}
