/** `shop.consents`: what contacts have agreed to, and the proof of it. */
import { type Page, type PageRequest, pageOf, positionKey, toPage } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { notFound, parse, requireId, validationError } from "../../kernel/validate.ts";
import { findContact, lockByIds } from "../contacts/store.ts";
import { markChanged } from "../segments/changes.ts";
import { recordConsents } from "./change.ts";
import { aheadOf, type Consent, type ConsentInput, type ConsentLogEntry, consentSchema } from "./consent.ts";
import { applyConsents, consentLogPage, consentsOf } from "./store.ts";

/** `shop.consents`: consent by channel kind and purpose, with an append-only log. */
export class ConsentsService {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /**
   * Records that a contact granted, withdrew or is asked for a consent. Takes effect for every send that is not under way yet. A statement
   * older than what is known changes nothing; one that withdraws now always counts.
   *
   * @returns whether it changed anything. @throws {NOT_FOUND} {VALIDATION_FAILED} {FORBIDDEN}
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

  /** What a contact has agreed to now. @throws {NOT_FOUND} {FORBIDDEN} */
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
   */
  log(contactId: string, request: PageRequest = {}): Promise<Page<ConsentLogEntry>> {
    return this.#scope.read("audience:read", async (db) => {
      const { limit, after } = pageOf(request, positionKey);
      const page = { after, limit: limit + 1 };
      const rows = await consentLogPage(db, this.#scope.workspaceId, requireId("contact", contactId), page);
      return toPage(
        rows,
        limit,
        ({ position }) => position,
        ({ position: _position, ...entry }) => entry,
      );
    });
  }
}
