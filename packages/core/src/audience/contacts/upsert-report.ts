/** What a host is told of upserts, and what the activity log is. */
import type { Unit } from "../../kernel/unit.ts";
import { notFound } from "../../kernel/validate.ts";
import { recordConsents } from "../consents/change.ts";
import { recordChoices } from "../preferences/change.ts";
import type {
  ContactInput,
  ContactWriteOptions,
  UpsertManyItem,
  UpsertManyResult,
  UpsertResult,
} from "./contact.ts";
import { keyConflict, refusedInput } from "./failures.ts";
import { findContact, toContact } from "./store.ts";
import { type WriteResult, writeContacts } from "./write.ts";

/** Writes one contact. @throws {VALIDATION_FAILED} {CONFLICT} */
export async function upsertOne(
  unit: Unit,
  input: ContactInput,
  options: ContactWriteOptions,
): Promise<UpsertResult> {
  const { results, consents, choices } = await writeContacts(unit, [input], options);
  const result = results[0];
  if (result === undefined) throw new Error("An upsert has one result.");
  if (result.outcome === "refused") throw refusedInput(result.issues);
  if (result.outcome === "conflict") throw keyConflict(result.otherId, result.reason);
  const { contactId, outcome, changed, warnings } = result;
  const subject = { type: "contact", id: contactId };
  if (outcome === "created") unit.record("contact.created", { subject, data: { contactId } });
  if (outcome === "updated") unit.record("contact.updated", { subject, data: { contactId, changed } });
  recordConsents(unit, consents);
  recordChoices(unit, choices);
  const record = await findContact(unit.db, unit.workspaceId, contactId);
  if (record === null) throw notFound("contact", contactId);
  return { outcome, contact: toContact(record), warnings };
}

/** Writes many contacts; bad ones hold up nobody. One activity for all of them. */
export async function upsertMany(
  unit: Unit,
  inputs: readonly ContactInput[],
  options: ContactWriteOptions,
): Promise<UpsertManyResult> {
  const { results } = await writeContacts(unit, inputs, options);
  const counts = countsOf(results);
  unit.record("contacts.written", {
    subject: { type: "workspace", id: unit.workspaceId },
    data: { importId: null, ...counts },
  });
  return { ...counts, items: results.map(toItem) };
}

/** How often each outcome came; a conflict counts as refused. */
export function countsOf(results: readonly WriteResult[]): {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly refused: number;
} {
  const counts = { created: 0, updated: 0, unchanged: 0, refused: 0 };
  for (const { outcome } of results) counts[outcome === "conflict" ? "refused" : outcome] += 1;
  return counts;
}

function toItem(result: WriteResult): UpsertManyItem {
  const { warnings } = result;
  if (result.outcome === "refused") return { outcome: "refused", issues: result.issues, warnings };
  if (result.outcome === "conflict")
    return { outcome: "conflict", otherId: result.otherId, reason: result.reason, warnings };
  return { outcome: result.outcome, contactId: result.contactId, warnings };
}
