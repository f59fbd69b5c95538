/** Putting campaigns away: archived ones stay readable and searchable, deleted ones can be restored. */
import type { Unit } from "../kernel/unit.ts";
import { notFound } from "../kernel/validate.ts";
import { CampaignKitError } from "../ports/errors.ts";
import type { Campaign } from "./campaign.ts";
import type { CampaignDependencies } from "./dependencies.ts";
import { lockCampaign, updateCampaign } from "./store.ts";

/** Where a campaign is kept. */
type Shelf = "open" | "archived" | "deleted";

type ShelfActivity = "campaign.archived" | "campaign.unarchived" | "campaign.deleted" | "campaign.restored";

function conflict(campaign: Campaign, reason: string, advice: string): CampaignKitError<"CONFLICT"> {
  return new CampaignKitError(
    "CONFLICT",
    `The campaign "${campaign.name}" can't be put away: it ${reason}. ${advice}`,
    { entity: "campaign", id: campaign.id, reason },
  );
}

/** Only what is at rest can be put away. */
function requireAtRest(campaign: Campaign): void {
  if (campaign.state === "draft" || campaign.state === "completed" || campaign.state === "cancelled") return;
  throw conflict(campaign, `is ${campaign.state}`, "Complete or cancel it first.");
}

async function put(
  unit: Unit,
  { id, version }: Campaign,
  place: { readonly shelf: Shelf; readonly archived_at?: number | null; readonly deleted_at?: number | null },
  activity: ShelfActivity,
): Promise<void> {
  const change = { ...place, version: version + 1, updated_at: unit.now };
  await updateCampaign(unit.db, { workspaceId: unit.workspaceId, id, version }, change);
  unit.record(activity, { subject: { type: "campaign", id }, data: { campaignId: id } });
}

async function lockKept(unit: Unit, id: string): Promise<Campaign> {
  const campaign = await lockCampaign(unit, id);
  if (campaign.deletedAt !== null) throw notFound("campaign", id);
  return campaign;
}

/** Archives; does nothing to an archived one. @throws {CONFLICT} while it is scheduled or live. {NOT_FOUND} */
export async function archiveCampaign(unit: Unit, id: string): Promise<void> {
  const campaign = await lockKept(unit, id);
  if (campaign.archivedAt !== null) return;
  requireAtRest(campaign);
  await put(unit, campaign, { shelf: "archived", archived_at: unit.now }, "campaign.archived");
}

/** Takes it out of the archive; does nothing to one that is not in it. @throws {NOT_FOUND} */
export async function unarchiveCampaign(unit: Unit, id: string): Promise<void> {
  const campaign = await lockKept(unit, id);
  if (campaign.archivedAt === null) return;
  await put(unit, campaign, { shelf: "open", archived_at: null }, "campaign.unarchived");
}

/** Deletes, in a way that can be undone. @throws {CONFLICT} while it is scheduled, live, or has deliveries under way. {NOT_FOUND} */
export async function deleteCampaign(
  unit: Unit,
  dependencies: CampaignDependencies,
  id: string,
): Promise<void> {
  const campaign = await lockKept(unit, id);
  requireAtRest(campaign);
  const open =
    campaign.state === "draft"
      ? 0
      : await dependencies.openDeliveries(unit.db, unit.workspaceId, campaign.id);
  if (open > 0)
    throw conflict(campaign, `has ${open} deliveries under way`, "Try again when they have ended.");
  await put(unit, campaign, { shelf: "deleted", deleted_at: unit.now }, "campaign.deleted");
}

/** Brings a deleted campaign back to where it was; does nothing to one that is not deleted. @throws {NOT_FOUND} */
export async function restoreCampaign(unit: Unit, id: string): Promise<void> {
  const campaign = await lockCampaign(unit, id);
  if (campaign.deletedAt === null) return;
  const shelf = campaign.archivedAt === null ? "open" : "archived";
  await put(unit, campaign, { shelf, deleted_at: null }, "campaign.restored");
}
