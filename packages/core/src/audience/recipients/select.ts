/** Recipients of a post: the union of its segments, a page at a time, each with the reason why it is skipped. */
import { type RawBuilder, sql } from "kysely";
import type { AddressKind } from "../../ports/channel.ts";
import type { StoredInteger } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { uuidOf } from "../../storage/sets.ts";
import { suppressedAmong } from "../suppressions/store.ts";
import { type SkipReason, silenceIsConsent, skipReason } from "./skip.ts";

/** Which recipients are wanted. */
export interface RecipientQuery {
  readonly workspaceId: string;
  readonly segmentIds: readonly string[];
  readonly address: AddressKind;
  readonly purpose: string;
  /** The last contact id of the page before; `null` for the first page. */
  readonly after: string | null;
  readonly limit: number;
  /** Whether silence is no consent (the default, but for transactional messages). A withdrawal always counts. */
  readonly requireConsent?: boolean;
}

/** One member of the audience. */
export interface RecipientChoice {
  readonly contactId: string;
  /** Why it gets nothing; `null`: it is to be sent to. */
  readonly skip: SkipReason | null;
  readonly timeZone: string | null;
}

/** Where each address kind stands in the contacts. */
export const ADDRESS_COLUMNS = {
  email: { given: "c.email", normalized: "c.email_normalized" },
  phone: { given: "c.phone", normalized: "c.phone" },
} as const satisfies Record<AddressKind, { given: string; normalized: string }>;

interface Row {
  readonly contact_id: string;
  readonly found: string | null;
  readonly erased_at: StoredInteger | null;
  readonly address: string | null;
  readonly time_zone: string | null;
  readonly consent: string | null;
}

/**
 * A page of the distinct union of the segments' members, in contact-id order. Nobody is filtered out: who gets nothing comes with the
 * reason, so a page is empty only when nothing is left. Costs by the page, not by the audience.
 */
export async function selectRecipients(db: Db, query: RecipientQuery): Promise<readonly RecipientChoice[]> {
  if (query.segmentIds.length === 0) return [];
  const { rows } = await recipientPage(db, query).execute(db);
  const addresses = rows.flatMap(({ address }) => address ?? []);
  const suppressed = await suppressedAmong(db, query.workspaceId, query.address, addresses);
  return rows.map((row) => ({
    contactId: row.contact_id,
    timeZone: row.time_zone,
    skip: skipReason(
      {
        exists: row.found !== null,
        erased: row.erased_at !== null,
        hasAddress: row.address !== null,
        suppressed: row.address !== null && suppressed.has(row.address),
        consent: row.consent,
      },
      silenceIsConsent(query),
    ),
  }));
}

/** The statement of a page. Each segment gives its own first members by its index; their union is cut once more. */
export function recipientPage(db: Db, query: RecipientQuery): RawBuilder<Row> {
  const { workspaceId, address, purpose, after, limit } = query;
  const count = sql.lit(limit);
  const from = after === null ? sql`` : sql`and m.contact_id > ${uuidOf(db, after)}`;
  const heads = [...new Set(query.segmentIds)].map(
    (segmentId) => sql`select h.contact_id from (
      select m.contact_id from ck_segment_members as m
      where m.workspace_id = ${workspaceId} and m.segment_id = ${uuidOf(db, segmentId)} ${from}
      order by m.contact_id limit ${count}) as h`,
  );
  return sql<Row>`
    select p.contact_id, c.id as found, c.erased_at, ${sql.ref(ADDRESS_COLUMNS[address].normalized)} as address, c.time_zone,
      k.state as consent
    from (select u.contact_id from (${sql.join(heads, sql` union `)}) as u order by u.contact_id limit ${count}) as p
    left join ck_contacts as c on c.workspace_id = ${workspaceId} and c.id = p.contact_id
    left join ck_consents as k on k.workspace_id = ${workspaceId} and k.contact_id = p.contact_id
      and k.channel = ${address} and k.purpose = ${purpose}
    order by p.contact_id`;
}
