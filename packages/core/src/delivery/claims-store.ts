/** The SQL of claims: one row for each batch in a worker's hands, under a lease. Its id is the fence of everything the worker writes. */
import type { ExpressionBuilder } from "kysely";
import type { Unit } from "../kernel/unit.ts";
import { fromJson, toInteger, toJson } from "../storage/columns.ts";
import type { Database } from "../storage/database.ts";
import type { Db } from "../storage/db.ts";

/** A batch in a worker's hands. */
export interface Claim {
  readonly id: string;
  readonly postId: string;
  /** Which process holds it; for people. */
  readonly owner: string;
  readonly leaseUntil: number;
  /** What it answers for. */
  readonly deliveryIds: readonly string[];
  readonly reservationId: string | null;
  /** What one message costs. */
  readonly unitMicros: number;
  /** The day of the channel that it counts on; `null` where the channel has no daily limit. */
  readonly capDay: string | null;
}

/** Writes the claim. */
export async function insertClaim(unit: Unit, claim: Claim): Promise<void> {
  await unit.db
    .insertInto("ck_delivery_claims")
    .values({
      id: claim.id,
      workspace_id: unit.workspaceId,
      post_id: claim.postId,
      owner: claim.owner,
      lease_until: claim.leaseUntil,
      delivery_ids: toJson([...claim.deliveryIds]),
      reservation_id: claim.reservationId,
      unit_micros: claim.unitMicros,
      cap_day: claim.capDay,
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
export async function renewClaim(unit: Unit, write: ClaimWrite): Promise<"renewed" | "repeated" | "gone"> {
  const claim = unit.db
    .updateTable("ck_delivery_claims")
    .where("workspace_id", "=", unit.workspaceId)
    .where("id", "=", write.claimId);
  const renewed = await claim
    .set({
      lease_until: write.leaseUntil,
      writes: write.number,
      ...(write.deliveryIds === null ? {} : { delivery_ids: toJson([...write.deliveryIds]) }),
    })
    .where("writes", "<", write.number)
    .executeTakeFirst();
  if (renewed.numUpdatedRows === 1n) return "renewed";
  const repeated = await claim.set({ lease_until: write.leaseUntil }).executeTakeFirst();
  return repeated.numUpdatedRows === 1n ? "repeated" : "gone";
}

/** Ends a claim. */
export async function deleteClaim(unit: Unit, claimId: string): Promise<void> {
  await unit.db
    .deleteFrom("ck_delivery_claims")
    .where("workspace_id", "=", unit.workspaceId)
    .where("id", "=", claimId)
    .execute();
}

/** How many batches of the post are in workers' hands. */
export async function countClaims(db: Db, workspaceId: string, postId: string): Promise<number> {
  const { n } = await db
    .selectFrom("ck_delivery_claims")
    .select((eb) => eb.fn.countAll().as("n"))
    .where("workspace_id", "=", workspaceId)
    .where("post_id", "=", postId)
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** A lease has run out when its end is past, or lies beyond the horizon: written by a clock that has since been set back. */
function hasRunOut(now: number, horizon: number) {
  return ({ eb, or }: ExpressionBuilder<Database, "ck_delivery_claims">) =>
    or([eb("lease_until", "<", now), eb("lease_until", ">", horizon)]);
}

/** Claims of any workspace whose lease has run out. */
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

/** When the first lease of any workspace runs out; `null` when nobody holds one. */
export async function firstLeaseEnd(db: Db): Promise<number | null> {
  const row = await db
    .selectFrom("ck_delivery_claims")
    .select((eb) => eb.fn.min("lease_until").as("at"))
    .executeTakeFirst();
  return row?.at == null ? null : toInteger(row.at);
}

/** Takes an expired claim out, if it is still expired. */
export async function takeExpiredClaim(unit: Unit, claimId: string, horizon: number): Promise<Claim | null> {
  const row = await unit.db
    .deleteFrom("ck_delivery_claims")
    .where("workspace_id", "=", unit.workspaceId)
    .where("id", "=", claimId)
    .where(hasRunOut(unit.now, horizon))
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    id: row.id,
    postId: row.post_id,
    owner: row.owner,
    leaseUntil: toInteger(row.lease_until),
    deliveryIds: fromJson<string[]>(row.delivery_ids),
    reservationId: row.reservation_id,
    unitMicros: toInteger(row.unit_micros),
    capDay: row.cap_day,
  };
}
