/**
 * The SQL of sending: who is served next, claims under a lease, and putting back what was not done.
 *
 * A claim deletes narrow rows and writes one claim row; the claim row's id is the fence of everything that follows.
 */
import { type ExpressionBuilder, sql } from "kysely";
import { fromJson, type StoredInteger, toInteger, toIntegerOrNull, toJson } from "../storage/columns.ts";
import type { Database } from "../storage/database.ts";
import { type Db, familyOf } from "../storage/db.ts";
import { rowsAs, uuidOf } from "../storage/sets.ts";
import type { UnknownPolicy } from "./delivery.ts";

/** A post whose deliveries may be claimed. */
export interface Turn {
  readonly postId: string;
  readonly workspaceId: string;
  readonly campaignId: string;
  readonly channel: string;
}

/** Who waits longest among the open posts that may be served now on these channels. */
export async function selectTurns(
  db: Db,
  now: number,
  channels: readonly string[],
  limit: number,
): Promise<readonly Turn[]> {
  if (channels.length === 0) return [];
  const rows = await db
    .selectFrom("ck_dispatches")
    .select(["post_id", "workspace_id", "campaign_id", "channel"])
    .where("state", "=", "open")
    .where("next_at", "<=", now)
    .where("channel", "in", [...channels])
    .orderBy("turn_at")
    .orderBy("post_id")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    postId: row.post_id,
    workspaceId: row.workspace_id,
    campaignId: row.campaign_id,
    channel: row.channel,
  }));
}

/** Marks the post as served now; `false` when it is no longer open. Locks its row until commit, so that a pause waits or wins. */
export async function takeTurn(db: Db, postId: string, now: number): Promise<boolean> {
  const result = await db
    .updateTable("ck_dispatches")
    .set({ turn_at: now })
    .where("post_id", "=", postId)
    .where("state", "=", "open")
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Takes up to `limit` due rows of the post out of the ready table; each goes to exactly one caller. */
export async function claimReady(
  db: Db,
  postId: string,
  now: number,
  limit: number,
): Promise<readonly string[]> {
  const due = sql`from ck_delivery_ready where post_id = ${postId} and due_at <= ${now}
    order by due_at, delivery_id limit ${sql.lit(limit)}`;
  const claim =
    familyOf(db) === "postgres"
      ? sql<{ delivery_id: string }>`delete from ck_delivery_ready
          where ctid = any(array(select ctid ${due} for update skip locked)) returning delivery_id`
      : sql<{ delivery_id: string }>`delete from ck_delivery_ready
          where (post_id, due_at, delivery_id) in (select post_id, due_at, delivery_id ${due}) returning delivery_id`;
  return (await claim.execute(db)).rows.map((row) => row.delivery_id);
}

/** Puts deliveries back for a time. */
export async function insertReady(
  db: Db,
  postId: string,
  rows: readonly { readonly id: string; readonly dueAt: number }[],
): Promise<void> {
  if (rows.length === 0) return;
  const set = rowsAs(
    db,
    "due",
    { delivery_id: "uuid", due_at: "bigint" },
    rows.map(({ id, dueAt }) => ({ delivery_id: id, due_at: dueAt })),
  );
  await sql`insert into ck_delivery_ready (post_id, due_at, delivery_id)
    select ${uuidOf(db, postId)}, due.due_at, due.delivery_id from ${set}`.execute(db);
  await wakeDispatch(db, postId, Math.min(...rows.map(({ dueAt }) => dueAt)));
}

/** Lets the post be looked at not later than then. */
export async function wakeDispatch(db: Db, postId: string, at: number): Promise<void> {
  await db
    .updateTable("ck_dispatches")
    .set({ next_at: at })
    .where("post_id", "=", postId)
    .where("next_at", ">", at)
    .execute();
}

/** Lets the post rest until then. */
export async function restDispatch(db: Db, postId: string, until: number): Promise<void> {
  await db.updateTable("ck_dispatches").set({ next_at: until }).where("post_id", "=", postId).execute();
}

/** A claimed delivery. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly contactId: string | null;
  readonly attempts: number;
  readonly onUnknown: UnknownPolicy;
  /** Why an earlier attempt may have gone out all the same; empty when none can have. */
  readonly doubt: string;
}

/** The deliveries behind claimed ids; one that has an outcome already is not claimed again. */
export async function selectClaimed(db: Db, ids: readonly string[]): Promise<readonly ClaimedDelivery[]> {
  const { rows } = await sql<{
    id: string;
    contact_id: string | null;
    attempts: number;
    on_unknown: UnknownPolicy;
    reason: string;
  }>`
    select d.id, d.contact_id, d.attempts, d.on_unknown, d.reason
    from ${rowsAs(
      db,
      "claimed",
      { id: "uuid" },
      ids.map((id) => ({ id })),
    )}
    join ck_deliveries as d on d.id = claimed.id and d.state = 'pending'
  `.execute(db);
  return rows.map((row) => ({
    id: row.id,
    contactId: row.contact_id,
    attempts: row.attempts,
    onUnknown: row.on_unknown,
    doubt: row.reason,
  }));
}

