/** What is known of contacts at this moment that bears on writing to them, set-based by their ids. */
import { type RawBuilder, sql } from "kysely";
import type { AddressKind } from "../../ports/channel.ts";
import { type StoredInteger, toInteger } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { isAmong } from "../../storage/sets.ts";
import { suppressedAmong } from "../suppressions/store.ts";
import { type SkipReason, silenceIsConsent, skipReason, TRANSACTIONAL_PURPOSE } from "./skip.ts";

/** Whose standing is asked, and for what. */
export interface StandingQuery {
  readonly workspaceId: string;
  readonly contactIds: readonly string[];
  readonly address: AddressKind;
  readonly purpose: string;
  /** Whether silence is no consent (the default, but for transactional messages). A withdrawal always counts. */
  readonly requireConsent?: boolean;
  /** What the post is about (`null`: no topic), and the moment by which a pause is over; `null`: nobody's wishes are looked at. */
  readonly wishes: { readonly topic: string | null; readonly now: number } | null;
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
  /** How many messages in any seven days the person wants at most; `null`: no such wish, or none that counts here. */
  readonly maxPerWeek: number | null;
}

interface Row extends Omit<ContactStanding, "skip"> {
  readonly erasedAt: StoredInteger | null;
  readonly normalized: string | null;
  readonly consent: string | null;
  readonly choice: string | null;
  readonly snoozedUntil: StoredInteger | null;
}

/** Where each address kind stands in the contacts. */
const ADDRESS_COLUMNS = {
  email: { given: "c.email", normalized: "c.email_normalized" },
  phone: { given: "c.phone", normalized: "c.phone" },
} as const satisfies Record<AddressKind, { given: string; normalized: string }>;

/** What the contact said of the post's topic, as a column. */
function choiceOf({ workspaceId, wishes }: StandingQuery): RawBuilder<unknown> {
  if (wishes === null || wishes.topic === null) return sql`null`;
  return sql`(select t.state from ck_topic_choices as t where t.workspace_id = ${workspaceId} and t.contact_id = c.id
    and t.topic = ${wishes.topic})`;
}

/** A part of how often the contact wishes to be written to, as a column. Transactional messages are not concerned. */
function cadenceOf(
  { workspaceId, wishes, purpose, address }: StandingQuery,
  column: "snoozed_until" | "max_per_week",
): RawBuilder<unknown> {
  if (wishes === null || purpose === TRANSACTIONAL_PURPOSE) return sql`null`;
  return sql`(select p.${sql.ref(column)} from ck_contact_cadences as p where p.workspace_id = ${workspaceId} and p.contact_id = c.id
    and p.channel = ${address})`;
}

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
        and k.channel = ${query.address} and k.purpose = ${query.purpose}) as consent,
      ${choiceOf(query)} as choice, ${cadenceOf(query, "snoozed_until")} as "snoozedUntil", ${cadenceOf(query, "max_per_week")} as "maxPerWeek"
    from ck_contacts as c
    where c.workspace_id = ${query.workspaceId} and ${isAmong(db, "c.id", "uuid", query.contactIds)}`.execute(
    db,
  );
  const addresses = rows.flatMap((row) => row.normalized ?? []);
  const suppressed = await suppressedAmong(db, query.workspaceId, query.address, addresses);
  return new Map(
    rows.map((row) => {
      const { normalized, snoozedUntil } = row;
      const skip = skipReason(
        {
          erased: row.erasedAt !== null,
          hasAddress: normalized !== null,
          suppressed: normalized !== null && suppressed.has(normalized),
          consent: row.consent,
          optedOut: row.choice === "opted-out",
          snoozed:
            snoozedUntil !== null && query.wishes !== null && toInteger(snoozedUntil) > query.wishes.now,
        },
        silenceIsConsent(query),
      );
      return [row.id, toStanding(row, skip)];
    }),
  );
}

/** Field by field: to spread the rows of a large batch costs more than to read them. */
function toStanding(row: Row, skip: SkipReason | null): ContactStanding {
  return {
    id: row.id,
    address: row.address,
    externalId: row.externalId,
    firstName: row.firstName,
    lastName: row.lastName,
    locale: row.locale,
    timeZone: row.timeZone,
    attributes: row.attributes,
    skip,
    maxPerWeek: row.maxPerWeek,
  };
}
