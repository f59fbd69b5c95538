/**
 * The background sealer: gives each committed activity its place in the feed and in its workspace's hash chain.
 *
 * Numbers are given after commit, by one sealer at a time (the feed's row is locked), so the feed has no gaps that fill in later: a
 * subscriber that has seen number n has seen all before it. Activities of one subject keep their order, because a later change of
 * the subject could only begin once the earlier had committed.
 */
import type { Selectable } from "kysely";
import { sql } from "kysely";
import { fromJson, toInteger } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { rowsAs } from "../../storage/sets.ts";
import type { ActivityTable } from "../../storage/tables/kernel.ts";
import { SYSTEM_ACTOR } from "../access.ts";
import { ENGINE_WORKSPACE } from "../jobs/schedules.ts";
import type { Kernel } from "../kernel.ts";
import type { Loop } from "../loop.ts";
import { runUnit } from "../unit.ts";
import { type ChainedFacts, chainHash, GENESIS_HASH } from "./chain.ts";

const BATCH = 500;

/** The facts of a stored row that its hash covers: all of it, with the place that the sealer gives it. */
export function factsOf(
  row: Selectable<ActivityTable>,
  place: { readonly chainIndex: number; readonly seq: number },
): ChainedFacts {
  return {
    workspaceId: row.workspace_id,
    ...place,
    position: toInteger(row.position),
    id: row.id,
    at: toInteger(row.at),
    actor: row.actor,
    type: row.type,
    subjectType: row.subject_type,
    subjectId: row.subject_id,
    data: fromJson(row.data),
    before: row.before === null ? null : fromJson(row.before),
    after: row.after === null ? null : fromJson(row.after),
  };
}

/** Locks the feed and reads its head; the transaction's first statement, so that sealers take turns. */
async function lockFeed(db: Db): Promise<number> {
  const row = await db
    .updateTable("ck_activity_feed")
    .set((eb) => ({ seq: eb.ref("seq") as never }))
    .where("id", "=", 1)
    .returning("seq")
    .executeTakeFirstOrThrow();
  return toInteger(row.seq);
}

async function chainHeads(
  db: Db,
  workspaces: readonly string[],
): Promise<Map<string, { length: number; hash: string }>> {
  const rows = await db
    .selectFrom("ck_activity_chains")
    .selectAll()
    .where("workspace_id", "in", workspaces)
    .execute();
  return new Map(rows.map((row) => [row.workspace_id, { length: toInteger(row.length), hash: row.hash }]));
}

async function sealBatch(db: Db): Promise<number> {
  const head = await lockFeed(db);
  const rows = await db
    .selectFrom("ck_activity")
    .selectAll()
    .where("seq", "is", null)
    .orderBy("position")
    .limit(BATCH)
    .execute();
  if (rows.length === 0) return 0;
  const heads = await chainHeads(db, [...new Set(rows.map((row) => row.workspace_id))]);
  const sealed = rows.map((row, index) => {
    const previous = heads.get(row.workspace_id) ?? { length: 0, hash: GENESIS_HASH };
    const place = { chainIndex: previous.length + 1, seq: head + index + 1 };
    const hash = chainHash(previous.hash, factsOf(row, place));
    heads.set(row.workspace_id, { length: place.chainIndex, hash });
    return { position: toInteger(row.position), seq: place.seq, chain_index: place.chainIndex, hash };
  });
  const seals = rowsAs(
    db,
    "seal",
    { position: "bigint", seq: "bigint", chain_index: "bigint", hash: "text" },
    sealed,
  );
  await sql`
    update ck_activity set seq = seal.seq, chain_index = seal.chain_index, hash = seal.hash
    from ${seals} where ck_activity.position = seal.position
  `.execute(db);
  const chains = [...heads].map(([workspace_id, { length, hash }]) => ({ workspace_id, length, hash }));
  await sql`
    insert into ck_activity_chains (workspace_id, length, hash)
    select workspace_id, length, hash from ${rowsAs(db, "head", { workspace_id: "text", length: "bigint", hash: "text" }, chains)}
    where true order by head.workspace_id
    on conflict (workspace_id) do update set length = excluded.length, hash = excluded.hash
  `.execute(db);
  await db
    .updateTable("ck_activity_feed")
    .set({ seq: head + rows.length })
    .where("id", "=", 1)
    .execute();
  return rows.length;
}

/** Seals what has been committed. */
export class Sealer implements Loop {
  readonly name = "activity-sealer";
  readonly topic = "activity";
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  async tick(): Promise<boolean> {
    if (!(await this.#pending())) return false;
    const frame = { kernel: this.#kernel, workspaceId: ENGINE_WORKSPACE, actor: SYSTEM_ACTOR };
    const sealed = await runUnit(frame, async (unit) => {
      unit.wakeAfterCommit("feed");
      return sealBatch(unit.db);
    });
    return sealed > 0;
  }

  async nextDueAt(): Promise<number | null> {
    return (await this.#pending()) ? this.#kernel.runtime.clock.now() : null;
  }

  async #pending(): Promise<boolean> {
    const row = await this.#kernel.db
      .selectFrom("ck_activity")
      .select("position")
      .where("seq", "is", null)
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }
}
