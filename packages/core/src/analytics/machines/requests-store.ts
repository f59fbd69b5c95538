/** The SQL of what is kept of tracked requests. */
import { sql } from "kysely";
import { type StoredInteger, toInteger, toIntegerOrNull } from "../../storage/columns.ts";
import { type Db, familyOf } from "../../storage/db.ts";
import { isAmong, rowsAs } from "../../storage/sets.ts";
import type { JudgedRequest } from "./request.ts";

/** A kept request, with what its event says now. */
export interface KeptRequest extends JudgedRequest {
  readonly deliveryId: string;
  readonly postId: string | null;
  /** `null` for a post on a public channel. */
  readonly contactId: string | null;
  readonly machine: string | null;
  readonly proxy: string | null;
  readonly judgedBy: string;
}

interface RequestRow {
  readonly event_id: string;
  readonly delivery_id: string;
  readonly link: string | null;
  readonly method: string;
  readonly purpose: string | null;
  readonly user_agent: string | null;
  readonly network: string | null;
  readonly sent_at: StoredInteger | null;
  readonly proxy: string | null;
  readonly judged_by: string;
  readonly type: string;
  readonly at: StoredInteger;
  readonly post_id: string | null;
  readonly contact_id: string | null;
  readonly machine: string | null;
}

function toKept(row: RequestRow): KeptRequest {
  return {
    eventId: row.event_id,
    deliveryId: row.delivery_id,
    postId: row.post_id,
    contactId: row.contact_id,
    type: row.type,
    at: toInteger(row.at),
    link: row.link,
    method: row.method,
    purpose: row.purpose,
    userAgent: row.user_agent,
    network: row.network,
    sentAt: toIntegerOrNull(row.sent_at),
    machine: row.machine,
    proxy: row.proxy,
    judgedBy: row.judged_by,
  };
}

function selectKept(db: Db, workspaceId: string) {
  return db
    .selectFrom("ck_event_requests as request")
    .innerJoin("ck_events as event", (join) =>
      join.on("event.workspace_id", "=", workspaceId).onRef("event.id", "=", "request.event_id"),
    )
    .select([
      "request.event_id",
      "request.delivery_id",
      "request.link",
      "request.method",
      "request.purpose",
      "request.user_agent",
      "request.network",
      "request.sent_at",
      "request.proxy",
      "request.judged_by",
      "event.type",
      "event.at",
      "event.post_id",
      "event.contact_id",
      "event.machine",
    ])
    .where("request.workspace_id", "=", workspaceId);
}

/** All that is kept of the deliveries' requests. */
export async function selectRequests(
  db: Db,
  workspaceId: string,
  deliveryIds: readonly string[],
): Promise<readonly KeptRequest[]> {
  if (deliveryIds.length === 0) return [];
  const rows = await selectKept(db, workspaceId)
    .where(isAmong(db, "request.delivery_id", "uuid", deliveryIds))
    .execute();
  return rows.map(toKept);
}

/** A place among a workspace's kept requests. */
export interface RequestPlace {
  readonly deliveryId: string;
  readonly eventId: string;
}

/** Which requests, by when they came, in epoch milliseconds. */
interface RequestSpan {
  readonly since?: number;
  readonly before?: number;
}

/** The next of the workspace's requests in the order of the key. */
export async function selectRequestPage(
  db: Db,
  workspaceId: string,
  {
    after,
    since,
    before,
    limit,
  }: RequestSpan & { readonly after: RequestPlace | null; readonly limit: number },
): Promise<readonly KeptRequest[]> {
  let select = selectKept(db, workspaceId);
  if (since !== undefined) select = select.where("event.at", ">=", since);
  if (before !== undefined) select = select.where("event.at", "<", before);
  if (after !== null) {
    const { deliveryId, eventId } = after;
    select = select
      .where("request.delivery_id", ">=", deliveryId)
      .where((where) =>
        where.or([where("request.delivery_id", ">", deliveryId), where("request.event_id", ">", eventId)]),
      );
  }
  const rows = await select.orderBy("request.delivery_id").orderBy("request.event_id").limit(limit).execute();
  return rows.map(toKept);
}

