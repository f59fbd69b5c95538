/** What the ledger refuses, whoever asks. */
import { CampaignKitError } from "../ports/errors.ts";

/** Refuses what is no amount: a caller's mistake, found before it reaches the ledger. @throws {MONEY_INVALID} */
export function assertWhole(what: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  const reason = `${what} is ${value}, not a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`;
  throw new CampaignKitError("MONEY_INVALID", `The ledger can't take it: ${reason}.`, { reason });
}

/** The error for a key that names something else already. */
export function keyTaken(entity: string, key: string, field: string): CampaignKitError<"CONFLICT"> {
  const reason = `the key names an earlier one with another ${field}`;
  return new CampaignKitError(
    "CONFLICT",
    `The ${entity} "${key}" can't be made: ${reason}. Give each a key of its own, or repeat it unchanged.`,
    { entity, id: key, reason },
  );
}
