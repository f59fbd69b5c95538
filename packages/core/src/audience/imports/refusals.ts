/** The SQL of what imports refused. Nothing else writes the table. */
import type { Unit } from "../../kernel/unit.ts";
import { addressHash, findSalt } from "../addresses/hash.ts";

/** Forgets the refused rows that name a person by these keys. */
export async function deleteRefusalsOf(
  unit: Unit,
  keys: { readonly email: string | null; readonly externalId: string | null },
): Promise<void> {
  const salt = await findSalt(unit.db, unit.workspaceId);
  if (salt === null) return;
  const columns = [
    ["email_hash", "email", keys.email],
    ["external_id_hash", "external-id", keys.externalId],
  ] as const;
  for (const [column, kind, key] of columns) {
    if (key === null) continue;
    await unit.db
      .deleteFrom("ck_import_refusals")
      .where("workspace_id", "=", unit.workspaceId)
      .where(column, "=", addressHash(salt, kind, key))
      .execute();
  }
}
