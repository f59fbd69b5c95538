/** Use cases of preferences that change what a contact wishes, each in the caller's unit. */
import type { Unit } from "../../kernel/unit.ts";
import { notFound, validationError } from "../../kernel/validate.ts";
import { aheadOf } from "../consents/consent.ts";
import { lockByIds } from "../contacts/store.ts";
import { snoozeProblem } from "./cadence.ts";
import { applyCadence, type CadenceChange, cadencesOf } from "./cadences-store.ts";
import type { TopicStatement } from "./choice.ts";
import { applyChoices, type ChoiceChange } from "./choices-store.ts";
import { findTopic } from "./topics-store.ts";

/** A wish about how often, with what is absent left as it is. */
export type CadenceWish = Pick<CadenceChange, "contactId" | "channel" | "source"> &
  Partial<Record<"maxPerWeek", number | null> & Record<"snoozedUntil", Date | null>>;

/** Locks a contact that can wish something. @throws {NOT_FOUND} */
async function lockLiving(unit: Unit, contactId: string): Promise<void> {
  // So that a merge of the contact waits for the change, or the change is told that the contact is no more.
  const [contact] = await lockByIds(unit, [contactId]);
  if (contact === undefined || contact.erasedAt !== null) throw notFound("contact", contactId);
}

/** @returns whether it changed anything. @throws {NOT_FOUND} {VALIDATION_FAILED} */
export async function chooseTopic(
  unit: Unit,
  contactId: string,
  { topic, state, source, at }: TopicStatement,
): Promise<boolean> {
  const ahead = aheadOf(unit.now, { at });
  if (ahead !== null) throw validationError("topic choice", [{ path: ["at"], message: ahead }]);
  if ((await findTopic(unit.db, unit.workspaceId, topic)) === null) throw notFound("topic", topic);
  await lockLiving(unit, contactId);
  const change = { contactId, topic, state, source, at: at?.getTime() ?? unit.now };
  const changed = await applyChoices(unit, [change], { keepOptedOut: false });
  recordChoices(unit, changed);
  return changed.length > 0;
}

/** @returns whether it changed anything. @throws {NOT_FOUND} {VALIDATION_FAILED} */
export async function setCadence(unit: Unit, wish: CadenceWish): Promise<boolean> {
  const problem = snoozeProblem(unit.now, wish.snoozedUntil);
  if (problem !== null) throw validationError("cadence", [{ path: ["snoozedUntil"], message: problem }]);
  await lockLiving(unit, wish.contactId);
  return changeCadence(unit, wish);
}

/** Changes the cadence of a locked contact. @returns whether it is another one than before. */
export async function changeCadence(unit: Unit, wish: CadenceWish): Promise<boolean> {
  const { contactId, channel, source } = wish;
  const known = (await cadencesOf(unit.db, unit.workspaceId, [contactId])).get(contactId) ?? [];
  const before = known.find((cadence) => cadence.channel === channel);
  const kept = <Value>(given: Value | undefined, was: Value | undefined): Value | null =>
    given === undefined ? (was ?? null) : given;
  const change: CadenceChange = {
    contactId,
    channel,
    source,
    maxPerWeek: kept(wish.maxPerWeek, before?.maxPerWeek),
    snoozedUntil: kept(wish.snoozedUntil, before?.snoozedUntil),
  };
  if (!(await applyCadence(unit, change))) return false;
  unit.record("cadence.changed", {
    subject: { type: "contact", id: contactId },
    data: {
      contactId,
      channel,
      maxPerWeek: change.maxPerWeek,
      snoozedUntil: change.snoozedUntil?.getTime() ?? null,
      source,
    },
  });
  return true;
}

/** One activity for each choice that changed something. */
export function recordChoices(unit: Unit, changed: readonly ChoiceChange[]): void {
  for (const { contactId, topic, state, source } of changed)
    unit.record("topic.chosen", {
      subject: { type: "contact", id: contactId },
      data: { contactId, topic, state, source },
    });
}