/** Keeps what requests are judged by. What is kept already stays. */
export async function insertRequests(
  db: Db,
  workspaceId: string,
  requests: readonly Omit<KeptRequest, "postId" | "contactId" | "type" | "at" | "machine">[],
): Promise<void> {
  if (requests.length === 0) return;
  const rows = requests.map((request) => ({
    delivery_id: request.deliveryId,
    event_id: request.eventId,
    link: request.link,
    method: request.method,
    purpose: request.purpose,
    user_agent: request.userAgent,
    network: request.network,
    sent_at: request.sentAt,
    proxy: request.proxy,
    judged_by: request.judgedBy,
  }));
  const shape = {
    delivery_id: "uuid",
    event_id: "text",
    link: "text",
    method: "text",
    purpose: "text",
    user_agent: "text",
    network: "text",
    sent_at: "bigint",
    proxy: "text",
    judged_by: "text",
  } as const;
  await sql`
    insert into ck_event_requests (workspace_id, delivery_id, event_id, link, method, purpose, user_agent, network, sent_at, proxy, judged_by)
    select ${workspaceId}, added.delivery_id, added.event_id, added.link, added.method, added.purpose, added.user_agent, added.network,
      added.sent_at, added.proxy, added.judged_by
    from ${rowsAs(db, "added", shape, rows)} where true order by added.delivery_id, added.event_id
    on conflict (workspace_id, delivery_id, event_id) do nothing
  `.execute(db);
}

/** Writes down by which rules requests were judged, and through which proxy they came. */
export async function updateJudged(
  db: Db,
  workspaceId: string,
  requests: readonly (RequestPlace & { readonly proxy: string | null; readonly judgedBy: string })[],
): Promise<void> {
  if (requests.length === 0) return;
  const rows = requests.map(({ deliveryId, eventId, proxy, judgedBy }) => ({
    delivery_id: deliveryId,
    event_id: eventId,
    proxy,
    judged_by: judgedBy,
  }));
  const shape = { delivery_id: "uuid", event_id: "text", proxy: "text", judged_by: "text" } as const;
  await sql`
    update ck_event_requests set proxy = judged.proxy, judged_by = judged.judged_by
    from ${rowsAs(db, "judged", shape, rows)}
    where ck_event_requests.workspace_id = ${workspaceId} and ck_event_requests.delivery_id = judged.delivery_id
      and ck_event_requests.event_id = judged.event_id
  `.execute(db);
}

/** Forgets what is kept of these requests. */
export async function deleteRequests(
  db: Db,
  workspaceId: string,
  places: readonly RequestPlace[],
): Promise<void> {
  const rows = places.map(({ deliveryId, eventId }) => ({ delivery_id: deliveryId, event_id: eventId }));
  await sql`
    delete from ck_event_requests
    where workspace_id = ${workspaceId} and (delivery_id, event_id) in (
      select gone.delivery_id, gone.event_id
      from ${rowsAs(db, "gone", { delivery_id: "uuid", event_id: "text" }, rows)}
    )
  `.execute(db);
}

/** Forgets what is kept of these contacts' requests. What they were taken for stays with the events. */
export async function deleteRequestsOf(
  db: Db,
  workspaceId: string,
  contactIds: readonly string[],
): Promise<void> {
  await sql`
    delete from ck_event_requests
    where workspace_id = ${workspaceId} and delivery_id in (
      select event.delivery_id from ck_events as event
      where event.workspace_id = ${workspaceId} and ${isAmong(db, "event.contact_id", "uuid", contactIds)}
        and event.contact_id is not null and event.delivery_id is not null
    )
  `.execute(db);
}

/** The locks are the engine's own: two numbers, of which this is the first. */
const LOCK_CLASS = 0x636b_6a64;
const STRIPES = 512;

/**
 * Waits for others who judge these deliveries, until the transaction ends: of two requests of one burst that are recorded at the same moment, the
 * second sees the first. Stripes, so that a batch holds few locks. SQLite has one writer, who is alone anyway.
 */
export async function lockJudging(db: Db, deliveryIds: readonly string[]): Promise<void> {
  if (familyOf(db) !== "postgres" || deliveryIds.length === 0) return;
  const stripeOf = (id: string): number => Number.parseInt(id.slice(-8), 16) % STRIPES;
  const stripes = [...new Set(deliveryIds.map(stripeOf))].sort((a, b) => a - b);
  await sql`
    select pg_advisory_xact_lock(${sql.lit(LOCK_CLASS)}, stripe::int)
    from json_array_elements_text(${JSON.stringify(stripes)}::json) as stripe
  `.execute(db);
}
