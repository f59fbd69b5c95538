/** Where tracked links point, and the key that signs them. */
import type { TrackingSettings } from "../kernel/kernel.ts";
import { CampaignKitError } from "../ports/errors.ts";
import type { Runtime } from "../ports/runtime.ts";
import type { Db } from "../storage/db.ts";

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

function checkedKey(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length >= KEY_BYTES) return bytes;
  const reason = `it has ${bytes.length} bytes; give at least ${KEY_BYTES} random ones`;
  throw new CampaignKitError("CONFIGURATION_INVALID", `tracking.signingKey can't be used: ${reason}.`, {
    setting: "tracking.signingKey",
    reason,
  });
}

/** Checks the host's settings. Without a key of the host's, one is made at first need and kept in the database. */
export function trackingSettings(
  given: { readonly baseUrl: string; readonly signingKey?: string } | undefined,
  db: Db,
  runtime: Runtime,
): TrackingSettings {
  const hostKey = given?.signingKey === undefined ? null : checkedKey(given.signingKey);
  let stored: Promise<Uint8Array> | null = null;
  const storedKey = async (): Promise<Uint8Array> => {
    const fresh = Buffer.from(runtime.random.bytes(KEY_BYTES)).toString("base64");
    // Of several processes that start at once one inserts; all read the same.
    await db
      .insertInto("ck_settings")
      .values({ key: KEY_NAME, value: fresh })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const row = await db
      .selectFrom("ck_settings")
      .select("value")
      .where("key", "=", KEY_NAME)
      .executeTakeFirstOrThrow();
    return Buffer.from(row.value, "base64");
  };
  return {
    baseUrl: given === undefined ? null : checkedBaseUrl(given.baseUrl),
    signingKey: async () => {
      if (hostKey !== null) return hostKey;
      stored ??= storedKey().catch((error: unknown) => {
        stored = null;
        throw error;
      });
      return stored;
    },
  };
}
