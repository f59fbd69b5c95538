/** Writes that take unique keys, run again when somebody else was quicker. */
import { CampaignKitError } from "../../ports/errors.ts";

const ATTEMPTS = 5;

/**
 * Runs a unit of work that locks contacts by their keys and then writes them. Between the look and the write somebody else can take a key;
 * the unique index says so, the unit is rolled back, and the next look sees their contact.
 */
export async function whileKeysSettle<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      const raced = CampaignKitError.is(error, "STORAGE_FAILED") && error.details.kind === "unique";
      if (!raced || attempt >= ATTEMPTS) throw error;
    }
  }
}
