import type { PageMessages } from "./messages.ts";

/** German, formal. */
export const de: PageMessages = {
  unsubscribeTitle: "Abmelden",
  unsubscribeQuestion: "Möchten Sie diese Nachrichten nicht mehr erhalten?",
  unsubscribeButton: "Abmelden",
  doneTitle: "Sie sind abgemeldet",
  doneText: "Sie erhalten diese Nachrichten nicht mehr. Sie können diese Seite schließen.",
  invalidTitle: "Dieser Link funktioniert nicht",
  invalidText:
    "Er ist unvollständig oder nicht mehr gültig. Bitte öffnen Sie ihn noch einmal vollständig aus der Nachricht.",
  failedTitle: "Das hat nicht geklappt",
  failedText: "Bei uns ist ein Fehler aufgetreten. Bitte versuchen Sie es in einigen Minuten noch einmal.",
  preferencesLink: "Stattdessen auswählen, was Sie erhalten",
  preferencesTitle: "Ihre Einstellungen",
  preferencesIntro: "Wählen Sie, was Sie von uns erhalten und wie oft.",
  preferencesSaved: "Ihre Auswahl ist gespeichert.",
  preferencesUnreadable:
    "Es wurde nichts gespeichert, weil Ihre Auswahl nicht lesbar war. Bitte wählen Sie noch einmal.",
  topicsLegend: "Themen",
  topicsHint: "Sie erhalten Nachrichten zu den Themen, die angekreuzt sind.",
  frequencyLegend: "Häufigkeit",
  perWeekLabel: "Nachrichten pro Woche",
  perWeekAny: "So viele, wie es gibt",
  perWeekAtMost: "Höchstens {count}",
  snoozeLabel: "Pause",
  snoozeNone: "Keine Pause",
  snoozeDays: "Für {count} Tage",
  snoozedUntil: "Pause bis {date}",
  saveButton: "Speichern",
  unsubscribeAllTitle: "Von allem abmelden",
  unsubscribeAllText:
    "Sie erhalten dann nichts mehr von uns, außer was eine Bestellung oder ein Vertrag von Ihnen erfordert.",
  unsubscribeAllButton: "Von allem abmelden",
  unsubscribedTitle: "Sie sind von allem abgemeldet",
  unsubscribedText:
    "Sie erhalten nichts mehr von uns, außer was eine Bestellung oder ein Vertrag von Ihnen erfordert. Wenn Sie es sich anders überlegen, melden Sie sich bitte neu an.",
  confirmTitle: "Bitte bestätigen Sie",
  confirmQuestion: "Möchten Sie unsere Nachrichten erhalten?",
  confirmButton: "Ja, ich möchte sie erhalten",
  confirmHint: "Falls Sie nicht darum gebeten haben, schließen Sie diese Seite einfach.",
  confirmedTitle: "Vielen Dank",
  confirmedText: "Sie erhalten unsere Nachrichten. Jede enthält einen Link zum Abmelden.",
  expiredTitle: "Dieser Link ist nicht mehr gültig",
  expiredText:
    "Es wurde nichts geändert. Um unsere Nachrichten zu erhalten, melden Sie sich bitte noch einmal an: Sie bekommen dann einen neuen Link.",
};
