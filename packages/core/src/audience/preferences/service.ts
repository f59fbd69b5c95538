/** `shop.preferences`: what contacts wish to receive, and how often. */
import type { Page, PageRequest } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import { notFound, parse, requireId } from "../../kernel/validate.ts";
import { findContact } from "../contacts/store.ts";
import { type CadenceInput, cadenceSchema } from "./cadence.ts";
import { chooseTopic, setCadence } from "./change.ts";
import { type TopicChoiceInput, topicChoiceSchema } from "./choice.ts";
import { preferenceLog } from "./log-store.ts";
import { preferencesOf } from "./people.ts";
import { NO_PREFERENCES, type PreferenceLogEntry, type Preferences } from "./preferences.ts";
import { TopicsService } from "./topics-service.ts";

/** `shop.preferences`: the topics of a workspace, what each contact wants of them, and how often; with a log. */
export class PreferencesService {
  /** What people can choose from. */
  readonly topics: TopicsService;
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
    this.topics = new TopicsService(scope);
  }

  /**
   * Records that a contact opted into a topic or out of it. Takes effect for every send that is not under way yet: posts that carry the topic
   * skip those who opted out (`topic-opt-out`). A choice older than what is known changes nothing; one to opt out, made now, always counts.
   *
   * @returns whether it changed anything. @throws {NOT_FOUND} no such contact or topic. {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   * import { createCampaignKit } from "@campaignkit/core";
   *
   * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
   * const shop = kit.workspace("shop-42");
   * await shop.preferences.topics.define({ key: "offers", name: "Offers" });
   * const { contact } = await shop.contacts.upsert({ email: "ann@example.com" });
   * await shop.preferences.setTopic(contact.id, { topic: "offers", state: "opted-out", source: "account page" });
   * await kit.stop();
   * ```
   */
  setTopic(contactId: string, choice: TopicChoiceInput): Promise<boolean> {
    return this.#scope.write("audience:write", (unit) =>
      chooseTopic(unit, requireId("contact", contactId), parse(topicChoiceSchema, choice, "topic choice")),
    );
  }

  /**
   * Records how often a contact wishes to be written to: at most so many messages in any seven days, nothing before a date. Of the wish and the
   * workspace's policy the lower limit counts (`frequency-cap`); who paused is skipped (`snoozed`). Transactional messages are not concerned.
   *
   * @returns whether it changed anything. @throws {NOT_FOUND} {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   * import { createCampaignKit } from "@campaignkit/core";
   *
   * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
   * const shop = kit.workspace("shop-42");
   * const { contact } = await shop.contacts.upsert({ email: "ann@example.com" });
   * await shop.preferences.setCadence(contact.id, { channel: "email", maxPerWeek: 1, source: "account page" });
   * await kit.stop();
   * ```
   */
  setCadence(contactId: string, cadence: CadenceInput): Promise<boolean> {
    return this.#scope.write("audience:write", (unit) => {
      const { channel, source, maxPerWeek, snoozedUntil } = parse(cadenceSchema, cadence, "cadence");
      return setCadence(unit, {
        contactId: requireId("contact", contactId),
        channel,
        source,
        ...(maxPerWeek === undefined ? {} : { maxPerWeek }),
        ...(snoozedUntil === undefined ? {} : { snoozedUntil }),
      });
    });
  }

  /**
   * What a contact wishes now.
   *
   * @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function wants(shop: Workspace, contactId: string, key: string) {
   *   const { topics } = await shop.preferences.get(contactId);
   *   return !topics.some(({ topic, state }) => topic === key && state === "opted-out");
   * }
   * ```
   */
  get(contactId: string): Promise<Preferences> {
    return this.#scope.read("audience:read", async (db) => {
      const { workspaceId } = this.#scope;
      const contact = await findContact(db, workspaceId, requireId("contact", contactId));
      if (contact === null) throw notFound("contact", contactId);
      return (await preferencesOf(db, workspaceId, [contactId])).get(contactId) ?? NO_PREFERENCES;
    });
  }

  /**
   * Every change of what a contact wished, in order. It goes with the contact, whether that is deleted or erased.
   *
   * @throws {NOT_FOUND} for what can be no id. {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function history(shop: Workspace, contactId: string) {
   *   const { items } = await shop.preferences.log(contactId);
   *   return items.map((entry) => (entry.kind === "topic" ? `${entry.topic}: ${entry.state}` : `${entry.maxPerWeek} a week`));
   * }
   * ```
   */
  log(contactId: string, request: PageRequest = {}): Promise<Page<PreferenceLogEntry>> {
    return this.#scope.read("audience:read", (db) =>
      preferenceLog.page(db, this.#scope.workspaceId, requireId("contact", contactId), request),
    );
  }
}
