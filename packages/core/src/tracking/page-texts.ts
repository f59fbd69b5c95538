/** The words of the pages that recipients see, by language. */

/** The words of one language. */
export interface PageTexts {
  readonly unsubscribeTitle: string;
  readonly unsubscribeQuestion: string;
  readonly unsubscribeButton: string;
  readonly doneTitle: string;
  readonly doneText: string;
  readonly invalidTitle: string;
  readonly invalidText: string;
  readonly failedTitle: string;
  readonly failedText: string;
}

const en: PageTexts = {
  unsubscribeTitle: "Unsubscribe",
  unsubscribeQuestion: "Do you want to stop receiving these messages?",
  unsubscribeButton: "Unsubscribe",
  doneTitle: "You are unsubscribed",
  doneText: "You will receive no more of these messages. You can close this page.",
  invalidTitle: "This link does not work",
  invalidText: "It is incomplete, or no longer valid. Please open it again from the message, as a whole.",
  failedTitle: "This did not work",
  failedText: "Something is wrong on our side. Please try again in a few minutes.",
};

const de: PageTexts = {
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
};

const fr: PageTexts = {
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
};

const es: PageTexts = {
  unsubscribeTitle: "Darse de baja",
  unsubscribeQuestion: "¿Quiere dejar de recibir estos mensajes?",
  unsubscribeButton: "Darse de baja",
  doneTitle: "Se ha dado de baja",
  doneText: "Ya no recibirá más mensajes de este tipo. Puede cerrar esta página.",
  invalidTitle: "Este enlace no funciona",
  invalidText: "Está incompleto o ya no es válido. Ábralo de nuevo, completo, desde el mensaje.",
  failedTitle: "No ha funcionado",
  failedText: "Se ha producido un error por nuestra parte. Inténtelo de nuevo en unos minutos.",
};

const LANGUAGES: Readonly<Record<string, PageTexts>> = { en, de, fr, es };

/** The first language of an Accept-Language header that we have; English otherwise. */
export function textsFor(acceptLanguage: string | null): {
  readonly lang: string;
  readonly texts: PageTexts;
} {
  const wanted = (acceptLanguage ?? "")
    .slice(0, 500)
    .split(",")
    .map((part) => {
      const [tag = "", ...parameters] = part.trim().split(";");
      const quality = parameters.map((parameter) => /^\s*q=([\d.]+)$/.exec(parameter)?.[1]).find(Boolean);
      return { lang: tag.slice(0, 2).toLowerCase(), quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ lang, quality }) => Object.hasOwn(LANGUAGES, lang) && quality > 0)
    .sort((a, b) => b.quality - a.quality);
  const lang = wanted[0]?.lang ?? "en";
  return { lang, texts: LANGUAGES[lang] ?? en };
}
