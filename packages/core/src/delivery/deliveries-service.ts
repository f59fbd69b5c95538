/** `shop.deliveries`: who received what, what failed and why, and what a person decides about it. */
import { z } from "zod";
import { type Campaign, keepCampaign, loadCampaign } from "../campaigns/index.ts";
import type { Page, PageRequest } from "../kernel/page.ts";
import { idKey, pageOf, toPage } from "../kernel/page.ts";
import type { Scope } from "../kernel/scope.ts";
import type { Unit } from "../kernel/unit.ts";
import { notFound, parse, requireId, validationError } from "../kernel/validate.ts";
import { CampaignKitError } from "../ports/errors.ts";
import { type Db, familyOf } from "../storage/db.ts";
import { isAmong } from "../storage/sets.ts";
import { recordSent } from "./accounting.ts";
import { changeDeliveries, type DeliveryChange, selectStandings, toDelivery } from "./deliveries-store.ts";
import { DELIVERY_STATES, type Delivery, type DeliveryState } from "./delivery.ts";
import { insertDispatch } from "./dispatches-store.ts";
import { CAMPAIGN_PAUSED } from "./post-state.ts";
import { selectCampaignPosts, selectPost, updatePost } from "./posts-store.ts";
import { progressOfPosts, type SendingProgress } from "./progress.ts";
import { insertReady } from "./ready-store.ts";
import { selectReturned } from "./returns-store.ts";

/** Which deliveries are wanted; at least a post or a contact is named. */
export interface DeliveryQuery extends PageRequest {
  readonly postId?: string;
  readonly contactId?: string;
  readonly states?: readonly DeliveryState[];
}

const statesSchema = z.array(z.enum(DELIVERY_STATES));
const decisionSchema = z.enum(["sent", "failed", "retry"]);

/** `shop.deliveries`: deliveries of one workspace. */
export class DeliveriesService {
  readonly #scope: Scope;

