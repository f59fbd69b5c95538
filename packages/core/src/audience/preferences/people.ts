/** The preferences of contacts as a whole: told, united when two are one person, forgotten. */
import type { Unit } from "../../kernel/unit.ts";
import type { Db } from "../../storage/db.ts";
import { stricterCadence } from "./cadence.ts";
import { applyCadence, cadencesOf, dropCadences } from "./cadences-store.ts";
import { applyChoices, type ChoiceChange, choicesOf, dropChoices } from "./choices-store.ts";
import { dropPreferenceLog, preferenceLog } from "./log-store.ts";
import { NO_PREFERENCES, type Preferences } from "./preferences.ts";

/** What these contacts wish, by contact; who never said anything is missing. */
export async function preferencesOf(
  db: Db,
  workspaceId: string,
  contactIds: readonly string[],
): Promise<ReadonlyMap<string, Preferences>> {
  const choices = await choicesOf(db, workspaceId, contactIds);
  const cadences = await cadencesOf(db, workspaceId, contactIds);
  const known = new Set([...choices.keys(), ...cadences.keys()]);
  return new Map(
    [...known].map((id) => [id, { topics: choices.get(id) ?? [], cadences: cadences.get(id) ?? [] }]),
  );
}

/** Of two choices the opt-out counts, of two cadences what both allow; the logs become one. Both contacts are locked. */
export async function unitePreferences(
  unit: Unit,
  { from, into }: { readonly from: string; readonly into: string },
): Promise<void> {
  const known = await preferencesOf(unit.db, unit.workspaceId, [into, from]);
  const own = known.get(into) ?? NO_PREFERENCES;
  const taken = known.get(from) ?? NO_PREFERENCES;
  const changes = taken.topics.flatMap(({ topic, state, source }): readonly ChoiceChange[] => {
    const before = own.topics.find((choice) => choice.topic === topic);
    if (before !== undefined && (before.state === state || state === "opted-in")) return [];
    // Not before what it replaces, even where that was dated ahead.
    return [
      { contactId: into, topic, state, source, at: Math.max(unit.now, before?.changedAt.getTime() ?? 0) },
    ];
  });
  await applyChoices(unit, changes, { keepOptedOut: true });
  for (const cadence of taken.cadences) {
    const before = own.cadences.find(({ channel }) => channel === cadence.channel);
    const both = before === undefined ? cadence : stricterCadence(before, cadence);
    const { channel, source } = cadence;
    const { maxPerWeek, snoozedUntil } = both;
    await applyCadence(unit, { contactId: into, channel, maxPerWeek, snoozedUntil, source });
  }
  await dropChoices(unit, [from]);
  await dropCadences(unit, [from]);
  await preferenceLog.move(unit, { from, into });
}

/** Forgets what the contacts wished, and when they said so. */
export async function dropPreferences(unit: Unit, contactIds: readonly string[]): Promise<void> {
  await dropChoices(unit, contactIds);
  await dropCadences(unit, contactIds);
  await dropPreferenceLog(unit, contactIds);
}
