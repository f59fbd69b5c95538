/** Reading events back: a person's, or those of one type in a campaign. */
import type { Selectable } from "kysely";
import { z } from "zod";
import type { ContactExporter } from "../audience/index.ts";
import { type Page, type PageRequest, pageOf, toPage } from "../kernel/page.ts";
import { isStorable, textOf } from "../kernel/text.ts";
import { isId, parse } from "../kernel/validate.ts";
import { type Money, micros } from "../math/money.ts";
import { fromJson, toDate, toInteger } from "../storage/columns.ts";
import type { Db } from "../storage/db.ts";
import { isAmong } from "../storage/sets.ts";
import type { EventsTable } from "../storage/tables/analytics.ts";
import type { EventType } from "./event.ts";

/** Which events: a contact's, or a campaign's of one type. */
export type EventQuery = PageRequest &
  (
    | { readonly contactId: string; readonly type?: EventType }
    | { readonly campaignId: string; readonly type: EventType }
  );

/** The tracked request that an event was: what it is judged by. */
export interface RecordedRequest {
  readonly method: string;
  /** What its headers said that it was for, such as `prefetch`. */
  readonly purpose: string | null;
  /** Its first 256 characters. */
  readonly userAgent: string | null;
  /** The network that it came from, such as `203.0.113.0/24`; never the whole address. */
  readonly network: string | null;
  /** The proxy through which a person opened, such as `gmail-image-proxy`: the time and the network are the proxy's. */
  readonly proxy: string | null;
  /** The version of the rules that last judged it. */
  readonly judgedBy: string;
}

/** An event as it was recorded. */
export interface RecordedEvent {
  readonly id: string;
  readonly type: EventType;
  readonly at: Date;
  /** When it was told. */
  readonly receivedAt: Date;
  readonly campaignId: string | null;
  readonly postId: string | null;
  readonly deliveryId: string | null;
  readonly contactId: string | null;
  readonly channel: string | null;
  readonly variant: string | null;
  readonly segment: string | null;
  readonly count: number;
  readonly value: Money | null;
  /** Why it is taken for the act of a machine; `null`: a person's. */
  readonly machine: string | null;
  readonly properties: Readonly<Record<string, unknown>> | null;
  /** Of tracked opens and clicks, as long as it is kept. */
  readonly request: RecordedRequest | null;
}

const id = z.string().refine(isId, "This is no id of campaignkit (a UUID).");
const type = textOf({ min: 1, max: 64 });
const place = { limit: z.number().optional(), cursor: z.string().nullish() };
const schema = z.union(
  [
    z.strictObject({ contactId: id, type: type.optional(), ...place }),
    z.strictObject({ campaignId: id, type, ...place }),
  ],
  { error: "Give a contactId, or a campaignId and a type." },
);
const keySchema = z.tuple([z.int(), z.string().refine(isStorable)]);

/** Events, the latest first. @throws {VALIDATION_FAILED} */
export async function listEvents(
  db: Db,
  workspaceId: string,
  query: EventQuery,
): Promise<Page<RecordedEvent>> {
  const filter = parse(schema, query, "event query");
  const { limit, after } = pageOf(query, keySchema);
  let select = selectRecorded(db, workspaceId);
  select =
    "contactId" in filter
      ? select.where("contact_id", "=", filter.contactId)
      : select.where("campaign_id", "=", filter.campaignId);
  if (filter.type !== undefined) select = select.where("type", "=", filter.type);
  if (after !== null) {
    const [at, eventId] = after;
    select = select.where((where) =>
      where.or([where("at", "<", at), where.and([where("at", "=", at), where("id", "<", eventId)])]),
    );
  }
  const rows = await select
    .orderBy("at", "desc")
    .orderBy("id", "desc")
    .limit(limit + 1)
    .execute();
  return toPage(rows, limit, (row) => [toInteger(row.at), row.id], toEvent);
}

/** What a contact's export says of their events: all of them, in order of time. */
export const eventExporter: ContactExporter = {
  name: "events",
  async export(db, { workspaceId, identities }) {
    const rows = await selectRecorded(db, workspaceId)
      .where(isAmong(db, "contact_id", "uuid", [...identities.keys()]))
      .orderBy("at")
      .orderBy("id")
      .execute();
    const byContact = Map.groupBy(rows, (row) => identities.get(row.contact_id ?? "") ?? "");
    return new Map([...byContact].map(([contactId, of]) => [contactId, of.map(toEvent)]));
  },
};

/** Events, with what is kept of the requests that they were. */
function selectRecorded(db: Db, workspaceId: string) {
  return db
    .selectFrom("ck_events")
    .leftJoin("ck_event_requests as request", (join) =>
      join
        .on("request.workspace_id", "=", workspaceId)
        .onRef("request.delivery_id", "=", "ck_events.delivery_id")
        .onRef("request.event_id", "=", "ck_events.id"),
    )
    .selectAll("ck_events")
    .select([
      "request.method",
      "request.purpose",
      "request.user_agent",
      "request.network",
      "request.proxy",
      "request.judged_by",
    ])
    .where("ck_events.workspace_id", "=", workspaceId);
}

type RecordedRow = Selectable<EventsTable> & {
  readonly [Name in "method" | "purpose" | "user_agent" | "network" | "proxy" | "judged_by"]: string | null;
};

function requestOf(row: RecordedRow): RecordedRequest | null {
  const { method, purpose, user_agent: userAgent, network, proxy, judged_by: judgedBy } = row;
  return method === null || judgedBy === null
    ? null
    : { method, purpose, userAgent, network, proxy, judgedBy };
}

function toEvent(row: RecordedRow): RecordedEvent {
  return {
    id: row.id,
    type: row.type,
    at: toDate(row.at),
    receivedAt: toDate(row.received_at),
    campaignId: row.campaign_id,
    postId: row.post_id,
    deliveryId: row.delivery_id,
    contactId: row.contact_id,
    channel: row.channel,
    variant: row.variant,
    segment: row.segment,
    count: toInteger(row.count),
    value:
      row.currency === null || row.value_micros === null
        ? null
        : micros(row.currency, toInteger(row.value_micros)),
    machine: row.machine,
    properties: row.properties === null ? null : fromJson(row.properties),
    request: requestOf(row),
  };
}
