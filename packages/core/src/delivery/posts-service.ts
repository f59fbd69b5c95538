/** `shop.posts`: what goes out, on which channel, when. */

import { type Campaign, keepCampaign, loadCampaign } from "../campaigns/index.ts";
import { rescheduleJob } from "../kernel/jobs/store.ts";
import type { Scope } from "../kernel/scope.ts";
import type { Unit } from "../kernel/unit.ts";
import { parse } from "../kernel/validate.ts";
import type { ChannelRecord, ChannelWarning, Preview, Receipt } from "../ports/channel.ts";
import { CampaignKitError } from "../ports/errors.ts";
import { toJson } from "../storage/columns.ts";
import type { Db } from "../storage/db.ts";
import { checkContent } from "./content-check.ts";
import { selectCounts } from "./deliveries-store.ts";
import { type DeliveryProgress, progressOf, type UnknownPolicy } from "./delivery.ts";
import { startPostJob } from "./fan-out.ts";
import { type NewPost, newPostSchema, type Post, type PostChange, postChangeSchema } from "./post.ts";
import {
  insertPost,
  nextSequence,
  type PostRow,
  selectCampaignPosts,
  selectPost,
  toPost,
  updatePost,
} from "./posts-store.ts";
import { channelNamed } from "./prepared-posts.ts";
import { planStart } from "./reactions.ts";
import { type PreviewRecipient, renderPost } from "./render-post.ts";

/** A post and what its channel had to say about it. */
export interface PostWithWarnings extends Post {
  readonly warnings: readonly ChannelWarning[];
}

/** Posts of one workspace. */
export class PostsService<Channels extends ChannelRecord = ChannelRecord> {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /**
   * Adds a post to a campaign. Its content is checked against the channel's schema and compiled once, so that what can never be sent is refused
   * now; what the channel only warns of comes back with the post. In a live campaign a planned post goes out at its time.
   *
   * @throws {VALIDATION_FAILED} with paths under `content`. {NOT_FOUND} no such campaign. {CONFLICT} the campaign is over, or coming to its end. {CHANNEL_FAILED} the
   * content can't be rendered. {CONFIGURATION_INVALID} no such channel. {FORBIDDEN}
   */
  async create<Name extends keyof Channels & string>(
    campaignId: string,
    input: NewPost<Channels, Name>,
  ): Promise<PostWithWarnings> {
    const given = parse(newPostSchema, input, "post");
    const { content, warnings } = await checkContent(this.#scope, campaignId, given.channel, given.content);
    const channel = channelNamed(this.#scope.kernel, given.channel);
    const row = await this.#scope.write("content:write", async (unit) => {
      const campaign = await keepCampaign(unit, campaignId);
      const ending = campaign.completingSince === null ? null : "completing";
      const over = campaign.state === "completed" || campaign.state === "cancelled" ? campaign.state : ending;
      if (over !== null) {
        throw new CampaignKitError(
          "CONFLICT",
          `The campaign "${campaign.name}" is ${over}; add the post to a duplicate of it.`,
          { entity: "campaign", id: campaign.id, reason: over },
        );
      }
      const post = await insertPost(unit.db, {
        id: unit.newId(),
        workspaceId: unit.workspaceId,
        campaignId: campaign.id,
        channel: given.channel,
        draft: given.draft,
        role: given.role,
        sequence: given.sequence ?? (await nextSequence(unit.db, unit.workspaceId, campaign.id)),
        purpose: given.purpose,
        onUnknown: policyFor(channel.idempotency, given.onUnknown),
        content,
        scheduledAt: given.scheduledAt?.getTime() ?? null,
        now: unit.now,
      });
      if (campaign.state === "active" && post.state === "planned") planStart(unit, post);
      unit.record("post.created", { subject: { type: "post", id: post.id }, data: dataOf(post) });
      return post;
    });
    return { ...toPost(row), warnings };
  }

  /** One post. @throws {NOT_FOUND} {FORBIDDEN} */
  get(postId: string): Promise<Post> {
    return this.#scope.read("content:read", async (db) => toPost(await this.#find(db, postId)));
  }

