/** What can stand against writing a contact, as errors. */
import { validationError } from "../../kernel/validate.ts";
import { CampaignKitError, type ValidationIssue } from "../../ports/errors.ts";

/** The input is not valid. */
export function refusedInput(issues: readonly ValidationIssue[]): CampaignKitError<"VALIDATION_FAILED"> {
  return validationError("contact", issues);
}

/** A key belongs to another contact. */
export function keyConflict(otherId: string, reason: string): CampaignKitError<"CONFLICT"> {
  return new CampaignKitError(
    "CONFLICT",
    `The contact was not written, because ${reason}. Merge the two with contacts.merge, or leave that key out.`,
    { entity: "contact", id: otherId, reason },
  );
}
