/** The pages behind an unsubscribe link. */
import { ONE_CLICK } from "../one-click.ts";
import type { PageContent } from "./document.ts";
import { type Html, html } from "./html.ts";
import type { PageMessages } from "./messages.ts";

/** Asks before anything is done. `preferences` leads to the preference centre. */
export function unsubscribePage(messages: PageMessages, preferences: string): PageContent {
  return {
    title: messages.unsubscribeTitle,
    body: html`<p>${messages.unsubscribeQuestion}</p><form method="post"><input type="hidden" name="${ONE_CLICK.name}" value="${ONE_CLICK.value}"><button type="submit">${messages.unsubscribeButton}</button></form>${linkTo(preferences, messages)}`,
  };
}

/** Says that it is done. */
export function donePage(messages: PageMessages): PageContent {
  return { title: messages.doneTitle, body: html`<p>${messages.doneText}</p>` };
}

function linkTo(preferences: string, messages: PageMessages): Html {
  return html`<p class="more"><a href="${preferences}">${messages.preferencesLink}</a></p>`;
}

/** Says that the link is none of ours, or not whole. */
export function invalidPage(messages: PageMessages): PageContent {
  return { title: messages.invalidTitle, body: html`<p>${messages.invalidText}</p>` };
}

/** Says that something is wrong on our side. */
export function failedPage(messages: PageMessages): PageContent {
  return { title: messages.failedTitle, body: html`<p>${messages.failedText}</p>` };
}
