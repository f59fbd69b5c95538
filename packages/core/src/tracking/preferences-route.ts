/** The preference centre: a GET shows what somebody receives, a POST changes it. The signed link is what lets one in, and the form goes back to it. */
import type { NewEvent } from "../analytics/index.ts";
import { recordEvents } from "../analytics/index.ts";
import { SYSTEM_ACTOR } from "../kernel/access.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { runUnit } from "../kernel/unit.ts";
import type { AddressKind } from "../ports/channel.ts";
import type { PreferenceChanges, TrackingDirectory } from "./directory.ts";
import { type Form, readForm } from "./form.ts";
import type { Pages } from "./pages/pages.ts";
import { FIELDS, type PreferencesNotice, preferencesPage, SNOOZE_DAYS } from "./pages/preferences-page.ts";

/** Room for a hundred topics of the longest keys, twice. */
const MAX_BODY_BYTES = 65_536;
const DAY_MS = 86_400_000;
const MAX_PER_WEEK = 100;
const SOURCE = "preference centre";

/** What the route stands on. */
export interface PreferencesParts {
  readonly kernel: Kernel;
  readonly directory: TrackingDirectory;
  readonly pages: Pages;
}

/** Whose page it is. */
export interface PreferencesVisit {
  readonly workspaceId: string;
  readonly contactId: string;
  readonly channel: AddressKind;
  /** What is recorded when the person unsubscribes. */
  readonly unsubscribed: Omit<NewEvent, "at">;
}

/** Answers a preferences link whose signature holds. */
export async function answerPreferences(
  { kernel, directory, pages }: PreferencesParts,
  request: Request,
  visit: PreferencesVisit,
): Promise<Response> {
  const { workspaceId, contactId, channel } = visit;
  const show = async (notice: PreferencesNotice, status = 200): Promise<Response> => {
    const now = kernel.runtime.clock.now();
    const view = await directory.preferencesOf(kernel.db, workspaceId, { contactId, channel, now });
    if (view === null) return pages.invalid(request);
    const { locale } = view;
    return pages.show(request, (language) => preferencesPage(view, language, notice), {
      status,
      workspaceId,
      locale,
    });
  };
  if (request.method !== "POST") return show(null);
  const form = await readForm(request, MAX_BODY_BYTES);
  const frame = { kernel, workspaceId, actor: SYSTEM_ACTOR };
  if (form?.get(FIELDS.action) === FIELDS.unsubscribe) {
    await runUnit(frame, async (unit) => {
      await directory.unsubscribeFromAll(unit, { contactId, channel, source: SOURCE });
      await recordEvents(unit, [{ ...visit.unsubscribed, at: unit.now }]);
    });
    return show(null);
  }
  const wish = form?.get(FIELDS.action) === FIELDS.save ? readWish(form, kernel.runtime.clock.now()) : null;
  if (wish === null) return show("unreadable", 400);
  await runUnit(frame, (unit) =>
    directory.changePreferences(unit, { contactId, channel, source: SOURCE, ...wish }),
  );
  return show("saved");
}

/** What the form says; `null` when that is nothing the page could have sent. Pure. */
function readWish(
  form: Form,
  now: number,
): Pick<PreferenceChanges, "topics" | "maxPerWeek" | "snoozedUntil"> | null {
  const ticked = new Set(form.getAll(FIELDS.topic));
  const shown = new Set(form.getAll(FIELDS.shown));
  const perWeek = form.get(FIELDS.perWeek);
  const snooze = form.get(FIELDS.snooze);
  const limit = perWeek === null || perWeek === FIELDS.any ? null : Number(perWeek);
  if (limit !== null && !(/^\d{1,3}$/.test(perWeek ?? "") && limit >= 1 && limit <= MAX_PER_WEEK))
    return null;
  const days = SNOOZE_DAYS.find((each) => String(each) === snooze);
  if (days === undefined && snooze !== null && snooze !== FIELDS.keep && snooze !== FIELDS.none) return null;
  return {
    topics: [...shown].map((key) => ({ key, chosen: ticked.has(key) })),
    ...(perWeek === null ? {} : { maxPerWeek: limit }),
    ...(days === undefined ? {} : { snoozedUntil: new Date(now + days * DAY_MS) }),
    ...(snooze === FIELDS.none ? { snoozedUntil: null } : {}),
  };
}
