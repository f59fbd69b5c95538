/** The SQL of what came back of deliveries. Nothing else writes the table. */
import { type Selectable, sql } from "kysely";
import type { Unit } from "../kernel/unit.ts";
import type { BounceKind, BounceReport } from "../ports/inbound.ts";
import { type StoredInteger, toDate, toInteger } from "../storage/columns.ts";
import type { Db } from "../storage/db.ts";
import { bigintOf, isAmong, uuidOf } from "../storage/sets.ts";
import type { DeliveryReturnsTable } from "../storage/tables/delivery-returns.ts";
import { NOTHING_RETURNED, type Returned, SOFT_KINDS } from "./returned.ts";

/**
 * Notes a bounce. What a delivery's bounce says stands, unless a later one says that the address is gone for good.
 *
 * @returns whether it says something new.
 */
export async function insertBounce(unit: Unit, deliveryId: string, bounce: BounceReport): Promise<boolean> {
  const { rows } = await sql`
    insert into ck_delivery_returns (workspace_id, delivery_id, type, kind, status, diagnostic, at)
    values (${unit.workspaceId}, ${uuidOf(unit.db, deliveryId)}, 'bounce', ${bounce.kind}, ${bounce.status}, ${bounce.diagnostic},
      ${bigintOf(unit.now)})
    on conflict (workspace_id, delivery_id, type) do update
      set kind = excluded.kind, status = excluded.status, diagnostic = excluded.diagnostic
      where ck_delivery_returns.kind <> 'hard' and excluded.kind = 'hard'
    returning delivery_id
  `.execute(unit.db);
  return rows.length > 0;
}

/** Notes a complaint. @returns whether it is the first of that delivery. */
export async function insertComplaint(unit: Unit, deliveryId: string, feedback: string): Promise<boolean> {
  const { rows } = await sql`
    insert into ck_delivery_returns (workspace_id, delivery_id, type, kind, at)
    values (${unit.workspaceId}, ${uuidOf(unit.db, deliveryId)}, 'complaint', ${feedback}, ${bigintOf(unit.now)})
    on conflict do nothing
    returning delivery_id
  `.execute(unit.db);
  return rows.length > 0;
}

/** How many of a contact's deliveries came back since then for reasons that may pass. */
export async function countSoftBounces(unit: Unit, contactId: string, since: number): Promise<number> {
  const { rows } = await sql<{ n: StoredInteger }>`
    select count(*) as n
    from ck_deliveries as d
      join ck_delivery_returns as r on r.workspace_id = ${unit.workspaceId} and r.delivery_id = d.id and r.type = 'bounce'
    where d.workspace_id = ${unit.workspaceId} and d.contact_id = ${uuidOf(unit.db, contactId)}
      and r.kind in (${sql.join(SOFT_KINDS)}) and r.at > ${bigintOf(since)}
  `.execute(unit.db);
  return toInteger(rows[0]?.n ?? 0);
}

/** What came back of deliveries; those of which nothing did are not in the answer. */
export async function selectReturned(
  db: Db,
  workspaceId: string,
  deliveryIds: readonly string[],
): Promise<ReadonlyMap<string, Returned>> {
  if (deliveryIds.length === 0) return new Map();
  const rows = await db
    .selectFrom("ck_delivery_returns")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where(isAmong(db, "delivery_id", "uuid", deliveryIds))
    .execute();
  return new Map(
    [...Map.groupBy(rows, (row) => row.delivery_id)].map(([id, own]) => [
      id,
      own.reduce<Returned>(withReturn, NOTHING_RETURNED),
    ]),
  );
}

function withReturn(known: Returned, row: Selectable<DeliveryReturnsTable>): Returned {
  const at = toDate(row.at);
  if (row.type === "complaint") return { ...known, complainedAt: at };
  const { kind, status, diagnostic } = row;
  return { ...known, bounce: { kind: kind as BounceKind, status, diagnostic, at } };
}

/** Forgets what far sides said about deliveries to these contacts: it often quotes the address. */
export async function dropDiagnostics(unit: Unit, contactIds: readonly string[]): Promise<void> {
  await unit.db
    .updateTable("ck_delivery_returns")
    .set({ diagnostic: null })
    .where("workspace_id", "=", unit.workspaceId)
    .where("diagnostic", "is not", null)
    .where("delivery_id", "in", (query) =>
      query
        .selectFrom("ck_deliveries")
        .select("ck_deliveries.id")
        .where("ck_deliveries.workspace_id", "=", unit.workspaceId)
        .where(isAmong(unit.db, "ck_deliveries.contact_id", "uuid", contactIds)),
    )
    .execute();
}
