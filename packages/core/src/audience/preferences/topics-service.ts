/** `shop.preferences.topics`: what people can choose from. */
import { isDeepStrictEqual } from "node:util";
import type { Scope } from "../../kernel/scope.ts";
import { notFound, parse, validationError } from "../../kernel/validate.ts";
import { CampaignKitError } from "../../ports/errors.ts";
import { DEFAULT_PURPOSE } from "../consents/consent.ts";
import { MAX_TOPICS, type Topic, type TopicInput, topicKeySchema, topicSchema } from "./topic.ts";
import { findTopic, listTopics, lockTopic, retireTopic, updateTopic } from "./topics-store.ts";

/** `shop.preferences.topics`: what the workspace writes about. */
export class TopicsService {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /**
   * Defines a topic, or changes the one with that key: what is absent stays as it is. Idempotent, so that a host can define its topics
   * whenever it starts. A key that was removed comes back with what people had chosen.
   *
   * @throws {VALIDATION_FAILED} also for more than 100 topics. {CONFLICT} when the key has another channel or purpose. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   * import { createCampaignKit } from "@campaignkit/core";
   *
   * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
   * const shop = kit.workspace("shop-42");
   * await shop.preferences.topics.define({
   *   key: "offers",
   *   name: "Offers",
   *   description: "What is cheaper this week",
   *   translations: { de: { name: "Angebote", description: "Was diese Woche günstiger ist" } },
   * });
   * await kit.stop();
   * ```
   */
  define(input: TopicInput): Promise<Topic> {
    return this.#scope.write("audience:write", async (unit) => {
      const given = parse(topicSchema, input, "topic");
      const all = await listTopics(unit.db, unit.workspaceId);
      const fresh = {
        description: null,
        translations: {},
        channel: "email" as const,
        purpose: DEFAULT_PURPOSE,
        position: Math.max(0, ...all.map(({ position }) => position + 1)),
        visible: true,
        ...withoutAbsent(given),
      };
      const known = await lockTopic(unit, fresh);
      const isNew = known === null || known.removed;
      if (isNew && all.length >= MAX_TOPICS)
        throw validationError("topic", [
          { path: ["key"], message: `A workspace has at most ${MAX_TOPICS} topics.` },
        ]);
      if (known !== null) {
        const { createdAt: _created, updatedAt: _updated, ...before } = known.topic;
        assertSame(before.key, "channel", before.channel, given.channel);
        assertSame(before.key, "purpose", before.purpose, given.purpose);
        const next = { ...before, ...withoutAbsent(given) };
        if (!known.removed && isDeepStrictEqual(next, before)) return known.topic;
        await updateTopic(unit, next);
      }
      const topic = await findTopic(unit.db, unit.workspaceId, given.key);
      if (topic === null) throw notFound("topic", given.key);
      const { key, channel, purpose } = topic;
      unit.record("topic.defined", { subject: { type: "topic", id: key }, data: { key, channel, purpose } });
      return topic;
    });
  }

  /**
   * One topic.
   *
   * @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function germanName(shop: Workspace, key: string) {
   *   const { name, translations } = await shop.preferences.topics.get(key);
   *   return translations["de"]?.name ?? name;
   * }
   * ```
   */
  get(key: string): Promise<Topic> {
    return this.#scope.read("audience:read", async (db) => {
      const topic = topicKeySchema.safeParse(key).success
        ? await findTopic(db, this.#scope.workspaceId, key)
        : null;
      if (topic === null) throw notFound("topic", key);
      return topic;
    });
  }

  /**
   * All topics of the workspace, those that people don't see too, in their order.
   *
   * @throws {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function shown(shop: Workspace) {
   *   return (await shop.preferences.topics.list()).filter(({ visible }) => visible);
   * }
   * ```
   */
  list(): Promise<readonly Topic[]> {
    return this.#scope.read("audience:read", (db) => listTopics(db, this.#scope.workspaceId));
  }

  /**
   * Removes a topic: nobody sees it, and no new post can carry it. What people chose stands: a post that carries it already still skips those who
   * opted out.
   *
   * @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function retire(shop: Workspace) {
   *   await shop.preferences.topics.remove("spring-2026");
   * }
   * ```
   */
  remove(key: string): Promise<void> {
    return this.#scope.write("audience:write", async (unit) => {
      if (!topicKeySchema.safeParse(key).success || !(await retireTopic(unit, key)))
        throw notFound("topic", key);
      unit.record("topic.removed", { subject: { type: "topic", id: key }, data: { key } });
    });
  }
}

/** What was given, without what was given as `undefined`. */
function withoutAbsent<Given extends object>(
  given: Given,
): { [Key in keyof Given]: Exclude<Given[Key], undefined> } {
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as { [Key in keyof Given]: Exclude<Given[Key], undefined> };
}

function assertSame(
  key: string,
  what: "channel" | "purpose",
  known: string,
  given: string | undefined,
): void {
  if (given === undefined || given === known) return;
  const reason = `its ${what} is "${known}", and people have chosen by that`;
  throw new CampaignKitError("CONFLICT", `The topic "${key}" can't be changed so: ${reason}.`, {
    entity: "topic",
    id: key,
    reason,
  });
}
