/** Where tracked links point, and the key that signs them. */
import { machineRules } from "../analytics/index.ts";
import type { Kernel, TrackingSettings } from "../kernel/kernel.ts";
import { CampaignKitError } from "../ports/errors.ts";
import type { MachineRules } from "../ports/machines.ts";
import type { Runtime } from "../ports/runtime.ts";
import type { Db } from "../storage/db.ts";
import { destinationOf, type PageOptions, signConfirmation } from "../tracking/index.ts";

const KEY_NAME = "tracking.signing-key";
const KEY_BYTES = 32;

function checkedBaseUrl(text: string): string {
  const url = URL.parse(text);
  if (
    url === null ||
    (url.protocol !== "https:" && url.protocol !== "http:") ||
    url.search !== "" ||
    url.hash !== ""
  ) {
    const reason = "it must be an http(s) URL without query or fragment";
    throw new CampaignKitError(
      "CONFIGURATION_INVALID",
      `tracking.baseUrl "${text}" can't be used: ${reason}.`,
      { setting: "tracking.baseUrl", reason },
    );
  }
  return url.href.replace(/\/+$/, "");
}

function checkedKey(setting: string, text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length >= KEY_BYTES) return bytes;
  const reason = `it has ${bytes.length} bytes; give at least ${KEY_BYTES} random ones`;
  throw new CampaignKitError("CONFIGURATION_INVALID", `${setting} can't be used: ${reason}.`, {
    setting,
    reason,
  });
}

function checkedParameter(name: string): string {
  if (/^[A-Za-z][A-Za-z0-9_-]{0,31}$/.test(name)) return name;
  const reason = "it must be 1 to 32 letters, digits, - and _, and begin with a letter";
  throw new CampaignKitError(
    "CONFIGURATION_INVALID",
    `tracking.clickParameter "${name}" can't be used: ${reason}.`,
    { setting: "tracking.clickParameter", reason },
  );
}

function checkedHoneypot(text: string): string {
  const destination = destinationOf(text);
  if (destination !== null) return destination;
  const reason = "it must be an http(s) URL, such as that of your home page";
  throw new CampaignKitError(
    "CONFIGURATION_INVALID",
    `tracking.honeypot "${text}" can't be used: ${reason}.`,
    { setting: "tracking.honeypot", reason },
  );
}

function checkedRules(given: Partial<MachineRules> | undefined): MachineRules {
  try {
    return machineRules(given);
  } catch (error) {
    if (!CampaignKitError.is(error, "VALIDATION_FAILED")) throw error;
    const reason = error.details.issues
      .map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`))
      .join(" ");
    throw new CampaignKitError(
      "CONFIGURATION_INVALID",
      `tracking.machines can't be used: ${reason}`,
      { setting: "tracking.machines", reason },
      { cause: error },
    );
  }
}

/** Where the host serves `kit.trackingHandler`, and how its links are made. */
export interface TrackingOptions {
  /** The public http(s) URL that the handler is mounted at, such as `https://shop.example/t`. */
  readonly baseUrl: string;
  /** What signs links: at least 32 bytes of random text. Without it a key is made once and kept in the database. */
  readonly signingKey?: string;
  /** Keys that signed links before, honoured as long as messages with such links are about. */
  readonly previousSigningKeys?: readonly string[];
  /**
   * A query parameter, such as `ck`, that a click adds to its target: a signed token by which the page's conversions can name the click
   * (`events.track({ type: "conversion", clickToken })`). None is added when absent.
   */
  readonly clickParameter?: string;
  /**
   * Where an invisible link leads that every HTML message then has, such as your home page. No person sees it, so who follows it is a machine.
   * Off when absent: some filters hold hidden links against a message.
   */
  readonly honeypot?: string;
  /** What tells machines from people; the default of `DEFAULT_MACHINE_RULES` for each rule that is absent. */
  readonly machines?: Partial<MachineRules>;
  /** The words and the brand of the pages that recipients see. */
  readonly pages?: PageOptions;
}

/**
 * Makes the links by which people confirm a consent.
 *
 * @throws {CONFIGURATION_INVALID} when the host serves no pages.
 */
export async function confirmationLinks(kernel: Kernel): Promise<(requestId: string) => string> {
  const { baseUrl, signingKey } = kernel.tracking;
  if (baseUrl === null) {
    const reason = "without it there is no page that a link could lead to";
    throw new CampaignKitError(
      "CONFIGURATION_INVALID",
      `A consent can't be asked for: set tracking.baseUrl; ${reason}.`,
      { setting: "tracking.baseUrl", reason },
    );
  }
  await kernel.ready();
  const key = await signingKey();
  return (requestId) => `${baseUrl}/s/${signConfirmation(key, requestId)}`;
}

/** Checks the host's settings. Without a key of the host's, one is made at first need and kept in the database. */
export function trackingSettings(
  given: TrackingOptions | undefined,
  db: Db,
  runtime: Runtime,
): TrackingSettings {
  const hostKey =
    given?.signingKey === undefined ? null : checkedKey("tracking.signingKey", given.signingKey);
  const previous = (given?.previousSigningKeys ?? []).map((text) =>
    checkedKey("tracking.previousSigningKeys", text),
  );
  let stored: Promise<Uint8Array> | null = null;
  const readKey = async (): Promise<Uint8Array | null> => {
    const row = await db
      .selectFrom("ck_settings")
      .select("value")
      .where("key", "=", KEY_NAME)
      .executeTakeFirst();
    return row === undefined ? null : Buffer.from(row.value, "base64");
  };
  const storedKey = async (): Promise<Uint8Array> => {
    const known = await readKey();
    if (known !== null) return known;
    const fresh = runtime.random.bytes(KEY_BYTES);
    // Of several processes that start at once one inserts; all read the same.
    await db
      .insertInto("ck_settings")
      .values({ key: KEY_NAME, value: Buffer.from(fresh).toString("base64") })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return (await readKey()) ?? fresh;
  };
  const signingKey = async (): Promise<Uint8Array> => {
    if (hostKey !== null) return hostKey;
    stored ??= storedKey().catch((error: unknown) => {
      stored = null;
      throw error;
    });
    return stored;
  };
  return {
    baseUrl: given === undefined ? null : checkedBaseUrl(given.baseUrl),
    clickParameter: given?.clickParameter === undefined ? null : checkedParameter(given.clickParameter),
    honeypot: given?.honeypot === undefined ? null : checkedHoneypot(given.honeypot),
    machines: checkedRules(given?.machines),
    signingKey,
    verificationKeys: async () => [await signingKey(), ...previous],
  };
}
