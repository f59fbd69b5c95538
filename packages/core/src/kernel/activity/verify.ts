/** Recomputes a workspace's hash chain and finds the first row that does not fit. */
import { toInteger } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { chainHash, GENESIS_HASH } from "./chain.ts";
import { factsOf } from "./sealer.ts";

/** What the verification found. */
export type ChainVerdict =
  | { readonly intact: true; readonly sealed: number; readonly unsealed: number }
  | {
      readonly intact: false;
      /** Where in the workspace's chain: the first link that is changed or missing, counted from 1. */
      readonly brokenAt: number;
      readonly reason: "changed" | "missing";
    };

const PAGE = 500;

/** Walks the chain from its beginning to its head. */
export async function verifyChain(db: Db, workspaceId: string): Promise<ChainVerdict> {
  const head = await db
    .selectFrom("ck_activity_chains")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .executeTakeFirst();
  const length = head === undefined ? 0 : toInteger(head.length);
  let hash = GENESIS_HASH;
  for (let index = 0; index < length; ) {
    const rows = await db
      .selectFrom("ck_activity")
      .selectAll()
      .where("workspace_id", "=", workspaceId)
      .where("chain_index", ">", index)
      .where("chain_index", "<=", length)
      .orderBy("chain_index")
      .limit(PAGE)
      .execute();
    if (rows.length === 0) return { intact: false, brokenAt: index + 1, reason: "missing" };
    for (const row of rows) {
      index += 1;
      if (row.chain_index === null || toInteger(row.chain_index) !== index)
        return { intact: false, brokenAt: index, reason: "missing" };
      hash = chainHash(hash, factsOf(row, index));
      if (hash !== row.hash) return { intact: false, brokenAt: index, reason: "changed" };
    }
  }
  if (head !== undefined && head.hash !== hash) return { intact: false, brokenAt: length, reason: "changed" };
  const { total } = await db
    .selectFrom("ck_activity")
    .select((eb) => eb.fn.countAll<number>().as("total"))
    .where("workspace_id", "=", workspaceId)
    .where("seq", "is", null)
    .executeTakeFirstOrThrow();
  return { intact: true, sealed: length, unsealed: toInteger(total) };
}
