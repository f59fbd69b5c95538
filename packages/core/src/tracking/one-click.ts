/** Whether a POST asks to unsubscribe (RFC 8058, section 3.1): one field, in either form encoding. */
import { readForm } from "./form.ts";

/** The name and value that RFC 8058 prescribes; our own form sends the same. */
export const ONE_CLICK = { name: "List-Unsubscribe", value: "One-Click" } as const;

const MAX_BODY_BYTES = 8_192;

/** Reads the body. A broken, foreign or oversized one asks for nothing. */
export async function isUnsubscribeRequest(request: Request): Promise<boolean> {
  const form = await readForm(request, MAX_BODY_BYTES);
  return form?.get(ONE_CLICK.name) === ONE_CLICK.value;
}
