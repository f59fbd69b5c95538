/** Recipients at the moment of sending: who they are now, and whether they still may be written to. */
import type { Recipient } from "../../ports/channel.ts";
import { fromJson } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import type { SkipReason } from "./skip.ts";
import { type ContactStanding, type StandingQuery, standingsOf } from "./standing.ts";

/** Whose particulars are wanted. */
export type RecipientLoad = StandingQuery;

/** A recipient, and the reason why nothing is to be sent now. */
export interface LoadedRecipient {
  readonly skip: SkipReason | null;
  /** The address is empty where there is none; `skip` says so. */
  readonly recipient: Recipient;
  /** How many messages in any seven days the person wants at most; `null`: no such wish. */
  readonly maxPerWeek: number | null;
}

/** An entry for every contact that is there: consent and suppression are looked at anew, set-based. Who is missing was deleted. */
export async function loadRecipients(
  db: Db,
  load: RecipientLoad,
): Promise<ReadonlyMap<string, LoadedRecipient>> {
  const standings = await standingsOf(db, load);
  return new Map(
    [...standings].map(([id, standing]) => {
      const { skip, maxPerWeek } = standing;
      return [id, { skip, maxPerWeek, recipient: toRecipient(standing) }];
    }),
  );
}

function toRecipient(contact: ContactStanding): Recipient {
  return {
    contactId: contact.id,
    address: contact.address ?? "",
    externalId: contact.externalId,
    firstName: contact.firstName,
    lastName: contact.lastName,
    locale: contact.locale,
    timeZone: contact.timeZone,
    attributes: fromJson<Record<string, unknown>>(contact.attributes),
  };
}
