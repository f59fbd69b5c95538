/** `shop.contacts`: the people of a workspace. */
import { type Page, type PageRequest, pageOf, toPage } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Unit } from "../../kernel/unit.ts";
import { notFound, requireId, validationError } from "../../kernel/validate.ts";
import { CampaignKitError } from "../../ports/errors.ts";
import { readEmail } from "../addresses/email.ts";
import type { Contact, ContactInput, ContactWriteOptions, UpsertResult } from "./contact.ts";
import {
  type ContactRecord,
  contactPage,
  contactsByIds,
  findByKey,
  findContact,
  toContact,
} from "./store.ts";
import { type WriteResult, writeContacts } from "./write.ts";

/** How often a unit is run again because somebody else took a key that it was about to take. */
const KEY_ATTEMPTS = 5;

/** `shop.contacts`: import, look up, change, merge, export and erase the people of a workspace. */
export class ContactsService {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /**
   * Creates a contact or changes the one that is there.
   *
   * The external id wins: it names the contact, and the address becomes that contact's. Without one, or where no contact has it, the e-mail
   * address decides. Race-proof: of two upserts of the same new person, one creates and the other changes.
   *
   * @throws {VALIDATION_FAILED} with a path for each problem. {CONFLICT} when external id and address belong to two contacts. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   * import { createCampaignKit } from "@campaignkit/core";
   *
   * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
   * const { outcome, contact } = await kit.workspace("shop-42").contacts.upsert({
   *   email: "ann@example.com",
   *   firstName: "Ann",
   *   consents: [{ channel: "email", state: "granted", source: "sign-up form" }],
   * });
   * console.log(outcome, contact.id); // "created" …
   * await kit.stop();
   * ```
   */
  upsert(input: ContactInput, options: ContactWriteOptions = {}): Promise<UpsertResult> {
    return this.#writing(async (unit) => {
      const [result] = await writeContacts(unit, [input], options);
      if (result === undefined) throw new Error("An upsert has one result.");
      return this.#upserted(unit, result);
    });
  }

  /** One contact; an erased one too. @throws {NOT_FOUND} {FORBIDDEN} */
  get(contactId: string): Promise<Contact> {
    return this.#scope.read("audience:read", async (db) => {
      const record = await findContact(db, this.#scope.workspaceId, requireId("contact", contactId));
      if (record === null) throw notFound("contact", contactId);
      return toContact(record);
    });
  }

  /** The contact with that external id or e-mail address, or `null`. @throws {FORBIDDEN} */
  find(key: { readonly externalId: string } | { readonly email: string }): Promise<Contact | null> {
    return this.#scope.read("audience:read", async (db) => {
      const { workspaceId } = this.#scope;
      let record: ContactRecord | null = null;
      if ("externalId" in key) record = await findByKey(db, workspaceId, { externalId: key.externalId });
      else {
        const reading = readEmail(key.email);
        if (reading.outcome === "read")
          record = await findByKey(db, workspaceId, { emailNormalized: reading.normalized });
      }
      return record === null ? null : toContact(record);
    });
  }

  /** All contacts that were not erased, in the order of their ids, which is that of their creation. @throws {VALIDATION_FAILED} {FORBIDDEN} */
  list(request: PageRequest = {}): Promise<Page<Contact>> {
    return this.#scope.read("audience:read", async (db) => {
      const { limit, after } = pageOf<string>(request);
      const records = await contactPage(db, this.#scope.workspaceId, { after, limit: limit + 1 });
      return toPage(records, limit, ({ id }) => id, toContact);
    });
  }

  async #upserted(unit: Unit, result: WriteResult): Promise<UpsertResult> {
    if (result.outcome === "refused") throw validationError("contact", result.issues);
    if (result.outcome === "conflict") throw conflictError(result);
    const { contactId, outcome, changed } = result;
    const subject = { type: "contact", id: contactId };
    if (outcome === "created") unit.record("contact.created", { subject, data: { contactId } });
    if (outcome === "updated") unit.record("contact.updated", { subject, data: { contactId, changed } });
    const [record] = await contactsByIds(unit.db, unit.workspaceId, [contactId]);
    if (record === undefined) throw notFound("contact", contactId);
    return { outcome, contact: toContact(record), warnings: result.warnings };
  }

  /** Runs a change of contacts; again when somebody else took a unique key between our look and our write. */
  async #writing<Result>(work: (unit: Unit) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#scope.write("audience:write", work);
      } catch (error) {
        const raced = CampaignKitError.is(error, "STORAGE_FAILED") && error.details.kind === "unique";
        if (!raced || attempt >= KEY_ATTEMPTS) throw error;
      }
    }
  }
}

function conflictError(result: {
  readonly otherId: string;
  readonly reason: string;
}): CampaignKitError<"CONFLICT"> {
  return new CampaignKitError(
    "CONFLICT",
    `The contact was not written, because ${result.reason}. Merge the two with contacts.merge, or say onConflict: "merge".`,
    { entity: "contact", id: result.otherId, reason: result.reason },
  );
}