  /** The posts of a campaign, in their order. @throws {NOT_FOUND} no such campaign. {FORBIDDEN} */
  list(campaignId: string): Promise<readonly Post[]> {
    return this.#scope.read("content:read", async (db) => {
      await loadCampaign(db, this.#scope.workspaceId, campaignId);
      return (await selectCampaignPosts(db, this.#scope.workspaceId, campaignId)).map(toPost);
    });
  }

  /**
   * Changes a post that has not started. A change of the content or of the purpose takes its approval away.
   *
   * @throws {STALE_VERSION} {CONFLICT} it has started. {VALIDATION_FAILED} {NOT_FOUND} {CHANNEL_FAILED} {FORBIDDEN}
   */
  async update(postId: string, change: PostChange): Promise<Post> {
    const given = parse(postChangeSchema, change, "post change");
    const before = await this.get(postId);
    const checked =
      given.content === undefined
        ? null
        : await checkContent(this.#scope, before.campaignId, before.channel, given.content);
    return this.#scope.write("content:write", async (unit) => {
      const { current, campaign } = await this.#keep(unit, postId);
      // What an approver has seen: the words, and to whom they may go without consent.
      const reviewed = checked !== null || (given.purpose !== undefined && given.purpose !== current.purpose);
      const row = await this.#change(unit, current, given.version, {
        ...(checked === null ? {} : { content: toJson(checked.content) }),
        ...(reviewed ? { content_version: current.content_version + 1 } : {}),
        ...(given.scheduledAt === undefined ? {} : { scheduled_at: given.scheduledAt?.getTime() ?? null }),
        ...(given.role === undefined ? {} : { role: given.role }),
        ...(given.sequence === undefined ? {} : { sequence: given.sequence }),
        ...(given.purpose === undefined ? {} : { purpose: given.purpose }),
        ...(reviewed && current.state === "awaiting-approval" ? { state: "planned" as const } : {}),
      });
      await this.#replan(unit, row, campaign);
      unit.record("post.updated", {
        subject: { type: "post", id: row.id },
        data: { ...dataOf(row), changed: Object.keys(given).filter((key) => key !== "version") },
      });
      return toPost(row);
    });
  }

  /** Plans a draft, so that it goes out at its time. @throws {NOT_FOUND} {CONFLICT} it is no draft. {FORBIDDEN} */
  plan(postId: string): Promise<Post> {
    return this.#scope.write("content:write", async (unit) => {
      const { current, campaign } = await this.#keep(unit, postId);
      const row = await updatePost(
        unit.db,
        { workspaceId: unit.workspaceId, id: current.id, states: ["draft"] },
        { state: "planned", updated_at: unit.now },
      );
      if (row === undefined) throw conflict(current, "only a draft can be planned");
      await this.#replan(unit, row, campaign);
      unit.record("post.planned", { subject: { type: "post", id: row.id }, data: dataOf(row) });
      return toPost(row);
    });
  }

  /** Takes a post that has not started out of the plan. @throws {NOT_FOUND} {CONFLICT} it has started. {FORBIDDEN} */
  cancel(postId: string): Promise<Post> {
    return this.#scope.write("content:write", async (unit) => {
      const { current } = await this.#keep(unit, postId);
      const row = await updatePost(
        unit.db,
        { workspaceId: unit.workspaceId, id: current.id, states: ["draft", "planned", "awaiting-approval"] },
        { state: "cancelled", finished_at: unit.now, updated_at: unit.now },
      );
      if (row === undefined) throw conflict(current, "only a post that has not started can be taken out");
      await rescheduleJob(
        unit.db,
        { workspaceId: unit.workspaceId, kind: startPostJob.name, key: row.id },
        null,
      );
      unit.record("post.cancelled", { subject: { type: "post", id: row.id }, data: dataOf(row) });
      return toPost(row);
    });
  }

  /**
   * Approves the present content. A post that waited for it starts. A later change of the content needs a new approval.
   *
   * @throws {STALE_VERSION} the post changed since it was read. {NOT_FOUND} {CONFLICT} {FORBIDDEN}
   */
  approve(postId: string, version: number): Promise<Post> {
    return this.#scope.write("content:approve", async (unit) => {
      const { current, campaign } = await this.#keep(unit, postId);
      const waited = current.state === "awaiting-approval";
      const row = await this.#change(unit, current, version, {
        approved_by: unit.actor,
        approved_at: unit.now,
        approved_version: current.content_version,
        ...(waited ? { state: "planned" as const } : {}),
      });
      if (waited) await this.#replan(unit, row, campaign);
      unit.record("post.approved", { subject: { type: "post", id: row.id }, data: dataOf(row) });
      return toPost(row);
    });
  }

  /** Opens a post that was held because of its account or its content, once that is mended. @throws {NOT_FOUND} {CONFLICT} {FORBIDDEN} */
  resume(postId: string): Promise<void> {
    return this.#scope.write("delivery:operate", async (unit) => {
      const post = await this.#find(unit.db, postId);
      const campaign = await keepCampaign(unit, post.campaign_id);
      if (campaign.state !== "active") throw conflict(post, `its campaign is ${campaign.state}`);
      const opened = await unit.db
        .updateTable("ck_dispatches")
        .set({ state: "open", reason: null, next_at: unit.now })
        .where("post_id", "=", post.id)
        .where("workspace_id", "=", unit.workspaceId)
        .where("state", "=", "held")
        .executeTakeFirst();
      if (opened.numUpdatedRows !== 1n) throw conflict(post, "it is not held");
      unit.record("post.resumed", { subject: { type: "post", id: post.id }, data: dataOf(post) });
      unit.wakeAfterCommit("delivery");
    });
  }

  /** How far the post's deliveries are; the outcomes add up to the audience. @throws {NOT_FOUND} {FORBIDDEN} */
  progress(postId: string): Promise<DeliveryProgress> {
    return this.#scope.read("delivery:read", async (db) =>
      progressOf(await selectCounts(db, [(await this.#find(db, postId)).id])),
    );
  }

  /** Shows the message as it would reach that recipient; nothing is sent. @throws {NOT_FOUND} {CHANNEL_FAILED} {VALIDATION_FAILED} {FORBIDDEN} */
  async preview(postId: string, options: Partial<{ readonly for: PreviewRecipient }> = {}): Promise<Preview> {
    const { message, channel } = await renderPost(this.#scope, "content:read", postId, options.for ?? null);
    return channel.preview?.(message) ?? { text: JSON.stringify(message) };
  }

  /**
   * Sends the message to one address, at once and outside the campaign: no delivery, no tracking, no budget.
   *
   * @throws {CHANNEL_FAILED} {NOT_FOUND} {VALIDATION_FAILED} {FORBIDDEN}
   */
  async testSend(
    postId: string,
    options: { readonly to: string; readonly as?: PreviewRecipient },
  ): Promise<Receipt> {
    const { as = null, to } = options;
    const { message, channel, config, key } = await renderPost(this.#scope, "content:write", postId, as, to);
    const { clock, fetch, logger } = this.#scope.kernel.runtime;
    return channel.send(message, {
      config,
      idempotencyKey: key,
      signal: new AbortController().signal,
      clock,
      fetch,
      logger,
    });
  }

  #find(db: Db, postId: string): Promise<PostRow> {
    return selectPost(db, this.#scope.workspaceId, postId);
  }

  async #change(
    unit: Unit,
    current: PostRow,
    version: number,
    change: Parameters<typeof updatePost>[2],
  ): Promise<PostRow> {
    const states = ["draft", "planned", "awaiting-approval"] as const;
    const row = await updatePost(
      unit.db,
      { workspaceId: unit.workspaceId, id: current.id, version, states },
      { ...change, updated_at: unit.now },
    );
    if (row !== undefined) return row;
    if (current.version !== version) {
      throw new CampaignKitError(
        "STALE_VERSION",
        `The post changed since version ${version} was read; read it again and repeat the change.`,
        {
          entity: "post",
          id: current.id,
          expected: version,
          actual: current.version,
        },
      );
    }
    throw conflict(current, "only a post that has not started can be changed");
  }

  /** The post, and its campaign kept in its state: a launch or a pause comes before this change or after it. */
  async #keep(
    unit: Unit,
    postId: string,
  ): Promise<{ readonly current: PostRow; readonly campaign: Campaign }> {
    const { campaign_id } = await this.#find(unit.db, postId);
    const campaign = await keepCampaign(unit, campaign_id);
    return { current: await this.#find(unit.db, postId), campaign };
  }

  /** Keeps the start of a planned post of a live campaign at its time. */
  async #replan(unit: Unit, row: PostRow, campaign: Campaign): Promise<void> {
    await rescheduleJob(
      unit.db,
      { workspaceId: unit.workspaceId, kind: startPostJob.name, key: row.id },
      null,
    );
    if (campaign.state === "active" && row.state === "planned") planStart(unit, row);
  }
}

/** What an unknown outcome leads to: the channel's ability first, the caller's wish where it has none. */
function policyFor(idempotency: "native" | "lookup" | "none", wish: "hold" | "retry"): UnknownPolicy {
  return idempotency === "native" ? "idempotent" : idempotency === "lookup" ? "lookup" : wish;
}

function dataOf(post: PostRow): {
  readonly postId: string;
  readonly campaignId: string;
  readonly channel: string;
} {
  return { postId: post.id, campaignId: post.campaign_id, channel: post.channel };
}

function conflict(post: PostRow, reason: string): CampaignKitError<"CONFLICT"> {
  return new CampaignKitError("CONFLICT", `The post is "${post.state}": ${reason}.`, {
    entity: "post",
    id: post.id,
    reason,
  });
}
