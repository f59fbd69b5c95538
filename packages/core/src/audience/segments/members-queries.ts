/** The SQL that reads members and moves of segments. */
import { sql } from "kysely";
import { z } from "zod";
import { idKey } from "../../kernel/page.ts";
import { type StoredInteger, toDate } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { rowsAs, uuidOf } from "../../storage/sets.ts";
import { type ContactRecord, contactsByIds } from "../contacts/store.ts";
import type { SegmentMove } from "./segment.ts";

/** Which segment of which workspace. */
interface Place {
  readonly workspaceId: string;
  readonly segmentId: string;
}

/** The ids of a part of a segment's members, in their order. */
export async function memberIds(
  db: Db,
  { workspaceId, segmentId }: Place,
  page: { readonly after: string | null; readonly limit: number },
): Promise<readonly string[]> {
  const after = page.after === null ? sql`` : sql`and m.contact_id > ${uuidOf(db, page.after)}`;
  const { rows } = await sql<{ contact_id: string }>`
    select m.contact_id from ck_segment_members as m
    where m.workspace_id = ${workspaceId} and m.segment_id = ${uuidOf(db, segmentId)} ${after}
    order by m.contact_id limit ${sql.lit(page.limit)}`.execute(db);
  return rows.map((row) => row.contact_id);
}

/** The members at these ranks, counted from 1 in the order of their ids. One pass over the segment's index. */
export async function membersAtRanks(
  db: Db,
  { workspaceId, segmentId }: Place,
  ranks: readonly number[],
): Promise<readonly ContactRecord[]> {
  const wanted = rowsAs(
    db,
    "w",
    { rank: "bigint" },
    ranks.map((rank) => ({ rank })),
  );
  const { rows } = await sql<{ contact_id: string }>`
    select ranked.contact_id from (
      select m.contact_id, row_number() over (order by m.contact_id) as rank from ck_segment_members as m
      where m.workspace_id = ${workspaceId} and m.segment_id = ${uuidOf(db, segmentId)}) as ranked
    where ranked.rank in (select w.rank from ${wanted})`.execute(db);
  return contactsByIds(
    db,
    workspaceId,
    rows.map((row) => row.contact_id),
  );
}

/** Where a list of moves goes on. */
export interface MoveKey {
  readonly runId: string;
  readonly contactId: string;
}

/** The same, as a cursor brings it back. */
export const moveKey: z.ZodType<MoveKey> = z.object({ runId: idKey, contactId: idKey });

/** A part of a segment's joins and leaves, the oldest first. */
export async function movePage(
  db: Db,
  { workspaceId, segmentId }: Place,
  page: { readonly after: MoveKey | null; readonly limit: number },
): Promise<readonly (SegmentMove & MoveKey)[]> {
  const after =
    page.after === null
      ? sql``
      : sql`and (v.run_id, v.contact_id) > (${uuidOf(db, page.after.runId)}, ${uuidOf(db, page.after.contactId)})`;
  const { rows } = await sql<{
    run_id: string;
    contact_id: string;
    move: "joined" | "left";
    at: StoredInteger;
  }>`
    select v.run_id, v.contact_id, v.move, v.at from ck_segment_moves as v
    where v.workspace_id = ${workspaceId} and v.segment_id = ${uuidOf(db, segmentId)} ${after}
    order by v.run_id, v.contact_id limit ${sql.lit(page.limit)}`.execute(db);
  return rows.map((row) => ({
    runId: row.run_id,
    contactId: row.contact_id,
    move: row.move,
    at: toDate(row.at),
  }));
}
