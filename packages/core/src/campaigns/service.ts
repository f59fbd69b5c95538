/** Campaigns, as a user makes, finds, changes and moves them. */
import type { Permission } from "../kernel/access.ts";
import type { Page } from "../kernel/page.ts";
import type { Scope } from "../kernel/scope.ts";
import { textOf } from "../kernel/text.ts";
import type { Unit } from "../kernel/unit.ts";
import { parse } from "../kernel/validate.ts";
import type { ChannelRecord } from "../ports/channel.ts";
import type { Campaign } from "./campaign.ts";
import { completeCampaign } from "./completion.ts";
import { createCampaign, duplicateCampaign } from "./create.ts";
import type { CampaignDependencies } from "./dependencies.ts";
import { CampaignFolderService } from "./folders/index.ts";
import type { CampaignChanges, CampaignInput } from "./input.ts";
import { type CampaignQuery, listCampaigns } from "./list/index.ts";
import { holdForChange, launchCampaign, move, resumeCampaign, scheduleCampaign } from "./moves.ts";
import { markMilestone, updateKpis } from "./progress.ts";
import { type Readiness, readinessOf } from "./readiness.ts";
import { archiveCampaign, deleteCampaign, restoreCampaign, unarchiveCampaign } from "./shelves.ts";
import { loadCampaign } from "./store.ts";
import { listTags, type TagQuery } from "./tags.ts";
import { changeCampaign } from "./update.ts";

const reasonSchema = textOf({ max: 1_000 }).optional();

/** Why a campaign is moved; kept on it and in its history. */
export interface MoveOptions {
  readonly reason?: string;
}

/** `shop.campaigns`: plans with a life. `Channels` are the host's own, so that a wrong channel or setting does not compile. */
export class CampaignService<Channels extends ChannelRecord = ChannelRecord> {
  /** Where campaigns are filed. */
  readonly folders: CampaignFolderService;
  readonly #scope: Scope;
  readonly #dependencies: CampaignDependencies;

  /** @internal */
  constructor(scope: Scope, dependencies: CampaignDependencies) {
    this.#scope = scope;
    this.#dependencies = dependencies;
    this.folders = new CampaignFolderService(scope);
  }

  /**
   * Makes a campaign, as a draft.
   *
   * @throws {VALIDATION_FAILED} with every problem at once, each with its path. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   * import { createCampaignKit, money } from "@campaignkit/core";
   *
   * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
   * const campaign = await kit.workspace("shop-42").campaigns.create({
   *   name: "Spring refresh",
   *   timeZone: "Europe/Berlin",
   *   startsAt: new Date("2027-03-01T08:00:00Z"),
   *   endsAt: new Date("2027-03-21T20:00:00Z"),
   *   budget: { total: money("EUR", 500) },
   * });
   * console.log(campaign.state); // draft
   * await kit.stop();
   * ```
   */
  create(input: CampaignInput<Channels>): Promise<Campaign> {
    return this.#make((unit) => createCampaign(unit, input));
  }

  /**
   * Makes a draft like another campaign, with modifications. With a new start all its dates shift along, in local time: what stood at nine
   * in the morning stands at nine. Posts are copied; nothing of the old run is: no results, spend, deliveries or progress.
   *
   * @throws {NOT_FOUND} {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   * import { createCampaignKit } from "@campaignkit/core";
   *
   * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
   * const { campaigns } = kit.workspace("shop-42");
   * const spring = await campaigns.create({
   *   name: "Spring refresh",
   *   timeZone: "Europe/Berlin",
   *   startsAt: new Date("2027-03-01T08:00:00Z"),
   * });
   * await campaigns.duplicate(spring.id, { name: "Autumn refresh", startsAt: new Date("2027-09-01T07:00:00Z") });
   * await kit.stop();
   * ```
   */
  duplicate(id: string, modifications: Partial<CampaignInput<Channels>> = {}): Promise<Campaign> {
    return this.#make((unit) => duplicateCampaign(unit, id, modifications));
  }

