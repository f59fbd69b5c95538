/** Recipients at the moment of sending: who they are now, and whether they still may be written to. */
import { sql } from "kysely";
import type { AddressKind, Recipient } from "../../ports/channel.ts";
import { fromJson, type StoredInteger } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { idsAs } from "../../storage/sets.ts";
import { suppressedAmong } from "../suppressions/store.ts";
import { ADDRESS_COLUMNS } from "./select.ts";
import { type SkipReason, silenceIsConsent, skipReason } from "./skip.ts";

/** Whose particulars are wanted. */
export interface RecipientLoad {
  readonly workspaceId: string;
  readonly contactIds: readonly string[];
  readonly address: AddressKind;
  readonly purpose: string;
  /** Whether silence is no consent (the default, but for transactional messages). A withdrawal always counts. */
  readonly requireConsent?: boolean;
}

/** A recipient, and the reason why nothing is to be sent now. */
export interface LoadedRecipient {
  readonly skip: SkipReason | null;
  /** The address is empty where there is none; `skip` says so. */
  readonly recipient: Recipient;
}

interface Row {
  readonly id: string;
  readonly erased_at: StoredInteger | null;
  readonly address: string | null;
  readonly normalized: string | null;
  readonly external_id: string | null;
  readonly first_name: string | null;
  readonly last_name: string | null;
  readonly locale: string | null;
  readonly time_zone: string | null;
  readonly attributes: unknown;
  readonly consent: string | null;
}

/** An entry for every contact that is there: consent and suppression are looked at anew, set-based. Who is missing was deleted. */
export async function loadRecipients(
  db: Db,
  load: RecipientLoad,
): Promise<ReadonlyMap<string, LoadedRecipient>> {
  if (load.contactIds.length === 0) return new Map();
  const { given, normalized } = ADDRESS_COLUMNS[load.address];
  const { rows } = await sql<Row>`
    select c.id, c.erased_at, ${sql.ref(given)} as address, ${sql.ref(normalized)} as normalized, c.external_id, c.first_name,
      c.last_name, c.locale, c.time_zone, c.attributes, k.state as consent
    from ck_contacts as c
    left join ck_consents as k on k.workspace_id = c.workspace_id and k.contact_id = c.id
      and k.channel = ${load.address} and k.purpose = ${load.purpose}
    where c.workspace_id = ${load.workspaceId} and c.id in ${idsAs(db, load.contactIds)}`.execute(db);
  const addresses = rows.flatMap((row) => row.normalized ?? []);
  const suppressed = await suppressedAmong(db, load.workspaceId, load.address, addresses);
  return new Map(
    rows.map((row) => {
      const standing = {
        exists: true,
        erased: row.erased_at !== null,
        hasAddress: row.address !== null,
        suppressed: row.normalized !== null && suppressed.has(row.normalized),
        consent: row.consent,
      };
      return [row.id, { skip: skipReason(standing, silenceIsConsent(load)), recipient: toRecipient(row) }];
    }),
  );
}

function toRecipient(row: Row): Recipient {
  return {
    contactId: row.id,
    address: row.address ?? "",
    externalId: row.external_id,
    firstName: row.first_name,
    lastName: row.last_name,
    locale: row.locale,
    timeZone: row.time_zone,
    attributes: fromJson<Record<string, unknown>>(row.attributes),
  };
}
