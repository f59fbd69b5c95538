/** `shop.contacts`: the people of a workspace. */

import type { RawBuilder } from "kysely";
import { idKey, type Page, type PageRequest, pageOf, toPage } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Unit } from "../../kernel/unit.ts";
import { notFound, requireId, validationError } from "../../kernel/validate.ts";
import type { Db } from "../../storage/db.ts";
import { readEmail } from "../addresses/email.ts";
import { cleanLine } from "../addresses/text.ts";
import { attributeTypes, listAttributes } from "../attributes/store.ts";
import { consentKinds } from "../consents/store.ts";
import type { ImportOptions, ImportReport, ImportSource } from "../imports/import.ts";
import { runImport } from "../imports/run.ts";
import { ImportsService } from "../imports/service.ts";
import { listTopics } from "../preferences/topics-store.ts";
import { compileCriteria } from "../segments/criteria/compile.ts";
import type { Criteria } from "../segments/criteria/criteria.ts";
import { readCriteria } from "../segments/criteria/parse.ts";
import { segmentIds } from "../segments/store.ts";
import { survivorOf } from "./aliases.ts";
import type {
  Contact,
  ContactInput,
  ContactWriteOptions,
  UpsertManyResult,
  UpsertResult,
} from "./contact.ts";
import { csvHeader, csvRow, toCsv } from "./csv.ts";
import { deleteContact, eraseContact } from "./erase.ts";
import { type ContactExport, type ContactExporter, exportContacts } from "./export.ts";
import { whileKeysSettle } from "./key-races.ts";
import { type MergeOrder, mergeContacts } from "./merge.ts";
import { type ContactRecord, contactPage, findByKey, findContact, toContact } from "./store.ts";
import { type ContactUpdateOptions, updateContact } from "./update.ts";
import { upsertMany, upsertOne } from "./upsert-report.ts";

/** How many contacts one call writes at most. */
const MAX_MANY = 1_000;
/** Contacts in one step of an export of all. */
const EXPORT_PAGE = 200;

/** Which contacts a list shows. */
export interface ContactQuery extends PageRequest {
  /** Only those that meet these criteria; everyone when absent. */
  readonly where?: Criteria;
}

/** `shop.contacts`: import, look up, change, merge, export and erase the people of a workspace. */
export class ContactsService {
  /** Imports that were run, and what they refused. */
  readonly imports: ImportsService;
  readonly #scope: Scope;
  readonly #exporters: readonly ContactExporter[];

  constructor(scope: Scope, exporters: readonly ContactExporter[]) {
    this.#scope = scope;
    this.#exporters = exporters;
    this.imports = new ImportsService(scope);
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
    return this.#writing((unit) => upsertOne(unit, input, options));
  }