  /**
   * One campaign, archived ones too.
   *
   * @throws {NOT_FOUND} also for a deleted one. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function spanOf(shop: Workspace, campaignId: string) {
   *   const { startsAt, endsAt, timeZone } = await shop.campaigns.get(campaignId);
   *   return { startsAt, endsAt, timeZone };
   * }
   * ```
   */
  get(id: string): Promise<Campaign> {
    return this.#scope.read("campaigns:read", (db) => loadCampaign(db, this.#scope.workspaceId, id));
  }

  /**
   * A page of campaigns. Every filter that is given must fit; archived and deleted ones are left out unless asked for.
   *
   * @throws {VALIDATION_FAILED} {NOT_FOUND} for a folder that is not there. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   * import { createCampaignKit } from "@campaignkit/core";
   *
   * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
   * const { items, nextCursor } = await kit.workspace("shop-42").campaigns.list({
   *   state: ["scheduled", "active"],
   *   search: "spring",
   *   sort: { by: "startsAt", direction: "asc" },
   * });
   * console.log(items.length, nextCursor); // 0 null
   * await kit.stop();
   * ```
   */
  list(query: CampaignQuery = {}): Promise<Page<Campaign>> {
    return this.#scope.read("campaigns:read", (db) => listCampaigns(db, this.#scope.workspaceId, query));
  }

  /**
   * The tags in use, in the order of their code points; with a `prefix`, those that begin with it.
   *
   * @throws {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function suggestTags(shop: Workspace, typed: string) {
   *   const { items } = await shop.campaigns.tags({ prefix: typed });
   *   return items;
   * }
   * ```
   */
  tags(query: TagQuery = {}): Promise<Page<string>> {
    return this.#scope.read("campaigns:read", (db) => listTags(db, this.#scope.workspaceId, query));
  }

  /**
   * Sets the given fields, also while the campaign is live; what already went out stays as it is. A started campaign keeps its start,
   * time zone, currency and channels (new ones may be added), a closed one everything but how it is filed.
   *
   * @throws {STALE_VERSION} when the campaign was changed since that version was read. {VALIDATION_FAILED} with every problem at once.
   * {CONFLICT} when it is archived. {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   * import { createCampaignKit } from "@campaignkit/core";
   *
   * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
   * const { campaigns } = kit.workspace("shop-42");
   * const draft = await campaigns.create({
   *   name: "Spring refresh",
   *   timeZone: "Europe/Berlin",
   *   startsAt: new Date("2027-03-01T08:00:00Z"),
   * });
   * await campaigns.update(draft.id, { version: draft.version, tags: ["spring"] });
   * await kit.stop();
   * ```
   */
  update(id: string, changes: CampaignChanges<Channels>): Promise<Campaign> {
    return this.#change("campaigns:write", id, (unit) => changeCampaign(unit, id, changes));
  }