  /** @internal */
  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /**
   * Deliveries of a post or to a contact, in the order of their making. Every filter that is given must fit.
   *
   * @throws {VALIDATION_FAILED} neither is named, or page or cursor can't be. {NOT_FOUND} an id that can be none. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function failures(shop: Workspace, postId: string) {
   *   const { items } = await shop.deliveries.list({ postId, states: ["failed"], limit: 100 });
   *   return items.map(({ contactId, reason, error }) => ({ contactId, reason, error }));
   * }
   * ```
   */
  list(query: DeliveryQuery): Promise<Page<Delivery>> {
    return this.#scope.read("delivery:read", async (db) => {
      const { limit, after } = pageOf(query, idKey);
      if (query.postId === undefined && query.contactId === undefined) {
        throw validationError("query", [
          { path: ["postId"], message: "Name a post or a contact; progress() counts a whole campaign." },
        ]);
      }
      let rows = db
        .selectFrom("ck_deliveries")
        .selectAll()
        .where("workspace_id", "=", this.#scope.workspaceId);
      if (query.postId !== undefined) rows = rows.where("post_id", "=", requireId("post", query.postId));
      if (query.contactId !== undefined)
        rows = rows.where("contact_id", "=", requireId("contact", query.contactId));
      if (query.states !== undefined) {
        const states = parse(statesSchema, query.states, "query");
        rows = rows.where(isAmong(db, "state", "text", states));
      }
      if (after !== null) rows = rows.where("id", ">", after);
      const found = await rows
        .orderBy("id")
        .limit(limit + 1)
        .execute();
      const returned = await selectReturned(
        db,
        this.#scope.workspaceId,
        found.map(({ id }) => id),
      );
      return toPage(
        found,
        limit,
        ({ id }) => id,
        (row) => toDelivery(row, returned.get(row.id)),
      );
    });
  }

  /**
   * One delivery.
   *
   * @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function proofOf(shop: Workspace, deliveryId: string) {
   *   const { state, externalId, settledAt } = await shop.deliveries.get(deliveryId);
   *   return state === "sent" ? { externalId, settledAt } : null;
   * }
   * ```
   */
  get(deliveryId: string): Promise<Delivery> {
    return this.#scope.read("delivery:read", (db) => findDelivery(db, this.#scope.workspaceId, deliveryId));
  }

  /**
   * How far all posts of a campaign are together; the five outcomes always add up to the audience. Counts deliveries: somebody who gets two posts
   * is in it twice. The estimated end is that of the last of the posts that are under way, and `null` where one of theirs is; see `posts.progress`.
   *
   * @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function summary(shop: Workspace, campaignId: string) {
   *   const { audience, sent, skipped, reasons } = await shop.deliveries.progress(campaignId);
   *   return `${sent} of ${audience} sent; ${skipped} skipped, ${reasons.skipped["no-consent"] ?? 0} of them without consent`;
   * }
   * ```
   */
  progress(campaignId: string): Promise<SendingProgress> {
    const { kernel, workspaceId } = this.#scope;
    return this.#scope.read("delivery:read", async (db) => {
      await loadCampaign(db, workspaceId, campaignId);
      const posts = await selectCampaignPosts(db, workspaceId, campaignId);
      return progressOfPosts(kernel, db, workspaceId, posts);
    });
  }

  /**
   * A person's word on a delivery whose outcome is unknown: it was `sent`, it has `failed`, or it shall be tried again (`retry`), knowing that
   * it may then arrive twice. Of several at once the first one counts. A retry opens the post again, if it had ended, and waits while its
   * campaign is paused.
   *
   * @throws {CONFLICT} it is not uncertain, or its campaign is over and it can't be tried again. {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * // What the provider's own log says about each message whose answer was lost.
   * export async function reconcile(shop: Workspace, postId: string, wasSent: (deliveryId: string) => Promise<boolean>) {
   *   const { items } = await shop.deliveries.list({ postId, states: ["uncertain"], limit: 500 });
   *   for (const { id } of items) await shop.deliveries.resolve(id, (await wasSent(id)) ? "sent" : "retry");
   * }
   * ```
   */
  resolve(deliveryId: string, decision: "sent" | "failed" | "retry"): Promise<Delivery> {
    return this.#decide(deliveryId, "uncertain", decision);
  }

  /**
   * Tries a failed delivery again, with all its attempts. Opens the post again, if it had ended, and waits while its campaign is paused.
   *
   * @throws {CONFLICT} it has not failed, or its campaign is over. {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function tryAgain(shop: Workspace, postId: string) {
   *   const { items } = await shop.deliveries.list({ postId, states: ["failed"], limit: 500 });
   *   for (const { id, reason } of items) if (reason === "attempts-exhausted") await shop.deliveries.replay(id);
   * }
   * ```
   */
  replay(deliveryId: string): Promise<Delivery> {
    return this.#decide(deliveryId, "failed", "retry");
  }

  #decide(
    deliveryId: string,
    from: "uncertain" | "failed",
    decision: "sent" | "failed" | "retry",
  ): Promise<Delivery> {
    return this.#scope.write("delivery:operate", async (unit) => {
      parse(decisionSchema, decision, "decision");
      const { campaignId } = await findDelivery(unit.db, unit.workspaceId, deliveryId);
      const campaign = await keepCampaign(unit, campaignId);
      const before = await lockDelivery(unit, deliveryId);
      if (before.state !== from) throw conflict(before, `only a delivery that is ${from} can be decided so`);
      if (decision === "retry") await reopenPost(unit, before, campaign);
      const state = decision === "retry" ? "pending" : decision;
      // Sending again does not settle whether it went out before.
      const doubt = decision === "retry" && from === "uncertain" ? before.reason : "";
      const change: DeliveryChange = {
        id: before.id,
        state,
        reason: decision === "failed" ? "resolved-by-person" : doubt,
        attempts: decision === "retry" ? 0 : before.attempts,
        externalId: before.externalId,
        url: before.url,
        error: before.error,
      };
      const stand = { states: [from], reasonOf: () => before.reason };
      await changeDeliveries(unit, { postId: before.postId, part: 0 }, stand, [change]);
      if (decision === "retry") await insertReady(unit, before.postId, [{ id: before.id, dueAt: unit.now }]);
      if (decision === "sent") await recordDecidedSent(unit, before);
      unit.record("delivery.resolved", {
        subject: { type: "delivery", id: before.id },
        data: { deliveryId: before.id, postId: before.postId, campaignId: before.campaignId, decision },
        before: { state: from, reason: before.reason },
        after: { state },
      });
      return {
        ...before,
        state,
        reason: change.reason,
        attempts: change.attempts,
        settledAt: new Date(unit.now),
      };
    });
  }
}

