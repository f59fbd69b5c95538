/** `shop.consents`: what contacts have agreed to, and the proof of it. */
import type { Page, PageRequest } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { notFound, parse, requireId, validationError } from "../../kernel/validate.ts";
import { findContact, lockByIds } from "../contacts/store.ts";
import { markChanged } from "../segments/changes.ts";
import { recordConsents } from "./change.ts";
import { requestConsent } from "./confirm.ts";
import { aheadOf, type Consent, type ConsentInput, type ConsentLogEntry, consentSchema } from "./consent.ts";
import {
  type ConsentRequest,
  type ConsentRequestInput,
  consentRequestSchema,
  expiryProblem,
} from "./request.ts";
import { applyConsents, consentLog, consentsOf } from "./store.ts";

/** Makes the links by which people confirm; wired by the engine. Not inside a transaction. @throws {CONFIGURATION_INVALID} */
export type ConfirmationLinks = () => Promise<(requestId: string) => string>;

/** `shop.consents`: consent by channel kind and purpose, with an append-only log. */
export class ConsentsService {
  readonly #scope: Scope;
  readonly #links: ConfirmationLinks;

  /** @internal */
  constructor(scope: Scope, links: ConfirmationLinks) {
    this.#scope = scope;
    this.#links = links;
  }

  /**
   * Records that a contact granted, withdrew or is asked for a consent. Takes effect for every send that is not under way yet. A statement
   * older than what is known changes nothing; one that withdraws now always counts.
   *
   * @returns whether it changed anything. @throws {NOT_FOUND} {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function signedUp(shop: Workspace, contactId: string) {
   *   await shop.consents.set(contactId, { channel: "email", state: "granted", source: "sign-up form" });
   * }
   * ```
   */
  set(contactId: string, consent: ConsentInput): Promise<boolean> {
    return this.#scope.write("audience:write", async (unit) => {
      const { at, evidence, ...statement } = parse(consentSchema, consent, "consent");
      const ahead = aheadOf(unit.now, { at });
      if (ahead !== null) throw validationError("consent", [{ path: ["at"], message: ahead }]);
      // Locked, so that a merge of the contact waits for the statement, or the statement is told that the contact is no more.
      const [contact] = await lockByIds(unit, [requireId("contact", contactId)]);
      if (contact === undefined || contact.erasedAt !== null) throw notFound("contact", contactId);
      const change = {
        ...statement,
        contactId,
        at: at?.getTime() ?? unit.now,
        ...(evidence === undefined ? {} : { evidence }),
      };
      const changed = await applyConsents(unit, [change], { keepWithdrawn: false });
      if (changed.length === 0) return false;
      await markChanged(unit, [contactId]);
      recordConsents(unit, changed);
      return true;
    });
  }

  /**
   * Asks for a consent that the person confirms (double opt-in): makes a signed link for you to mail to the contact's own address, by whatever means
   * you send what needs no consent. The page behind it (`kit.trackingHandler`) has a button; only pressing it grants the consent, with the
   * times, the language and, where you pass it to the handler, the IP address as proof. Until then a consent that was never spoken of is
   * `pending`, which counts as none.
   *
   * Asking again while a link is good gives the same link, which then lasts longer. A withdrawal after that makes it worthless, and so does another address.
   *
   * @throws {NOT_FOUND} {VALIDATION_FAILED} also for a contact without such an address. {CONFIGURATION_INVALID} the engine has no `tracking.baseUrl`.
   * {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function signUp(shop: Workspace, email: string, mail: (to: string, link: string) => Promise<void>) {
   *   const { contact } = await shop.contacts.upsert({ email });
   *   const { url, state } = await shop.consents.request(contact.id, { channel: "email", source: "sign-up form" });
   *   if (state !== "granted") await mail(email, url);
   * }
   * ```
   */
  async request(contactId: string, input: ConsentRequestInput): Promise<ConsentRequest> {
    const urlOf = await this.#links();
    return this.#scope.write("audience:write", async (unit) => {
      const { evidence, expiresAt, ...question } = parse(consentRequestSchema, input, "consent request");
      const problem = expiryProblem(unit.now, expiresAt);
      if (problem !== null)
        throw validationError("consent request", [{ path: ["expiresAt"], message: problem }]);
      const { id, ...request } = await requestConsent(unit, requireId("contact", contactId), {
        ...question,
        ...(evidence === undefined ? {} : { evidence }),
        ...(expiresAt === undefined ? {} : { expiresAt }),
      });
      return { url: urlOf(id), ...request };
    });
  }

  /**
   * What a contact has agreed to now.
   *
   * @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function mayGetMail(shop: Workspace, contactId: string) {
   *   const consents = await shop.consents.list(contactId);
   *   return consents.some(({ channel, state }) => channel === "email" && state === "granted");
   * }
   * ```
   */
  list(contactId: string): Promise<readonly Consent[]> {
    return this.#scope.read("audience:read", async (db) => {
      const { workspaceId } = this.#scope;
      const contact = await findContact(db, workspaceId, requireId("contact", contactId));
      if (contact === null) throw notFound("contact", contactId);
      return (await consentsOf(db, workspaceId, [contactId])).get(contactId) ?? [];
    });
  }

  /**
   * The proof: every statement that changed something, in order. Stays when the contact is deleted or erased; an erasure takes the evidence
   * out of it.
   *
   * @throws {NOT_FOUND} for what can be no id. {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function proofOf(shop: Workspace, contactId: string) {
   *   const { items } = await shop.consents.log(contactId);
   *   return items.map(({ at, state, source }) => `${at.toISOString()} ${state} (${source})`);
   * }
   * ```
   */
  log(contactId: string, request: PageRequest = {}): Promise<Page<ConsentLogEntry>> {
    return this.#scope.read("audience:read", (db) =>
      consentLog.page(db, this.#scope.workspaceId, requireId("contact", contactId), request),
    );
  }
}