  /**
   * What stands between the campaign and its launch, each item explained.
   *
   * @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function blockersOf(shop: Workspace, campaignId: string) {
   *   const { ready, items } = await shop.campaigns.readiness(campaignId);
   *   return ready ? [] : items.filter(({ level }) => level === "blocker").map(({ message }) => message);
   * }
   * ```
   */
  readiness(id: string): Promise<Readiness> {
    const { kernel, workspaceId } = this.#scope;
    return this.#scope.read("campaigns:read", async (db) => {
      const campaign = await loadCampaign(db, workspaceId, id);
      return readinessOf(db, workspaceId, campaign, kernel);
    });
  }

  /**
   * Plans the launch for the campaign's start.
   *
   * @throws {ILLEGAL_TRANSITION} naming the legal moves. {VALIDATION_FAILED} when it is not ready, or its start has passed. {NOT_FOUND}
   * {CONFLICT} when it is archived. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function approvePlan(shop: Workspace, campaignId: string) {
   *   const { ready } = await shop.campaigns.readiness(campaignId);
   *   if (ready) await shop.campaigns.schedule(campaignId, { reason: "texts approved" });
   * }
   * ```
   */
  schedule(id: string, options: MoveOptions = {}): Promise<Campaign> {
    return this.#move(id, options, (unit, reason) =>
      scheduleCampaign(unit, this.#dependencies, { id, reason }),
    );
  }

  /**
   * Launches now: a draft, or a scheduled campaign before its start.
   *
   * @throws {ILLEGAL_TRANSITION} naming the legal moves. {VALIDATION_FAILED} when it is not ready. {POLICY_VIOLATION} when as many
   * campaigns are active as the policy allows. {NOT_FOUND} {CONFLICT} when it is archived. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { CampaignKitError, type Workspace } from "@campaignkit/core";
   *
   * export async function launch(shop: Workspace, campaignId: string) {
   *   try {
   *     return await shop.campaigns.launch(campaignId);
   *   } catch (error) {
   *     if (!CampaignKitError.is(error, "VALIDATION_FAILED")) throw error;
   *     return error.details.issues; // what is not ready yet
   *   }
   * }
   * ```
   */
  launch(id: string, options: MoveOptions = {}): Promise<Campaign> {
    return this.#move(id, options, (unit, reason) =>
      launchCampaign(unit, this.#dependencies, { id, reason }),
    );
  }

  /**
   * Pauses an active campaign: nothing goes out until it is resumed.
   *
   * @throws {ILLEGAL_TRANSITION} {NOT_FOUND} {CONFLICT} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function stopForNow(shop: Workspace, campaignId: string) {
   *   const { pausedAt } = await shop.campaigns.pause(campaignId, { reason: "a typo in the subject" });
   *   return pausedAt;
   * }
   * ```
   */
  pause(id: string, options: MoveOptions = {}): Promise<Campaign> {
    return this.#move(id, options, async (unit, reason) => {
      await move(unit, this.#dependencies, await holdForChange(unit, id), "pause", reason);
    });
  }

  /**
   * Resumes a paused campaign.
   *
   * @throws {ILLEGAL_TRANSITION} {POLICY_VIOLATION} when as many campaigns are active as the policy allows. {NOT_FOUND} {CONFLICT} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function goOn(shop: Workspace, campaignId: string) {
   *   await shop.campaigns.resume(campaignId, { reason: "the typo is mended" });
   * }
   * ```
   */
  resume(id: string, options: MoveOptions = {}): Promise<Campaign> {
    return this.#move(id, options, (unit, reason) =>
      resumeCampaign(unit, this.#dependencies, { id, reason }),
    );
  }

  /**
   * Ends a live campaign before its end, or one that has none. What has not begun to go out never will; while something is under way
   * the campaign stays as it is, marked with `completingSince`, and is completed as soon as that has ended.
   *
   * @throws {ILLEGAL_TRANSITION} {NOT_FOUND} {CONFLICT} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function endEarly(shop: Workspace, campaignId: string) {
   *   const { state, completingSince } = await shop.campaigns.complete(campaignId, { reason: "sold out" });
   *   return state === "completed" ? "ended" : `ends when all that is under way has; waiting since ${completingSince}`;
   * }
   * ```
   */
  complete(id: string, options: MoveOptions = {}): Promise<Campaign> {
    return this.#move(id, options, (unit, reason) =>
      completeCampaign(unit, this.#dependencies, { id, reason }),
    );
  }

  /**
   * Stops a campaign for good, from any open state; what has not begun to go out never will.
   *
   * @throws {ILLEGAL_TRANSITION} {NOT_FOUND} {CONFLICT} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function callOff(shop: Workspace, campaignId: string) {
   *   await shop.campaigns.cancel(campaignId, { reason: "the product was recalled" });
   * }
   * ```
   */
  cancel(id: string, options: MoveOptions = {}): Promise<Campaign> {
    return this.#move(id, options, async (unit, reason) => {
      await move(unit, this.#dependencies, await holdForChange(unit, id), "cancel", reason);
    });
  }

  /**
   * Sets where the named KPIs stand; the version stays.
   *
   * @throws {VALIDATION_FAILED} for a KPI it does not have. {NOT_FOUND} {CONFLICT} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function countNewCustomers(shop: Workspace, campaignId: string, customers: number) {
   *   await shop.campaigns.updateKpis(campaignId, { "New customers": customers });
   * }
   * ```
   */
  updateKpis(id: string, current: Readonly<Record<string, number | null>>): Promise<Campaign> {
    return this.#change("campaigns:write", id, (unit) => updateKpis(unit, id, current));
  }

  /**
   * Says when a milestone was reached (now, when absent), or with `null` that it is not; the version stays.
   *
   * @throws {NOT_FOUND} {CONFLICT} {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function textsAreReady(shop: Workspace, campaignId: string) {
   *   const { milestones } = await shop.campaigns.get(campaignId);
   *   const texts = milestones.find(({ name }) => name === "Texts are ready");
   *   if (texts !== undefined) await shop.campaigns.markMilestone(campaignId, texts.id);
   * }
   * ```
   */
  markMilestone(
    id: string,
    milestoneId: string,
    options: { readonly reachedAt?: Date | null } = {},
  ): Promise<Campaign> {
    return this.#change("campaigns:write", id, (unit) => {
      const { reachedAt = new Date(unit.now) } = options;
      return markMilestone(unit, { id, milestoneId, reachedAt });
    });
  }

  /**
   * Puts a draft or a closed campaign into the archive, where it stays readable and searchable.
   *
   * @throws {CONFLICT} {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function putAway(shop: Workspace, campaignId: string) {
   *   await shop.campaigns.archive(campaignId);
   * }
   * ```
   */
  archive(id: string): Promise<Campaign> {
    return this.#change("campaigns:write", id, (unit) => archiveCampaign(unit, id));
  }

  /**
   * Takes a campaign out of the archive.
   *
   * @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function takeOut(shop: Workspace, campaignId: string) {
   *   await shop.campaigns.unarchive(campaignId);
   * }
   * ```
   */
  unarchive(id: string): Promise<Campaign> {
    return this.#change("campaigns:write", id, (unit) => unarchiveCampaign(unit, id));
  }

  /**
   * Deletes a draft or a closed campaign; `restore` brings it back.
   *
   * @throws {CONFLICT} {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function discard(shop: Workspace, campaignId: string) {
   *   await shop.campaigns.softDelete(campaignId);
   * }
   * ```
   */
  softDelete(id: string): Promise<void> {
    return this.#scope.write("campaigns:write", (unit) => deleteCampaign(unit, this.#dependencies, id));
  }

  /**
   * Brings a deleted campaign back.
   *
   * @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function undoDiscard(shop: Workspace, campaignId: string) {
   *   await shop.campaigns.restore(campaignId);
   * }
   * ```
   */
  restore(id: string): Promise<Campaign> {
    return this.#change("campaigns:write", id, (unit) => restoreCampaign(unit, id));
  }

  #move(
    id: string,
    options: MoveOptions,
    work: (unit: Unit, reason: string | null) => Promise<void>,
  ): Promise<Campaign> {
    const reason = (): string | null => parse(reasonSchema, options.reason, "reason") || null;
    return this.#change("campaigns:launch", id, (unit) => work(unit, reason()));
  }

  /** Reads after the change, since reactions of other features may have changed the campaign once more. */
  async #change(permission: Permission, id: string, work: (unit: Unit) => Promise<void>): Promise<Campaign> {
    await this.#scope.write(permission, work);
    return this.#scope.read(permission, (db) => loadCampaign(db, this.#scope.workspaceId, id));
  }

  async #make(work: (unit: Unit) => Promise<string>): Promise<Campaign> {
    const id = await this.#scope.write("campaigns:write", work);
    return this.#scope.read("campaigns:write", (db) => loadCampaign(db, this.#scope.workspaceId, id));
  }
}