async function findDelivery(db: Db, workspaceId: string, deliveryId: string): Promise<Delivery> {
  const row = await db
    .selectFrom("ck_deliveries")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("id", "=", requireId("delivery", deliveryId))
    .executeTakeFirst();
  if (row === undefined) throw notFound("delivery", deliveryId);
  return toDelivery(row, (await selectReturned(db, workspaceId, [row.id])).get(row.id));
}

/** The delivery, held against others until the unit ends. */
async function lockDelivery(unit: Unit, deliveryId: string): Promise<Delivery> {
  const row = await unit.db
    .selectFrom("ck_deliveries")
    .selectAll()
    .where("workspace_id", "=", unit.workspaceId)
    .where("id", "=", requireId("delivery", deliveryId))
    .$if(familyOf(unit.db) === "postgres", (query) => query.forUpdate())
    .executeTakeFirst();
  if (row === undefined) throw notFound("delivery", deliveryId);
  return toDelivery(row, (await selectReturned(unit.db, unit.workspaceId, [row.id])).get(row.id));
}

/** By a person's word it went out when it was last tried. */
async function recordDecidedSent(unit: Unit, { id, postId, contactId, settledAt }: Delivery): Promise<void> {
  const post = await selectPost(unit.db, unit.workspaceId, postId);
  const [standing] = await selectStandings(unit, [id]);
  const segmentSet = standing?.segmentSet ?? null;
  await recordSent(unit, post, [{ id, contactId, segmentSet, at: settledAt?.getTime() ?? unit.now }]);
}

/** Makes the delivery's post sending again, if it had ended, and locks its dispatch. The campaign is kept in its state by the caller. */
async function reopenPost(unit: Unit, delivery: Delivery, campaign: Campaign): Promise<void> {
  if (campaign.state !== "active" && campaign.state !== "paused")
    throw conflict(delivery, `its campaign is ${campaign.state}`);
  if (campaign.completingSince !== null) throw conflict(delivery, "its campaign is coming to its end");
  const post = await selectPost(unit.db, unit.workspaceId, delivery.postId);
  if (post.state !== "sent" && post.state !== "sending")
    throw conflict(delivery, `its post is ${post.state}`);
  const door =
    campaign.state === "active"
      ? { state: "open" as const, reason: null }
      : { state: "held" as const, reason: CAMPAIGN_PAUSED };
  // Locks the dispatch, there or not, before the post is looked at again: whoever ends the post came before, or sees this delivery.
  await insertDispatch(unit, post, door);
  await updatePost(
    unit.db,
    { workspaceId: unit.workspaceId, id: post.id, states: ["sent"] },
    { state: "sending", finished_at: null, updated_at: unit.now },
  );
  unit.wakeAfterCommit("delivery");
}

function conflict(delivery: Delivery, reason: string): CampaignKitError<"CONFLICT"> {
  return new CampaignKitError("CONFLICT", `The delivery is "${delivery.state}": ${reason}.`, {
    entity: "delivery",
    id: delivery.id,
    reason,
  });
}
