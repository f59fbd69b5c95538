/** What a batch of upserts makes of the contacts it read: drafts are applied one after the other, in memory. Pure. */
import type { AttributeValue } from "../attributes/attribute.ts";
import type { ContactDraft, ContactFields } from "./input.ts";
import type { ContactRecord, ContactValues } from "./store.ts";
import type { UpsertOutcome } from "./upsert.ts";

/** One contact in the batch: as it was (`null`: it is new), and as it shall be. */
export interface Entry {
  readonly before: ContactRecord | null;
  values: ContactValues;
  touched: boolean;
}

/** A draft's outcome, and the contact that it wrote. */
interface Applied {
  readonly outcome: UpsertOutcome;
  readonly entry: Entry | null;
}

const FIELDS = [
  "externalId",
  "email",
  "emailNormalized",
  "phone",
  "firstName",
  "lastName",
  "locale",
  "timeZone",
] as const satisfies readonly (keyof ContactFields)[];

/** Keeps the batch's contacts by both keys while drafts change them. */
export class Ledger {
  readonly #entries: Entry[] = [];
  readonly #byExternalId = new Map<string, Entry>();
  readonly #byEmail = new Map<string, Entry>();
  readonly #newId: () => string;
  readonly #importId: string | null;

  constructor(known: readonly ContactRecord[], newId: () => string, importId: string | null) {
    this.#newId = newId;
    this.#importId = importId;
    for (const record of known) this.#index({ before: record, values: record, touched: false });
  }

  /** Applies a draft that names its contact by a key. */
  apply(draft: ContactDraft): Applied {
    const { externalId, emailNormalized } = draft.fields;
    const named = externalId == null ? undefined : this.#byExternalId.get(externalId);
    const addressed = emailNormalized == null ? undefined : this.#byEmail.get(emailNormalized);
    if (named !== undefined && addressed !== undefined && named !== addressed)
      return conflict(named, addressed, "the external id and the e-mail address belong to two contacts");
    const entry = named ?? addressed;
    if (entry === undefined) return this.#create(draft);
    const known = entry.values.externalId;
    if (externalId != null && known !== null && known !== externalId)
      return conflict(null, entry, "the e-mail address belongs to a contact with another external id");
    return this.#change(entry, draft);
  }

  /** The contacts to be added. */
  created(): readonly Entry[] {
    return this.#entries.filter(({ before }) => before === null);
  }

  /** The contacts to be written again. */
  changed(): readonly Entry[] {
    return this.#entries.filter(({ before, touched }) => before !== null && touched);
  }

  #create(draft: ContactDraft): Applied {
    const { values } = merged(EMPTY, draft);
    const entry: Entry = {
      before: null,
      values: { ...values, id: this.#newId(), importId: this.#importId },
      touched: true,
    };
    this.#index(entry);
    const outcome = {
      outcome: "created",
      contactId: entry.values.id,
      changed: [],
      duplicate: false,
    } as const;
    return { outcome, entry };
  }

  #change(entry: Entry, draft: ContactDraft): Applied {
    const { values, changed } = merged(entry.values, draft);
    const duplicate = entry.values.importId === this.#importId && this.#importId !== null;
    const contactId = entry.values.id;
    if (changed.length === 0)
      return { outcome: { outcome: "unchanged", contactId, changed, duplicate }, entry };
    this.#unindex(entry);
    entry.values = { ...values, importId: this.#importId ?? values.importId };
    entry.touched = true;
    this.#link(entry);
    return { outcome: { outcome: "updated", contactId, changed, duplicate }, entry };
  }

  #index(entry: Entry): void {
    this.#entries.push(entry);
    this.#link(entry);
  }

  #link(entry: Entry): void {
    const { externalId, emailNormalized } = entry.values;
    if (externalId !== null) this.#byExternalId.set(externalId, entry);
    if (emailNormalized !== null) this.#byEmail.set(emailNormalized, entry);
  }

  #unindex(entry: Entry): void {
    const { externalId, emailNormalized } = entry.values;
    if (externalId !== null) this.#byExternalId.delete(externalId);
    if (emailNormalized !== null) this.#byEmail.delete(emailNormalized);
  }
}

const EMPTY: ContactValues = {
  id: "",
  externalId: null,
  email: null,
  emailNormalized: null,
  phone: null,
  firstName: null,
  lastName: null,
  locale: null,
  timeZone: null,
  attributes: {},
  importId: null,
};

function conflict(named: Entry | null, addressed: Entry, reason: string): Applied {
  const outcome = {
    outcome: "conflict",
    contactId: named?.values.id ?? null,
    otherId: addressed.values.id,
    reason,
  } as const;
  return { outcome, entry: null };
}

/** The contact with the draft laid over it, and what that changed. */
export function merged(
  base: ContactValues,
  draft: Pick<ContactDraft, "fields" | "attributes">,
): { readonly values: ContactValues; readonly changed: readonly string[] } {
  const changed: string[] = [];
  const fields: Partial<Record<(typeof FIELDS)[number], string | null>> = {};
  for (const name of FIELDS) {
    const value = draft.fields[name];
    if (value === undefined || value === base[name]) continue;
    fields[name] = value;
    if (name !== "emailNormalized") changed.push(name);
  }
  const attributes: Record<string, AttributeValue> = { ...base.attributes };
  for (const [name, value] of Object.entries(draft.attributes)) {
    const known = Object.hasOwn(attributes, name) ? attributes[name] : null;
    if (sameValue(known ?? null, value)) continue;
    changed.push(`attributes.${name}`);
    if (value === null) delete attributes[name];
    else attributes[name] = value;
  }
  return { values: { ...base, ...fields, attributes }, changed };
}

function sameValue(a: AttributeValue | null, b: AttributeValue | null): boolean {
  return (
    a === b || (typeof a === "object" && typeof b === "object" && JSON.stringify(a) === JSON.stringify(b))
  );
}
