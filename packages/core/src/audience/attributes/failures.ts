/** What can stand against an attribute, as errors. */
import { CampaignKitError } from "../../ports/errors.ts";

/** The attribute can't be as asked. */
export function attributeConflict(name: string, reason: string): CampaignKitError<"CONFLICT"> {
  return new CampaignKitError("CONFLICT", `The attribute "${name}" can't be changed: ${reason}.`, {
    entity: "attribute",
    id: name,
    reason,
  });
}

/** Its name is free again once its values are gone. */
export function beingRemoved(name: string): CampaignKitError<"CONFLICT"> {
  return attributeConflict(name, "it is being removed; define it again when that is done");
}