/** A batch in a worker's hands. */
export interface ClaimRow {
  readonly id: string;
  readonly workspaceId: string;
  readonly postId: string;
  readonly owner: string;
  readonly leaseUntil: number;
  readonly deliveryIds: readonly string[];
  readonly reservationId: string | null;
  /** What one message costs. */
  readonly unitMicros: number;
}

/** Writes the claim. */
export async function insertClaim(db: Db, claim: ClaimRow): Promise<void> {
  await db
    .insertInto("ck_delivery_claims")
    .values({
      id: claim.id,
      workspace_id: claim.workspaceId,
      post_id: claim.postId,
      owner: claim.owner,
      lease_until: claim.leaseUntil,
      delivery_ids: toJson([...claim.deliveryIds]),
      reservation_id: claim.reservationId,
      unit_micros: claim.unitMicros,
      writes: 0,
    })
    .execute();
}

/** A write of a claim's worker. */
export interface ClaimWrite {
  readonly claimId: string;
  /** Rises from write to write, and stays the same when one is repeated. */
  readonly number: number;
  readonly leaseUntil: number;
  /** What it answers for from now on, when that changes. */
  readonly deliveryIds: readonly string[] | null;
}

/**
 * Extends the lease for a write: `repeated` when that write was committed before, `gone` when the claim is. Locks the claim until commit: the
 * reaper and its owner take turns.
 */
export async function renewClaim(db: Db, write: ClaimWrite): Promise<"renewed" | "repeated" | "gone"> {
  const { claimId, number, leaseUntil, deliveryIds } = write;
  const result = await db
    .updateTable("ck_delivery_claims")
    .set({
      lease_until: leaseUntil,
      writes: number,
      ...(deliveryIds === null ? {} : { delivery_ids: toJson([...deliveryIds]) }),
    })
    .where("id", "=", claimId)
    .where("writes", "<", number)
    .executeTakeFirst();
  if (result.numUpdatedRows === 1n) return "renewed";
  const repeated = await db
    .updateTable("ck_delivery_claims")
    .set({ lease_until: leaseUntil })
    .where("id", "=", claimId)
    .executeTakeFirst();
  return repeated.numUpdatedRows === 1n ? "repeated" : "gone";
}

/** Ends a claim; `false` when it was gone already. */
export async function deleteClaim(db: Db, claimId: string): Promise<boolean> {
  const result = await db.deleteFrom("ck_delivery_claims").where("id", "=", claimId).executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** Claims whose lease has run out, or lies beyond the horizon: written by a clock that has since been set back. */
export async function selectExpiredClaims(
  db: Db,
  now: number,
  horizon: number,
): Promise<readonly { readonly id: string; readonly workspaceId: string }[]> {
  const rows = await db
    .selectFrom("ck_delivery_claims")
    .select(["id", "workspace_id"])
    .where(hasRunOut(now, horizon))
    .orderBy("lease_until")
    .limit(50)
    .execute();
  return rows.map((row) => ({ id: row.id, workspaceId: row.workspace_id }));
}

function hasRunOut(now: number, horizon: number) {
  return ({ eb, or }: ExpressionBuilder<Database, "ck_delivery_claims">) =>
    or([eb("lease_until", "<", now), eb("lease_until", ">", horizon)]);
}

/** Takes an expired claim out, if it is still expired. */
export async function takeExpiredClaim(
  db: Db,
  claimId: string,
  now: number,
  horizon: number,
): Promise<ClaimRow | null> {
  const row = await db
    .deleteFrom("ck_delivery_claims")
    .where("id", "=", claimId)
    .where(hasRunOut(now, horizon))
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    postId: row.post_id,
    owner: row.owner,
    leaseUntil: toInteger(row.lease_until),
    deliveryIds: fromJson<string[]>(row.delivery_ids),
    reservationId: row.reservation_id,
    unitMicros: toInteger(row.unit_micros),
  };
}

/** When the post's next row falls due, and whether any of its deliveries is in a worker's hands. */
export async function dispatchOutlook(
  db: Db,
  postId: string,
): Promise<{ readonly dueAt: number | null; readonly claims: number }> {
  const { rows } = await sql<{ due_at: StoredInteger | null; claims: StoredInteger }>`
    select (select min(due_at) from ck_delivery_ready where post_id = ${postId}) as due_at,
      (select count(*) from ck_delivery_claims where post_id = ${postId}) as claims
  `.execute(db);
  const row = rows[0];
  return { dueAt: toIntegerOrNull(row?.due_at ?? null), claims: toInteger(row?.claims ?? 0) };
}

/** When sending is next due on the open posts of these channels, or a lease runs out. */
export async function nextSendAt(
  db: Db,
): Promise<readonly { readonly channel: string | null; readonly at: number }[]> {
  const { rows } = await sql<{ channel: string | null; at: StoredInteger | null }>`
    select channel, min(next_at) as at from ck_dispatches where state = 'open' group by channel
    union all select null, min(lease_until) from ck_delivery_claims
  `.execute(db);
  return rows.flatMap(({ channel, at }) => (at === null ? [] : [{ channel, at: toInteger(at) }]));
}
