/** Double opt-in: a GET shows a page with a button, a POST of that button grants the consent. */
import { SYSTEM_ACTOR } from "../kernel/access.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { runUnit } from "../kernel/unit.ts";
import type { AskedConsent, TrackingDirectory } from "./directory.ts";
import { readForm } from "./form.ts";
import { CONFIRM_FIELD, confirmationPage, confirmedPage, expiredPage } from "./pages/confirmation-page.ts";
import type { Pages } from "./pages/pages.ts";

const MAX_BODY_BYTES = 8_192;

/** What the route stands on. */
export interface ConfirmationParts {
  readonly kernel: Kernel;
  readonly directory: TrackingDirectory;
  readonly pages: Pages;
}

/** A page for each state. A link that is too old says so with 410: nobody need keep it. */
const PAGES = {
  open: { content: confirmationPage, status: 200 },
  confirmed: { content: confirmedPage, status: 200 },
  expired: { content: expiredPage, status: 410 },
  void: { content: expiredPage, status: 410 },
} as const;

/** Answers a confirmation link whose signature holds. */
export async function answerConfirmation(
  { kernel, directory, pages }: ConfirmationParts,
  request: Request,
  { requestId, ip }: { readonly requestId: string; readonly ip: string | null },
): Promise<Response> {
  const asked = await directory.askedConsent(kernel.db, requestId, kernel.runtime.clock.now());
  if (asked === null) return pages.invalid(request);
  const { workspaceId, locale } = asked;
  const show = (state: AskedConsent["state"], refused = false): Promise<Response> => {
    const { content, status } = PAGES[state];
    return pages.show(request, ({ messages }) => content(messages), {
      status: refused ? 400 : status,
      workspaceId,
      locale,
    });
  };
  if (request.method !== "POST" || asked.state !== "open") return show(asked.state);
  const form = await readForm(request, MAX_BODY_BYTES);
  if (form?.get(CONFIRM_FIELD.name) !== CONFIRM_FIELD.value) return show("open", true);
  const language = pages.languageOf(request, locale).lang;
  const state = await runUnit({ kernel, workspaceId, actor: SYSTEM_ACTOR }, (unit) =>
    directory.confirmConsent(unit, { requestId, ip, language }),
  );
  return state === null ? pages.invalid(request) : show(state);
}
