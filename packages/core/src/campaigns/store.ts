/** The SQL of campaigns: one row each, and what it is found by. */
import { type Insertable, sql, type Updateable } from "kysely";
import type { Unit } from "../kernel/unit.ts";
import { notFound, requireId } from "../kernel/validate.ts";
import { type StoredInteger, toInteger } from "../storage/columns.ts";
import { type Db, familyOf } from "../storage/db.ts";
import { rowsAs } from "../storage/sets.ts";
import type { CampaignsTable } from "../storage/tables/campaigns.ts";
import type { Campaign } from "./campaign.ts";
import { toCampaign } from "./row.ts";
import type { CampaignTerm } from "./terms.ts";

/**
 * A campaign of the workspace, whatever its state; archived ones too, deleted ones not.
 *
 * @throws {NOT_FOUND}
 */
export async function loadCampaign(db: Db, workspaceId: string, id: string): Promise<Campaign> {
  const row = await db
    .selectFrom("ck_campaigns")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("id", "=", requireId("campaign", id))
    .where("shelf", "<>", "deleted")
    .executeTakeFirst();
  if (row === undefined) throw notFound("campaign", id);
  return toCampaign(row);
}

/**
 * The campaign, kept in its state until the unit ends: what is decided on it, such as opening a post, is not overtaken by a pause, a cancellation or
 * a launch. Take it before anything of the campaign's.
 *
 * @throws {NOT_FOUND}
 */
export async function keepCampaign(unit: Unit, id: string): Promise<Campaign> {
  const row = await unit.db
    .selectFrom("ck_campaigns")
    .selectAll()
    .where("workspace_id", "=", unit.workspaceId)
    .where("id", "=", requireId("campaign", id))
    .where("shelf", "<>", "deleted")
    .$if(familyOf(unit.db) === "postgres", (query) => query.forShare())
    .executeTakeFirst();
  if (row === undefined) throw notFound("campaign", id);
  return toCampaign(row);
}

/** The campaign, deleted ones too, held against others until the unit ends. @throws {NOT_FOUND} */
export async function lockCampaign(unit: Unit, id: string): Promise<Campaign> {
  const row = await unit.db
    .selectFrom("ck_campaigns")
    .selectAll()
    .where("workspace_id", "=", unit.workspaceId)
    .where("id", "=", requireId("campaign", id))
    .$if(familyOf(unit.db) === "postgres", (query) => query.forUpdate())
    .executeTakeFirst();
  if (row === undefined) throw notFound("campaign", id);
  return toCampaign(row);
}

/** Adds a campaign. */
export async function insertCampaign(db: Db, row: Insertable<CampaignsTable>): Promise<void> {
  await db.insertInto("ck_campaigns").values(row).execute();
}

/** Changes a campaign that is still at that version; false when it no longer is. The version itself is the caller's to count. */
export async function updateCampaign(
  db: Db,
  campaign: { readonly workspaceId: string; readonly id: string; readonly version: number },
  change: Updateable<CampaignsTable>,
): Promise<boolean> {
  const result = await db
    .updateTable("ck_campaigns")
    .set(change)
    .where("workspace_id", "=", campaign.workspaceId)
    .where("id", "=", campaign.id)
    .where("version", "=", campaign.version)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Makes the campaign found by exactly these terms. */
export async function replaceTerms(
  db: Db,
  campaign: { readonly workspaceId: string; readonly id: string },
  terms: readonly CampaignTerm[],
): Promise<void> {
  const { workspaceId, id } = campaign;
  const wanted = rowsAs(db, "wanted", { kind: "text", term: "text" }, terms);
  await sql`
    delete from ck_campaign_terms where workspace_id = ${workspaceId} and campaign_id = ${id}
      and (kind, term) not in (select wanted.kind, wanted.term from ${wanted})
  `.execute(db);
  await sql`
    insert into ck_campaign_terms (workspace_id, kind, term, campaign_id)
    select ${workspaceId}, wanted.kind, wanted.term, ${uuid(db, id)} from ${wanted} where true order by wanted.kind, wanted.term
    on conflict do nothing
  `.execute(db);
}

function uuid(db: Db, id: string) {
  return familyOf(db) === "postgres" ? sql`${id}::uuid` : sql`${id}`;
}

/** How many campaigns of the workspace are active. */
export async function countActive(db: Db, workspaceId: string): Promise<number> {
  const { rows } = await sql<{ n: StoredInteger }>`
    select count(*) as n from ck_campaigns where workspace_id = ${workspaceId} and shelf = 'open' and state = 'active'
  `.execute(db);
  return toInteger(rows[0]?.n ?? 0);
}
