/** The words of the pages that recipients see. */

/** The words of one language. `{count}` and `{date}` are filled in where the English text has them. */
export interface PageMessages {
  readonly unsubscribeTitle: string;
  readonly unsubscribeQuestion: string;
  readonly unsubscribeButton: string;
  readonly doneTitle: string;
  readonly doneText: string;
  readonly invalidTitle: string;
  readonly invalidText: string;
  readonly failedTitle: string;
  readonly failedText: string;
  /** The link to the preference centre. */
  readonly preferencesLink: string;
  readonly preferencesTitle: string;
  readonly preferencesIntro: string;
  readonly preferencesSaved: string;
  readonly preferencesUnreadable: string;
  readonly topicsLegend: string;
  readonly topicsHint: string;
  readonly frequencyLegend: string;
  readonly perWeekLabel: string;
  readonly perWeekAny: string;
  /** With `{count}`. */
  readonly perWeekAtMost: string;
  readonly snoozeLabel: string;
  readonly snoozeNone: string;
  /** With `{count}`. */
  readonly snoozeDays: string;
  /** With `{date}`. */
  readonly snoozedUntil: string;
  readonly saveButton: string;
  readonly unsubscribeAllTitle: string;
  readonly unsubscribeAllText: string;
  readonly unsubscribeAllButton: string;
  readonly unsubscribedTitle: string;
  readonly unsubscribedText: string;
  readonly confirmTitle: string;
  readonly confirmQuestion: string;
  readonly confirmButton: string;
  readonly confirmHint: string;
  readonly confirmedTitle: string;
  readonly confirmedText: string;
  readonly expiredTitle: string;
  readonly expiredText: string;
}

/** English, which stands in wherever a language lacks a text. */
export const en: PageMessages = {
  unsubscribeTitle: "Unsubscribe",
  unsubscribeQuestion: "Do you want to stop receiving these messages?",
  unsubscribeButton: "Unsubscribe",
  doneTitle: "You are unsubscribed",
  doneText: "You will receive no more of these messages. You can close this page.",
  invalidTitle: "This link does not work",
  invalidText: "It is incomplete, or no longer valid. Please open it again from the message, as a whole.",
  failedTitle: "This did not work",
  failedText: "Something is wrong on our side. Please try again in a few minutes.",
  preferencesLink: "Choose what you receive instead",
  preferencesTitle: "Your preferences",
  preferencesIntro: "Choose what you receive from us, and how often.",
  preferencesSaved: "Your choices are saved.",
  preferencesUnreadable: "Nothing was saved, because your choices could not be read. Please choose again.",
  topicsLegend: "Topics",
  topicsHint: "You receive messages on the topics that are ticked.",
  frequencyLegend: "How often",
  perWeekLabel: "Messages a week",
  perWeekAny: "As many as there are",
  perWeekAtMost: "At most {count}",
  snoozeLabel: "Pause",
  snoozeNone: "No pause",
  snoozeDays: "For {count} days",
  snoozedUntil: "Paused until {date}",
  saveButton: "Save",
  unsubscribeAllTitle: "Unsubscribe from all",
  unsubscribeAllText:
    "You will then receive nothing more from us, except what an order or a contract of yours calls for.",
  unsubscribeAllButton: "Unsubscribe from all",
  unsubscribedTitle: "You are unsubscribed from all",
  unsubscribedText:
    "You receive nothing more from us, except what an order or a contract of yours calls for. If you change your mind, please sign up again.",
  confirmTitle: "Please confirm",
  confirmQuestion: "Do you want to receive our messages?",
  confirmButton: "Yes, I want to receive them",
  confirmHint: "If you did not ask for this, simply close this page.",
  confirmedTitle: "Thank you",
  confirmedText: "You will receive our messages. Each of them has a link to unsubscribe.",
  expiredTitle: "This link is no longer valid",
  expiredText: "Nothing was changed. To receive our messages, please sign up again: you will get a new link.",
};
