/**
 * What the preference centre shows of a contact, and what the person does there.
 *
 * It is reached by a link that was mailed, perhaps long ago and perhaps handed on. So it speaks of one channel kind only, and never gives a
 * consent: whoever took it back signs up anew.
 */
import type { Unit } from "../../kernel/unit.ts";
import type { AddressKind } from "../../ports/channel.ts";
import type { Db } from "../../storage/db.ts";
import { recordConsents } from "../consents/change.ts";
import { DEFAULT_PURPOSE } from "../consents/consent.ts";
import { applyConsents, consentsOf } from "../consents/store.ts";
import { lockMeant, survivorOf } from "../contacts/aliases.ts";
import { findContact } from "../contacts/store.ts";
import { TRANSACTIONAL_PURPOSE } from "../recipients/skip.ts";
import { markChanged } from "../segments/changes.ts";
import { changeCadence, recordChoices } from "./change.ts";
import { applyChoices, type ChoiceChange } from "./choices-store.ts";
import { preferencesOf } from "./people.ts";
import { NO_PREFERENCES } from "./preferences.ts";
import type { Topic } from "./topic.ts";
import { listTopics } from "./topics-store.ts";

/** Whose preferences, on which channel kind. */
export interface CentreKey {
  readonly contactId: string;
  readonly channel: AddressKind;
}

/** A topic, and whether the person receives it. */
export interface OfferedTopic extends Pick<Topic, "key" | "name" | "description" | "translations"> {
  readonly chosen: boolean;
}

/** What a person sees. */
export interface CentreView {
  readonly topics: readonly OfferedTopic[];
  readonly maxPerWeek: number | null;
  readonly snoozedUntil: Date | null;
  /** Every consent that there could be is taken back. */
  readonly unsubscribed: boolean;
  readonly locale: string | null;
  readonly timeZone: string | null;
}

/** What a person sends. What is absent stays as it is. */
export interface CentreChanges extends CentreKey {
  /** What was said of topics; those that are not offered are passed over. */
  readonly topics: readonly { readonly key: string; readonly chosen: boolean }[];
  readonly maxPerWeek?: number | null;
  readonly snoozedUntil?: Date | null;
  readonly source: string;
}

/** What a contact can look at. The id of a merged one means who they are now; `null` for one that is no more. */
export async function viewPreferences(
  db: Db,
  workspaceId: string,
  { contactId, channel }: CentreKey,
): Promise<CentreView | null> {
  const meant = (await survivorOf(db, workspaceId, contactId)) ?? contactId;
  const contact = await findContact(db, workspaceId, meant);
  if (contact === null || contact.erasedAt !== null) return null;
  const { offered, open, cadence } = await offerTo(db, workspaceId, { contactId: meant, channel });
  return {
    topics: offered.map(({ key, name, description, translations, chosen }) => ({
      key,
      name,
      description,
      translations,
      chosen,
    })),
    maxPerWeek: cadence?.maxPerWeek ?? null,
    snoozedUntil: cadence?.snoozedUntil ?? null,
    unsubscribed: open.length === 0,
    locale: contact.locale,
    timeZone: contact.timeZone,
  };
}

/** What is offered, for which purposes the consent was not taken back, and how often. */
async function offerTo(db: Db, workspaceId: string, { contactId, channel }: CentreKey) {
  const consents = (await consentsOf(db, workspaceId, [contactId])).get(contactId) ?? [];
  const preferences = await preferencesOf(db, workspaceId, [contactId]);
  const { topics: choices, cadences } = preferences.get(contactId) ?? NO_PREFERENCES;
  const topics = (await listTopics(db, workspaceId)).filter((topic) => topic.channel === channel);
  const own = consents.filter((consent) => consent.channel === channel);
  const purposes = new Set([
    DEFAULT_PURPOSE,
    ...own.map(({ purpose }) => purpose),
    ...topics.map(({ purpose }) => purpose),
  ]);
  purposes.delete(TRANSACTIONAL_PURPOSE);
  const isWithdrawn = (purpose: string): boolean =>
    own.some((consent) => consent.purpose === purpose && consent.state === "withdrawn");
  const optedOut = new Set(choices.flatMap(({ topic, state }) => (state === "opted-out" ? [topic] : [])));
  return {
    offered: topics
      .filter(({ visible, purpose }) => visible && !isWithdrawn(purpose))
      .map((topic) => ({ ...topic, chosen: !optedOut.has(topic.key) })),
    open: [...purposes].filter((purpose) => !isWithdrawn(purpose)).sort(),
    cadence: cadences.find((cadence) => cadence.channel === channel),
  };
}

/** Does what the person sent; only what differs from before is a statement. @returns whether it changed anything. */
export async function changePreferences(unit: Unit, changes: CentreChanges): Promise<boolean> {
  const { channel, source, maxPerWeek, snoozedUntil } = changes;
  const contact = await lockMeant(unit, changes.contactId);
  if (contact === null || contact.erasedAt !== null) return false;
  const contactId = contact.id;
  const { offered } = await offerTo(unit.db, unit.workspaceId, { contactId, channel });
  const wanted = new Map(changes.topics.map(({ key, chosen }) => [key, chosen]));
  const different = offered.flatMap(({ key, chosen }): readonly ChoiceChange[] => {
    const want = wanted.get(key) ?? chosen;
    if (want === chosen) return [];
    return [{ contactId, topic: key, state: want ? "opted-in" : "opted-out", source, at: unit.now }];
  });
  const changed = await applyChoices(unit, different, { keepOptedOut: false });
  recordChoices(unit, changed);
  const paced = await changeCadence(unit, {
    contactId,
    channel,
    source,
    ...(maxPerWeek === undefined ? {} : { maxPerWeek }),
    ...(snoozedUntil === undefined ? {} : { snoozedUntil }),
  });
  return changed.length > 0 || paced;
}

/**
 * Takes back the consent for every purpose on that channel kind but transactional messages. Idempotent; a contact that is no more changes
 * nothing, so that an old link never fails.
 *
 * @returns whether it changed anything.
 */
export async function unsubscribeFromAll(
  unit: Unit,
  { contactId: named, channel, source }: CentreKey & { readonly source: string },
): Promise<boolean> {
  const contact = await lockMeant(unit, named);
  if (contact === null || contact.erasedAt !== null) return false;
  const contactId = contact.id;
  const { open } = await offerTo(unit.db, unit.workspaceId, { contactId, channel });
  const changed = await applyConsents(
    unit,
    open.map((purpose) => ({ contactId, channel, purpose, state: "withdrawn", source, at: unit.now })),
    { keepWithdrawn: true },
  );
  if (changed.length === 0) return false;
  await markChanged(unit, [contactId]);
  recordConsents(unit, changed);
  return true;
}