  /**
   * Upserts up to 1,000 contacts in one transaction, in their order. A bad one is refused and holds up nobody; `import` takes any number.
   *
   * @throws {VALIDATION_FAILED} for more than 1,000. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function addBoth(shop: Workspace) {
   *   const { items } = await shop.contacts.upsertMany([{ email: "ann@example.com" }, { email: "bob@example.com" }]);
   *   return items.map(({ outcome }) => outcome);
   * }
   * ```
   */
  upsertMany(inputs: readonly ContactInput[], options: ContactWriteOptions = {}): Promise<UpsertManyResult> {
    return this.#writing(async (unit) => {
      if (inputs.length > MAX_MANY)
        throw validationError("contacts", [
          {
            path: [],
            message: `${inputs.length} contacts in one call; give at most ${MAX_MANY}, or use import.`,
          },
        ]);
      return upsertMany(unit, inputs, options);
    });
  }

  /**
   * Imports any number of contacts from CSV, JSON or objects, in constant memory. Each batch is a transaction of its own; with the same
   * `importId` an import that was interrupted goes on where it was. A bad row is refused with its line, column and reason and holds up nobody.
   *
   * @throws {VALIDATION_FAILED} for options or a header that can't be, or a source that breaks off. {CONFLICT} when an `importId` goes on with
   * another source, or is run by another process too. {NOT_FOUND} for the segment. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   * import { createCampaignKit } from "@campaignkit/core";
   *
   * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
   * const shop = kit.workspace("shop-42");
   * const csv = "E-Mail;Vorname;Newsletter\nann@example.com;Ann;ja\nbob@;Bob;nein\n";
   * const report = await shop.contacts.import(csv, {
   *   format: "csv",
   *   columns: {
   *     "E-Mail": "email",
   *     Vorname: "firstName",
   *     Newsletter: { consent: { channel: "email", granted: ["ja"], withdrawn: ["nein"] } },
   *   },
   *   onRefusal: ({ line, column, reason }) => console.log(line, column, reason), // 3 "E-Mail" …
   * });
   * console.log(report.created, report.refused); // 1 1
   * await kit.stop();
   * ```
   */
  import(source: ImportSource, options: ImportOptions): Promise<ImportReport> {
    return runImport(this.#scope, source, options);
  }

  /**
   * Changes a contact by its id; what is absent stays, `null` takes away.
   *
   * @throws {NOT_FOUND} {VALIDATION_FAILED} {CONFLICT} when the external id or address belongs to another contact. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function moved(shop: Workspace, contactId: string) {
   *   await shop.contacts.update(contactId, { timeZone: "Europe/Vienna", phone: null });
   * }
   * ```
   */
  update(
    contactId: string,
    changes: ContactInput,
    options: ContactUpdateOptions = {},
  ): Promise<UpsertResult> {
    return this.#writing(async (unit) => {
      const result = await updateContact(unit, requireId("contact", contactId), changes, options);
      return { ...result, contact: toContact(await this.#record(unit.db, contactId)) };
    });
  }

  /**
   * One contact; an erased one too.
   *
   * @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function languageOf(shop: Workspace, contactId: string) {
   *   return (await shop.contacts.get(contactId)).locale;
   * }
   * ```
   */
  get(contactId: string): Promise<Contact> {
    return this.#scope.read("audience:read", async (db) => toContact(await this.#record(db, contactId)));
  }

  /**
   * The contact with that external id or e-mail address, or `null`.
   *
   * @throws {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function idOf(shop: Workspace, customerNumber: string) {
   *   const contact = await shop.contacts.find({ externalId: customerNumber });
   *   return contact?.id ?? null;
   * }
   * ```
   */
  find(key: { readonly externalId: string } | { readonly email: string }): Promise<Contact | null> {
    return this.#scope.read("audience:read", async (db) => {
      const { workspaceId } = this.#scope;
      let record: ContactRecord | null = null;
      if ("externalId" in key)
        record = await findByKey(db, workspaceId, { externalId: cleanLine(key.externalId) });
      else {
        const reading = readEmail(key.email);
        if (reading.outcome === "read")
          record = await findByKey(db, workspaceId, { emailNormalized: reading.normalized });
      }
      return record === null ? null : toContact(record);
    });
  }

  /**
   * Contacts that were not erased, in the order of their ids, which is that of their creation.
   *
   * @throws {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function inVienna(shop: Workspace) {
   *   const where = { type: "field", field: "timeZone", test: { is: "equals", value: "Europe/Vienna" } } as const;
   *   const { items, nextCursor } = await shop.contacts.list({ where, limit: 100 });
   *   return { items, nextCursor };
   * }
   * ```
   */
  list(query: ContactQuery = {}): Promise<Page<Contact>> {
    return this.#scope.read("audience:read", async (db) => {
      const { limit, after } = pageOf(query, idKey);
      const where = query.where === undefined ? undefined : await this.#condition(db, query.where);
      const records = await contactPage(db, this.#scope.workspaceId, { after, limit: limit + 1 }, where);
      return toPage(records, limit, ({ id }) => id, toContact);
    });
  }

  /**
   * Makes one contact of two that are the same person: what `into` lacks is taken from `from`; of two consents or preferences the more
   * restrictive counts; memberships of static segments are united. `from` is no more; unsubscribe links in messages to it, and erasing or exporting it, mean `into`.
   *
   * @throws {NOT_FOUND} {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function samePerson(shop: Workspace, contactId: string, doubleId: string) {
   *   return shop.contacts.merge({ into: contactId, from: doubleId });
   * }
   * ```
   */
  merge(order: MergeOrder): Promise<Contact> {
    return this.#writing(async (unit) => {
      const into = requireId("contact", order.into);
      await mergeContacts(unit, { into, from: requireId("contact", order.from) });
      return toContact(await this.#record(unit.db, into));
    });
  }

  /**
   * Deletes a contact. Suppressions of its addresses stand, and the consent log stays as proof.
   *
   * @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function remove(shop: Workspace, contactId: string) {
   *   await shop.contacts.delete(contactId);
   * }
   * ```
   */
  delete(contactId: string): Promise<void> {
    return this.#scope.write("audience:write", (unit) =>
      deleteContact(unit, requireId("contact", contactId)),
    );
  }

  /**
   * Forgets a person (GDPR Art. 17): everything personal goes, in every feature. What stays is a row with the id, the consent log without
   * its evidence, and salted hashes of the addresses as suppressions. The id of a merged contact means who they are now. Idempotent.
   *
   * @returns whether there was something to erase. @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function forgetPerson(shop: Workspace, contactId: string) {
   *   await shop.contacts.erase(contactId);
   * }
   * ```
   */
  erase(contactId: string): Promise<boolean> {
    return this.#scope.write("audience:write", (unit) => eraseContact(unit, requireId("contact", contactId)));
  }

  /**
   * Everything known about one contact (GDPR Art. 15 and 20), ready for `JSON.stringify`. The id of a merged contact means who they are now.
   *
   * @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function answerRequest(shop: Workspace, contactId: string) {
   *   return JSON.stringify(await shop.contacts.exportContact(contactId), null, 2);
   * }
   * ```
   */
  exportContact(contactId: string): Promise<ContactExport> {
    return this.#scope.read("audience:export", async (db) => {
      const { workspaceId } = this.#scope;
      const survivor = await survivorOf(db, workspaceId, requireId("contact", contactId));
      const record = await findContact(db, workspaceId, survivor ?? contactId);
      if (record === null) throw notFound("contact", contactId);
      const [exported] = await exportContacts(db, workspaceId, [record], this.#exporters);
      if (exported === undefined) throw notFound("contact", contactId);
      return exported;
    });
  }

  /**
   * Everything known about every contact that was not erased, one after the other, in constant memory. Pages are read as the loop goes on,
   * so that what changes meanwhile is seen as it is when its page is read.
   *
   * @throws {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { createWriteStream } from "node:fs";
   * import { Readable } from "node:stream";
   * import { pipeline } from "node:stream/promises";
   * import type { Workspace } from "@campaignkit/core";
   *
   * async function* lines(shop: Workspace) {
   *   for await (const person of shop.contacts.exportAll()) yield `${JSON.stringify(person)}\n`;
   * }
   *
   * export async function save(shop: Workspace) {
   *   await pipeline(Readable.from(lines(shop)), createWriteStream("contacts.jsonl"));
   * }
   * ```
   */
  async *exportAll(): AsyncGenerator<ContactExport, void, undefined> {
    for await (const page of this.#pages()) yield* page;
  }

  /**
   * All contacts that were not erased as CSV, in pieces, in constant memory: fields, attributes, consents and choices among topics, as `import` reads them again.
   * Text that a spreadsheet would take for a formula has an apostrophe before it.
   *
   * @throws {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { createWriteStream } from "node:fs";
   * import { Readable } from "node:stream";
   * import { pipeline } from "node:stream/promises";
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function save(shop: Workspace) {
   *   await pipeline(Readable.from(shop.contacts.exportCsv()), createWriteStream("contacts.csv"));
   * }
   * ```
   */
  async *exportCsv(): AsyncGenerator<string, void, undefined> {
    const { workspaceId } = this.#scope;
    const columns = await this.#scope.read("audience:export", async (db) => ({
      attributes: await listAttributes(db, workspaceId),
      consents: await consentKinds(db, workspaceId),
      topics: await listTopics(db, workspaceId),
    }));
    yield toCsv([csvHeader(columns)]);
    for await (const page of this.#pages()) yield toCsv(page.map((person) => csvRow(person, columns)));
  }

  async *#pages(): AsyncGenerator<readonly ContactExport[], void, undefined> {
    const { workspaceId } = this.#scope;
    for (let after: string | null = null; ; ) {
      const place: { readonly after: string | null; readonly limit: number } = { after, limit: EXPORT_PAGE };
      const page: readonly ContactExport[] = await this.#scope.read("audience:export", async (db) =>
        exportContacts(db, workspaceId, await contactPage(db, workspaceId, place), this.#exporters),
      );
      if (page.length > 0) yield page;
      after = page.at(-1)?.contact.id ?? null;
      if (page.length < EXPORT_PAGE) return;
    }
  }

  async #record(db: Db, contactId: string): Promise<ContactRecord> {
    const record = await findContact(db, this.#scope.workspaceId, requireId("contact", contactId));
    if (record === null) throw notFound("contact", contactId);
    return record;
  }

  async #condition(db: Db, criteria: Criteria): Promise<RawBuilder<boolean>> {
    const { workspaceId, kernel } = this.#scope;
    const types = await attributeTypes(db, workspaceId);
    const reading = readCriteria(criteria, { types, segments: await segmentIds(db, workspaceId) });
    if (reading.outcome === "refused")
      throw validationError(
        "query",
        reading.issues.map((issue) => ({ ...issue, path: ["where", ...issue.path] })),
      );
    return compileCriteria(reading.criteria, { db, types, now: kernel.runtime.clock.now() });
  }

  #writing<Result>(work: (unit: Unit) => Promise<Result>): Promise<Result> {
    return whileKeysSettle(() => this.#scope.write("audience:write", work));
  }
}
