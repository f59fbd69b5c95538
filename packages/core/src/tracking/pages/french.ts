import type { PageMessages } from "./messages.ts";

/** French. */
export const fr: PageMessages = {
  unsubscribeTitle: "Se désabonner",
  unsubscribeQuestion: "Souhaitez-vous ne plus recevoir ces messages ?",
  unsubscribeButton: "Se désabonner",
  doneTitle: "Vous êtes désabonné",
  doneText: "Vous ne recevrez plus ces messages. Vous pouvez fermer cette page.",
  invalidTitle: "Ce lien ne fonctionne pas",
  invalidText:
    "Il est incomplet ou n’est plus valable. Veuillez l’ouvrir à nouveau, en entier, depuis le message.",
  failedTitle: "Cela n’a pas fonctionné",
  failedText: "Une erreur s’est produite de notre côté. Veuillez réessayer dans quelques minutes.",
  preferencesLink: "Choisir plutôt ce que vous recevez",
  preferencesTitle: "Vos préférences",
  preferencesIntro: "Choisissez ce que vous recevez de notre part, et à quelle fréquence.",
  preferencesSaved: "Vos choix sont enregistrés.",
  preferencesUnreadable:
    "Rien n’a été enregistré, car vos choix n’ont pas pu être lus. Veuillez choisir à nouveau.",
  topicsLegend: "Thèmes",
  topicsHint: "Vous recevez des messages sur les thèmes cochés.",
  frequencyLegend: "Fréquence",
  perWeekLabel: "Messages par semaine",
  perWeekAny: "Autant qu’il y en a",
  perWeekAtMost: "{count} au plus",
  snoozeLabel: "Pause",
  snoozeNone: "Pas de pause",
  snoozeDays: "Pendant {count} jours",
  snoozedUntil: "En pause jusqu’au {date}",
  saveButton: "Enregistrer",
  unsubscribeAllTitle: "Se désabonner de tout",
  unsubscribeAllText:
    "Vous ne recevrez alors plus rien de notre part, sauf ce qu’exige l’une de vos commandes ou l’un de vos contrats.",
  unsubscribeAllButton: "Se désabonner de tout",
  unsubscribedTitle: "Vous êtes désabonné de tout",
  unsubscribedText:
    "Vous ne recevez plus rien de notre part, sauf ce qu’exige l’une de vos commandes ou l’un de vos contrats. Si vous changez d’avis, veuillez vous inscrire à nouveau.",
  confirmTitle: "Veuillez confirmer",
  confirmQuestion: "Souhaitez-vous recevoir nos messages ?",
  confirmButton: "Oui, je souhaite les recevoir",
  confirmHint: "Si vous n’avez rien demandé, fermez simplement cette page.",
  confirmedTitle: "Merci",
  confirmedText: "Vous recevrez nos messages. Chacun contient un lien pour se désabonner.",
  expiredTitle: "Ce lien n’est plus valable",
  expiredText:
    "Rien n’a été modifié. Pour recevoir nos messages, veuillez vous inscrire à nouveau : vous recevrez un nouveau lien.",
};
