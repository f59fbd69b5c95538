/** What is known of contacts at this moment that bears on writing to them, set-based by their ids. */
import { sql } from "kysely";
import type { AddressKind } from "../../ports/channel.ts";
import type { StoredInteger } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { isAmong } from "../../storage/sets.ts";
import { suppressedAmong } from "../suppressions/store.ts";
import { type SkipReason, silenceIsConsent, skipReason } from "./skip.ts";

/** Whose standing is asked, and for what. */
export interface StandingQuery {
  readonly workspaceId: string;
  readonly contactIds: readonly string[];
  readonly address: AddressKind;
  readonly purpose: string;
  /** Whether silence is no consent (the default, but for transactional messages). A withdrawal always counts. */
  readonly requireConsent?: boolean;
}

/** A contact, and the reason against writing to it. */
export interface ContactStanding {
  readonly id: string;
  /** As given; `null` where there is none. */
  readonly address: string | null;
  readonly externalId: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly locale: string | null;
  readonly timeZone: string | null;
  /** As the database returned it. */
  readonly attributes: unknown;
  readonly skip: SkipReason | null;
}

interface Row extends Omit<ContactStanding, "skip"> {
  readonly erasedAt: StoredInteger | null;
  readonly normalized: string | null;
  readonly consent: string | null;
}

/** Where each address kind stands in the contacts. */
const ADDRESS_COLUMNS = {
  email: { given: "c.email", normalized: "c.email_normalized" },
  phone: { given: "c.phone", normalized: "c.phone" },
} as const satisfies Record<AddressKind, { given: string; normalized: string }>;

/** The standing of each contact that is there, by its id. Who is missing was deleted. */
export async function standingsOf(
  db: Db,
  query: StandingQuery,
): Promise<ReadonlyMap<string, ContactStanding>> {
  if (query.contactIds.length === 0) return new Map();
  const { given, normalized } = ADDRESS_COLUMNS[query.address];
  const { rows } = await sql<Row>`
    select c.id, c.erased_at as "erasedAt", ${sql.ref(given)} as address, ${sql.ref(normalized)} as normalized,
      c.external_id as "externalId", c.first_name as "firstName", c.last_name as "lastName", c.locale, c.time_zone as "timeZone",
      c.attributes, (select k.state from ck_consents as k where k.workspace_id = ${query.workspaceId} and k.contact_id = c.id
        and k.channel = ${query.address} and k.purpose = ${query.purpose}) as consent
    from ck_contacts as c
    where c.workspace_id = ${query.workspaceId} and ${isAmong(db, "c.id", "uuid", query.contactIds)}`.execute(
    db,
  );
  const addresses = rows.flatMap((row) => row.normalized ?? []);
  const suppressed = await suppressedAmong(db, query.workspaceId, query.address, addresses);
  return new Map(
    rows.map(({ erasedAt, normalized: address, consent, ...contact }) => {
      const standing = {
        erased: erasedAt !== null,
        hasAddress: address !== null,
        suppressed: address !== null && suppressed.has(address),
        consent,
      };
      return [contact.id, { ...contact, skip: skipReason(standing, silenceIsConsent(query)) }];
    }),
  );
}
