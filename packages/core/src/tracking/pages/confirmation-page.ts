/** The pages of double opt-in. */
import type { PageContent } from "./document.ts";
import { html } from "./html.ts";
import type { PageMessages } from "./messages.ts";

/** What the form sends, so that nothing but its button confirms. */
export const CONFIRM_FIELD = { name: "confirm", value: "yes" } as const;

/** Asks for the confirmation. */
export function confirmationPage(messages: PageMessages): PageContent {
  return {
    title: messages.confirmTitle,
    body: html`<p>${messages.confirmQuestion}</p><form method="post"><input type="hidden" name="${CONFIRM_FIELD.name}" value="${CONFIRM_FIELD.value}"><button type="submit">${messages.confirmButton}</button></form><p class="more">${messages.confirmHint}</p>`,
  };
}

/** Says that it is confirmed. */
export function confirmedPage(messages: PageMessages): PageContent {
  return { title: messages.confirmedTitle, body: html`<p>${messages.confirmedText}</p>` };
}

/** Says that the link is too old, or overtaken, and what to do. */
export function expiredPage(messages: PageMessages): PageContent {
  return { title: messages.expiredTitle, body: html`<p>${messages.expiredText}</p>` };
}
