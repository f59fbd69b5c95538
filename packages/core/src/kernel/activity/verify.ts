/** Recomputes a workspace's hash chain and finds the first row that does not fit. */
import { toInteger } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { chainHash, GENESIS_HASH } from "./chain.ts";
import { factsOf } from "./sealer.ts";

/**
 * How far a chain reached at some time, and its hash there. Kept outside of the database, it shows even a chain that was rewritten as a whole or
 * cut off at its end.
 */
export interface ChainHead {
  readonly sealed: number;
  readonly hash: string;
}

/** What the verification found. */
export type ChainVerdict =
  | {
      readonly intact: true;
      readonly sealed: number;
      readonly unsealed: number;
      /** To be kept outside of the database, for a later `verify`. */
      readonly head: ChainHead;
    }
  | {
      readonly intact: false;
      /** Where in the workspace's chain: the first link that is changed, missing or too many, counted from 1. */
      readonly brokenAt: number;
      readonly reason: "changed" | "missing" | "foreign";
    };

const PAGE = 500;

/** Walks the chain from its beginning to its head, and compares it with a head kept from before. */
export async function verifyChain(db: Db, workspaceId: string, known?: ChainHead): Promise<ChainVerdict> {
  const head = await db
    .selectFrom("ck_activity_chains")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .executeTakeFirst();
  const length = head === undefined ? 0 : toInteger(head.length);
  let hash = GENESIS_HASH;
  let index = 0;
  let place = 0;
  const broken = (brokenAt: number, reason: "changed" | "missing" | "foreign"): ChainVerdict => ({
    intact: false,
    brokenAt,
    reason,
  });
  while (index < length) {
    const rows = await db
      .selectFrom("ck_activity")
      .selectAll()
      .where("workspace_id", "=", workspaceId)
      .where("chain_index", ">", index)
      .where("chain_index", "<=", length)
      .orderBy("chain_index")
      .limit(PAGE)
      .execute();
    if (rows.length === 0) return broken(index + 1, "missing");
    for (const row of rows) {
      index += 1;
      if (row.chain_index === null || toInteger(row.chain_index) !== index) return broken(index, "missing");
      const seq = toInteger(row.seq ?? 0);
      hash = chainHash(hash, factsOf(row, { chainIndex: index, seq }));
      if (hash !== row.hash || seq <= place) return broken(index, "changed");
      if (known?.sealed === index && known.hash !== hash) return broken(index, "changed");
      place = seq;
    }
  }
  if (head !== undefined && head.hash !== hash) return broken(length, "changed");
  if (known !== undefined && known.sealed > length) return broken(length + 1, "missing");
  if (await hasForeign(db, workspaceId, length)) return broken(length + 1, "foreign");
  return {
    intact: true,
    sealed: length,
    unsealed: await countUnsealed(db, workspaceId),
    head: { sealed: length, hash },
  };
}

/**
 * Whether there is a row that claims to be sealed and is no part of the chain. What is being sealed right now lies beyond the head that was read,
 * and is told by the head that stands beside it then.
 */
async function hasForeign(db: Db, workspaceId: string, length: number): Promise<boolean> {
  const row = await db
    .selectFrom("ck_activity")
    .select("ck_activity.position")
    .leftJoin("ck_activity_chains", "ck_activity_chains.workspace_id", "ck_activity.workspace_id")
    .where("ck_activity.workspace_id", "=", workspaceId)
    .where((eb) =>
      eb.or([
        eb.and([eb("ck_activity.seq", "is not", null), eb("ck_activity.chain_index", "is", null)]),
        eb("ck_activity.chain_index", "<", 1),
        eb.and([
          eb("ck_activity.chain_index", ">", length),
          eb("ck_activity.chain_index", ">", eb.fn.coalesce("ck_activity_chains.length", eb.lit(0))),
        ]),
      ]),
    )
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

async function countUnsealed(db: Db, workspaceId: string): Promise<number> {
  const { total } = await db
    .selectFrom("ck_activity")
    .select((eb) => eb.fn.countAll<number>().as("total"))
    .where("workspace_id", "=", workspaceId)
    .where("seq", "is", null)
    .executeTakeFirstOrThrow();
  return toInteger(total);
}
