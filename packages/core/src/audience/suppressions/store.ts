/** The SQL of suppressions. Nothing else writes the table. */
import { type Selectable, sql } from "kysely";
import type { Unit } from "../../kernel/unit.ts";
import type { AddressKind } from "../../ports/channel.ts";
import { toDate } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { isAmong, rowsAs } from "../../storage/sets.ts";
import type { SuppressionsTable } from "../../storage/tables/audience.ts";
import { addressHash, findSalt, requireSalt } from "../addresses/hash.ts";
import type { Suppression, SuppressionReason } from "./suppression.ts";

/** An address to be suppressed. */
export interface NewSuppression {
  readonly channel: AddressKind;
  /** Normalised. */
  readonly address: string;
  readonly reason: SuppressionReason;
  readonly source: string;
}

/** Adds suppressions; one that is there already for that reason stays as it is. @returns those that are new. */
export async function insertSuppressions(
  unit: Unit,
  entries: readonly NewSuppression[],
): Promise<
  readonly { readonly id: string; readonly channel: AddressKind; readonly reason: SuppressionReason }[]
> {
  if (entries.length === 0) return [];
  const salt = await requireSalt(unit);
  const rows = entries.map((entry) => ({
    id: unit.newId(),
    channel: entry.channel,
    address_hash: addressHash(salt, entry.channel, entry.address),
    reason: entry.reason,
    // Whoever was erased is known by the hash alone.
    address: entry.reason === "erased" ? null : entry.address,
    source: entry.source,
  }));
  const shape = {
    id: "uuid",
    channel: "text",
    address_hash: "text",
    reason: "text",
    address: "text",
    source: "text",
  } as const;
  const inserted = await sql<{ id: string; channel: AddressKind; reason: SuppressionReason }>`
    insert into ck_suppressions (workspace_id, id, channel, address_hash, reason, address, source, created_at)
    select ${unit.workspaceId}, r.id, r.channel, r.address_hash, r.reason, r.address, r.source, cast(${unit.now} as bigint)
    from ${rowsAs(unit.db, "r", shape, rows)}
    where true
    order by r.address_hash, r.channel, r.reason
    on conflict (workspace_id, address_hash, channel, reason) do nothing
    returning id, channel, reason`.execute(unit.db);
  return inserted.rows;
}

/** Takes one away. @returns its id, or `null` when there was none. */
export async function deleteSuppression(
  unit: Unit,
  entry: Omit<NewSuppression, "source">,
): Promise<string | null> {
  const salt = await findSalt(unit.db, unit.workspaceId);
  if (salt === null) return null;
  const deleted = await unit.db
    .deleteFrom("ck_suppressions")
    .where("workspace_id", "=", unit.workspaceId)
    .where("channel", "=", entry.channel)
    .where("address_hash", "=", addressHash(salt, entry.channel, entry.address))
    .where("reason", "=", entry.reason)
    .returning("id")
    .execute();
  return deleted[0]?.id ?? null;
}

/** Forgets the plain text of suppressed addresses; they stay suppressed by their hashes. */
export async function forgetSuppressedAddresses(
  unit: Unit,
  addresses: readonly { readonly channel: AddressKind; readonly address: string }[],
): Promise<void> {
  const salt = await findSalt(unit.db, unit.workspaceId);
  if (salt === null || addresses.length === 0) return;
  const hashes = addresses.map(({ channel, address }) => addressHash(salt, channel, address));
  await unit.db
    .updateTable("ck_suppressions")
    .set({ address: null })
    .where("workspace_id", "=", unit.workspaceId)
    .where(isAmong(unit.db, "address_hash", "text", hashes))
    .execute();
}

/** Which of these normalised addresses are suppressed, for whatever reason. */
export async function suppressedAmong(
  db: Db,
  workspaceId: string,
  channel: AddressKind,
  addresses: readonly string[],
): Promise<ReadonlySet<string>> {
  const salt = addresses.length === 0 ? null : await findSalt(db, workspaceId);
  if (salt === null) return new Set();
  const byHash = new Map(addresses.map((address) => [addressHash(salt, channel, address), address]));
  const rows = await db
    .selectFrom("ck_suppressions")
    .select("address_hash")
    .distinct()
    .where("workspace_id", "=", workspaceId)
    .where("channel", "=", channel)
    .where(isAmong(db, "address_hash", "text", [...byHash.keys()]))
    .execute();
  return new Set(rows.flatMap(({ address_hash }) => byHash.get(address_hash) ?? []));
}

/** The suppressions of addresses that are known by their hashes, by hash. */
export async function suppressionsByHash(
  db: Db,
  workspaceId: string,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, readonly Suppression[]>> {
  if (hashes.length === 0) return new Map();
  const rows = await db
    .selectFrom("ck_suppressions")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where(isAmong(db, "address_hash", "text", hashes))
    .execute();
  // Sorted here: asked of the database, the order would make it read the whole list in that order.
  const sorted = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return new Map(
    [...Map.groupBy(sorted, (row) => row.address_hash)].map(([hash, own]) => [hash, own.map(toSuppression)]),
  );
}

/** A part of the list, in the order in which it grew. */
export async function suppressionPage(
  db: Db,
  workspaceId: string,
  page: { readonly after: string | null; readonly limit: number },
  filter: { readonly channel?: AddressKind },
): Promise<readonly Suppression[]> {
  let query = db
    .selectFrom("ck_suppressions")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .orderBy("id")
    .limit(sql.lit(page.limit));
  if (page.after !== null) query = query.where("id", ">", page.after);
  if (filter.channel !== undefined) query = query.where("channel", "=", filter.channel);
  return (await query.execute()).map(toSuppression);
}

function toSuppression(row: Selectable<SuppressionsTable>): Suppression {
  return {
    id: row.id,
    channel: row.channel as AddressKind,
    address: row.address,
    reason: row.reason as SuppressionReason,
    source: row.source,
    createdAt: toDate(row.created_at),
  };
}
