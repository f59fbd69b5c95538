/** Use cases of suppression that other features call in their own unit. */
import type { Unit } from "../../kernel/unit.ts";
import { validationError } from "../../kernel/validate.ts";
import type { AddressKind } from "../../ports/channel.ts";
import { readEmail } from "../addresses/email.ts";
import { readPhone } from "../addresses/phone.ts";
import { insertSuppressions } from "./store.ts";
import type { SuppressionReason } from "./suppression.ts";

/** An address as it is compared. @throws {VALIDATION_FAILED} for what is none. */
export function normalizedAddress(channel: AddressKind, address: string): string {
  const reading = channel === "email" ? readEmail(address) : readPhone(address);
  if (reading.outcome === "refused")
    throw validationError("suppression", [{ path: ["address"], message: reading.reason }]);
  return "phone" in reading ? reading.phone : reading.normalized;
}

/** What is to be suppressed: an address, or the one that a contact has. */
export interface SuppressionOrder {
  readonly channel: AddressKind;
  readonly address: string;
  readonly reason: SuppressionReason;
  /** Where it came from, such as `bounce webhook`. Never personal data. */
  readonly source: string;
  /** Whose address it is, where that is known. */
  readonly contactId?: string | null;
}

/**
 * Suppresses an address for all traffic of the workspace, whether or not a contact has it. Idempotent.
 *
 * @returns whether it was not suppressed for that reason before. @throws {VALIDATION_FAILED} for what is no address.
 */
export async function suppress(unit: Unit, order: SuppressionOrder): Promise<boolean> {
  const { channel, reason, source } = order;
  const address = normalizedAddress(channel, order.address);
  const [added] = await insertSuppressions(unit, [{ channel, address, reason, source }]);
  if (added === undefined) return false;
  unit.record("suppression.added", {
    subject: { type: "suppression", id: added.id },
    data: { suppressionId: added.id, channel, reason, source, contactId: order.contactId ?? null },
  });
  return true;
}
