/** DKIM (RFC 6376): the key to sign with, and which headers the signature covers. */
import { createPrivateKey, type KeyObject } from "node:crypto";
import { isAddress } from "./address.ts";
import { invalidSetting } from "./rejection.ts";

/** The key that signs outgoing mail. */
export interface DkimKey {
  /** The signing domain, `d=`; for DMARC it must match the domain of `from`. */
  readonly domain: string;
  /** The selector, `s=`: the public key stands in DNS at `<selector>._domainkey.<domain>`. */
  readonly selector: string;
  /** The RSA private key, in PEM. */
  readonly privateKey: string;
}

/**
 * The headers covered. Beyond RFC 6376, 5.4.1: List-Unsubscribe and List-Unsubscribe-Post, which RFC 8058, section 4, requires to be
 * covered, or mailbox providers ignore one-click unsubscribe.
 */
export const SIGNED_HEADERS: readonly string[] = [
  "From",
  "Sender",
  "Reply-To",
  "Subject",
  "Date",
  "Message-ID",
  "To",
  "Cc",
  "MIME-Version",
  "Content-Type",
  "Content-Transfer-Encoding",
  "In-Reply-To",
  "References",
  "List-Id",
  "List-Help",
  "List-Unsubscribe",
  "List-Unsubscribe-Post",
  "List-Archive",
  "Feedback-ID",
];

const MINIMUM_BITS = 1024;

function readKey(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch {
    // The reason could quote the key; that it can't be read says enough.
    return null;
  }
}

/**
 * Checks the key before the first message: the signer of the mail library leaves a message unsigned, silently, when it can't use one.
 *
 * @throws {CONFIGURATION_INVALID} when the key is no RSA key of 1024 bits or more, or domain or selector are no host names.
 */
export function checkDkimKey(dkim: DkimKey): DkimKey {
  const key = readKey(dkim.privateKey);
  if (key === null) throw invalidSetting("dkim.privateKey", "it is no private key in PEM");
  if (key.asymmetricKeyType !== "rsa") {
    throw invalidSetting("dkim.privateKey", `it is a key of type ${key.asymmetricKeyType}; RSA is needed`);
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < MINIMUM_BITS) {
    throw invalidSetting(
      "dkim.privateKey",
      `it has ${bits} bits; verifiers refuse less than ${MINIMUM_BITS}`,
    );
  }
  if (!isAddress(`x@${dkim.domain}`)) throw invalidSetting("dkim.domain", `"${dkim.domain}" is no host name`);
  if (!isAddress(`x@${dkim.selector}`)) {
    throw invalidSetting("dkim.selector", `"${dkim.selector}" is no host name label`);
  }
  return dkim;
}
