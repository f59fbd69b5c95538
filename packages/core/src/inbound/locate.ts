/** Which delivery a mail is about: by the signed names in the addresses that it came to, else by those in what it quotes. Pure. */
import { type ReturnToken, readUnsubscribeLink, returnTokensIn } from "../tracking/index.ts";

/** No honest mail names more. */
const MAX_TEXTS = 64;

/** The token of such a purpose in an address; the first counts. */
export function namedByAddress(
  keys: readonly Uint8Array[],
  addresses: readonly string[],
  purpose: ReturnToken["purpose"],
): string | null {
  for (const address of addresses.slice(0, MAX_TEXTS)) {
    const token = returnTokensIn(keys, address).find((each) => each.purpose === purpose);
    if (token !== undefined) return token.deliveryId;
  }
  return null;
}

/** The delivery that quoted headers name by any token: whoever quotes one has seen the message. The link of one-click unsubscribe counts too. */
export function namedByReference(keys: readonly Uint8Array[], references: readonly string[]): string | null {
  for (const reference of references.slice(0, MAX_TEXTS)) {
    const [token] = returnTokensIn(keys, reference);
    const deliveryId = token?.deliveryId ?? readUnsubscribeLink(keys, reference);
    if (deliveryId !== null) return deliveryId;
  }
  return null;
}
