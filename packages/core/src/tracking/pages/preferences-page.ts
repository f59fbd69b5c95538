/** The preference centre: one page, two forms, no script. */
import type { PreferenceView, ShownTopic } from "../directory.ts";
import type { PageContent } from "./document.ts";
import { type Html, html } from "./html.ts";
import { bestLanguage } from "./languages.ts";
import type { PageMessages } from "./messages.ts";
import type { PageLanguage } from "./settings.ts";

/** The names and values of the forms' fields. */
export const FIELDS = {
  action: "action",
  save: "save",
  unsubscribe: "unsubscribe-all",
  /** Repeated for each topic on the page: a box that is not ticked is not sent. */
  shown: "shown",
  /** Repeated for each topic that is ticked. */
  topic: "topic",
  perWeek: "per-week",
  any: "any",
  snooze: "snooze",
  keep: "keep",
  none: "none",
} as const;

/** For how many days one can pause. */
export const SNOOZE_DAYS: readonly number[] = [7, 30, 90];
/** The limits on offer, as far as they are below the workspace's own. */
const PER_WEEK: readonly number[] = [1, 2, 3, 5, 7];

/** How the page came to be shown. */
export type PreferencesNotice = "saved" | "unreadable" | null;

/** The page. */
export function preferencesPage(
  view: PreferenceView,
  { lang, wanted, messages }: PageLanguage,
  notice: PreferencesNotice,
): PageContent {
  const { unsubscribed } = view;
  const form = html`
<form method="post"><input type="hidden" name="${FIELDS.action}" value="${FIELDS.save}">
${topics(view.topics, messages, wanted)}
${
  !unsubscribed &&
  html`<fieldset><legend>${messages.frequencyLegend}</legend>
${perWeek(view, messages)}
${snooze(view, messages, lang)}
</fieldset>`
}
<button type="submit">${messages.saveButton}</button></form>`;
  return {
    title: unsubscribed ? messages.unsubscribedTitle : messages.preferencesTitle,
    notice:
      notice === null
        ? null
        : notice === "saved"
          ? messages.preferencesSaved
          : messages.preferencesUnreadable,
    body: html`<p>${unsubscribed ? messages.unsubscribedText : messages.preferencesIntro}</p>${(!unsubscribed || view.topics.length > 0) && form}${!unsubscribed && unsubscribeAll(messages)}`,
  };
}

/** The topic's name and description in the language of the page; as it was defined otherwise. */
function wordsIn(wanted: readonly string[], topic: ShownTopic): Pick<ShownTopic, "name" | "description"> {
  const tag = bestLanguage(wanted, Object.keys(topic.translations));
  return (tag === null ? undefined : topic.translations[tag]) ?? topic;
}

function topics(all: readonly ShownTopic[], messages: PageMessages, wanted: readonly string[]): Html | null {
  if (all.length === 0) return null;
  const choices = all.map((topic, index) => {
    const { name, description } = wordsIn(wanted, topic);
    const [id, about] = [`topic-${index}`, `about-${index}`];
    return html`<div class="choice"><input type="hidden" name="${FIELDS.shown}" value="${topic.key}"><input type="checkbox" id="${id}" name="${FIELDS.topic}" value="${topic.key}"${topic.chosen && html` checked`}${description !== null && html` aria-describedby="${about}"`}><div><label for="${id}"><bdi>${name}</bdi></label>${description !== null && html`<p class="about" id="${about}"><bdi>${description}</bdi></p>`}</div></div>
`;
  });
  return html`<fieldset aria-describedby="topics-hint"><legend>${messages.topicsLegend}</legend><p class="hint" id="topics-hint">${messages.topicsHint}</p>
${choices}</fieldset>`;
}

function option(value: string | number, text: string, selected: boolean): Html {
  return html`<option value="${value}"${selected && html` selected`}>${text}</option>`;
}

function perWeek({ maxPerWeek, policyPerWeek }: PreferenceView, messages: PageMessages): Html | null {
  const offered = PER_WEEK.filter((limit) => policyPerWeek === null || limit < policyPerWeek);
  const limits =
    maxPerWeek === null || offered.includes(maxPerWeek)
      ? offered
      : [...offered, maxPerWeek].sort((a, b) => a - b);
  if (limits.length === 0) return null;
  return html`<div class="field"><label for="per-week">${messages.perWeekLabel}</label><select id="per-week" name="${FIELDS.perWeek}">${option(FIELDS.any, messages.perWeekAny, maxPerWeek === null)}${limits.map((limit) => option(limit, messages.perWeekAtMost.replaceAll("{count}", String(limit)), limit === maxPerWeek))}</select></div>`;
}

function snooze({ snoozedUntil, timeZone }: PreferenceView, messages: PageMessages, lang: string): Html {
  const until =
    snoozedUntil === null
      ? null
      : new Intl.DateTimeFormat(lang, { dateStyle: "long", timeZone: timeZone ?? "UTC" }).format(
          snoozedUntil,
        );
  return html`<div class="field"><label for="snooze">${messages.snoozeLabel}</label><select id="snooze" name="${FIELDS.snooze}">${until !== null && option(FIELDS.keep, messages.snoozedUntil.replaceAll("{date}", until), true)}${option(FIELDS.none, messages.snoozeNone, until === null)}${SNOOZE_DAYS.map((days) => option(days, messages.snoozeDays.replaceAll("{count}", String(days)), false))}</select></div>`;
}

function unsubscribeAll(messages: PageMessages): Html {
  return html`<section aria-labelledby="all"><h2 id="all">${messages.unsubscribeAllTitle}</h2><p>${messages.unsubscribeAllText}</p>
<form method="post"><input type="hidden" name="${FIELDS.action}" value="${FIELDS.unsubscribe}"><button type="submit" class="plain">${messages.unsubscribeAllButton}</button></form></section>`;
}
