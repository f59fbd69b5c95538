/** Hashes of addresses: enough to know one again, not enough to write to it. */
import { createHmac } from "node:crypto";
import type { Unit } from "../../kernel/unit.ts";
import type { AddressKind } from "../../ports/channel.ts";
import type { Db } from "../../storage/db.ts";

/** What is hashed: an address, the host's id of a person, or the beginning of an import's source. */
export type HashedKind = AddressKind | "external-id" | "source";

/** The hash of a normalised address in a workspace. The salt keeps workspaces apart and ready-made tables useless. */
export function addressHash(salt: string, kind: HashedKind, normalized: string): string {
  return createHmac("sha256", salt).update(`${kind}\0${normalized}`).digest("base64url");
}

/** The workspace's salt; `null` when nothing was ever hashed there, so that nothing can match. */
export async function findSalt(db: Db, workspaceId: string): Promise<string | null> {
  const row = await db
    .selectFrom("ck_audience_salts")
    .select("salt")
    .where("workspace_id", "=", workspaceId)
    .executeTakeFirst();
  return row?.salt ?? null;
}

/** The workspace's salt, made at the first need. Of two that make one at once, both get the same. */
export async function requireSalt(unit: Unit): Promise<string> {
  const known = await findSalt(unit.db, unit.workspaceId);
  if (known !== null) return known;
  const made = Buffer.from(unit.kernel.runtime.random.bytes(24)).toString("base64url");
  await unit.db
    .insertInto("ck_audience_salts")
    .values({ workspace_id: unit.workspaceId, salt: made })
    .onConflict((conflict) => conflict.column("workspace_id").doNothing())
    .execute();
  return (await findSalt(unit.db, unit.workspaceId)) ?? made;
}
