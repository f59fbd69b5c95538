/** `shop.posts`: what goes out, on which channel, when. */

import { z } from "zod";
import { keepCampaign, loadCampaign } from "../campaigns/index.ts";
import type { Scope } from "../kernel/scope.ts";
import type { Unit } from "../kernel/unit.ts";
import { parse, validationError } from "../kernel/validate.ts";
import type { ChannelRecord, ChannelWarning, Preview, Receipt } from "../ports/channel.ts";
import type { Db } from "../storage/db.ts";
import { checkContent } from "./content-check.ts";
import { selectHolds } from "./holds-store.ts";
import { Patience } from "./patience.ts";
import { type NewPost, newPostSchema, type Post, type PostChange, postChangeSchema } from "./post.ts";
import { type PostRow, selectCampaignPosts, selectPost, toPost } from "./posts-store.ts";
import { progressOfPosts, type SendingProgress } from "./progress.ts";
import { type PreviewRecipient, renderPost } from "./render-post.ts";
import { resumePost } from "./resume-post.ts";
import {
  aboutPost,
  approvePost,
  cancelPost,
  changePost,
  createPost,
  planPost,
  postConflict,
} from "./write-post.ts";

const versionSchema = z.int().min(1);

/** How long a test may take. */
const TEST_SEND_MS = 60_000;

/** A post and what its channel had to say about it. */
export interface PostWithWarnings extends Post {
  readonly warnings: readonly ChannelWarning[];
}

/** `shop.posts`: posts of one workspace. `Channels` are the host's own, so that content of the wrong channel does not compile. */
export class PostsService<Channels extends ChannelRecord = ChannelRecord> {
  readonly #scope: Scope;

  /** @internal */
  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /**
   * Adds a post to a campaign. Its content is checked against the channel's schema and compiled once, so that what can never be sent is refused
   * now; what the channel only warns of comes back with the post. In a live campaign a planned post goes out at its time. Not idempotent: each
   * call adds one.
   *
   * @throws {VALIDATION_FAILED} with paths under `content`, or `channel` when the campaign does not use it. {NOT_FOUND} no such campaign. {CONFLICT}
   * the campaign is over, or coming to its end. {CHANNEL_FAILED} the content can't be rendered. {CONFIGURATION_INVALID} no such channel.
   * {FORBIDDEN}
   *
   * @example
   * ```ts run
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   * import { email, smtp } from "@campaignkit/channel-email";
   * import { createCampaignKit } from "@campaignkit/core";
   *
   * const kit = createCampaignKit({
   *   storage: sqlite(":memory:"),
   *   channels: { newsletter: email({ transport: smtp({ host: "127.0.0.1" }), from: "hello@shop.example" }) },
   * });
   * const shop = kit.workspace("shop-42");
   * const campaign = await shop.campaigns.create({
   *   name: "Spring refresh",
   *   timeZone: "Europe/Berlin",
   *   startsAt: new Date(Date.now() + 86_400_000),
   *   channels: ["newsletter"],
   * });
   * const post = await shop.posts.create(campaign.id, {
   *   channel: "newsletter",
   *   content: { subject: "Spring is here", text: "Come and see, {{ contact.firstName | default: 'friend' }}." },
   * });
   * console.log(post.state, post.warnings); // planned …
   * await kit.stop();
   * ```
   */
  async create<Name extends keyof Channels & string>(
    campaignId: string,
    input: NewPost<Channels, Name>,
  ): Promise<PostWithWarnings> {
    const given = parse(newPostSchema, input, "post");
    const { content, warnings } = await checkContent(this.#scope, campaignId, given.channel, given.content);
    const post = await this.#write((unit) => createPost(unit, campaignId, given, content));
    return { ...post, warnings };
  }

  /**
   * One post, with what holds it.
   *
   * @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function whyItWaits(shop: Workspace, postId: string) {
   *   const { held } = await shop.posts.get(postId);
   *   return held === null ? null : `${held.reason} since ${held.since.toISOString()}`; // "auth since 2027-03-01T08:00:03.000Z"
   * }
   * ```
   */
  get(postId: string): Promise<Post> {
    return this.#scope.read("content:read", async (db) => this.#shown(db, await this.#find(db, postId)));
  }

  /**
   * All posts of a campaign in their order, each with what holds it.
   *
   * @throws {NOT_FOUND} no such campaign. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function needHelp(shop: Workspace, campaignId: string) {
   *   const posts = await shop.posts.list(campaignId);
   *   return posts.filter(({ held }) => held !== null && held.reason !== "campaign-paused");
   * }
   * ```
   */
  list(campaignId: string): Promise<readonly Post[]> {
    return this.#scope.read("content:read", async (db) => {
      const { workspaceId } = this.#scope;
      await loadCampaign(db, workspaceId, campaignId);
      const rows = await selectCampaignPosts(db, workspaceId, campaignId);
      const holds = await selectHolds(db, workspaceId, rows);
      return rows.map((row) => toPost(row, holds.get(row.id) ?? null));
    });
  }

  /**
   * Changes a post that has not started; what is absent stays. New content comes with the name of the post's channel, which decides what content is
   * right; what the channel warns of in it comes back with the post. A change of the content, the purpose or the topic takes the approval away.
   *
   * @throws {STALE_VERSION} it changed since that version was read. {CONFLICT} it has started. {VALIDATION_FAILED} with paths under `content`, or
   * `channel` when the post is on another one. {NOT_FOUND} {CHANNEL_FAILED} the content can't be rendered. {CONFIGURATION_INVALID} its channel is
   * not registered. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { CampaignKit, Channel } from "@campaignkit/core";
   * import type { EmailConfigInput, EmailContentInput } from "@campaignkit/channel-email";
   *
   * type Kit = CampaignKit<{ newsletter: Channel<EmailContentInput, EmailConfigInput> }>;
   *
   * export async function correct(kit: Kit, postId: string) {
   *   const { posts } = kit.workspace("shop-42");
   *   const { version } = await posts.get(postId);
   *   await posts.update(postId, {
   *     version,
   *     channel: "newsletter",
   *     content: { subject: "Spring is here!", text: "Come and see." },
   *     scheduledAt: new Date("2027-03-01T09:00:00Z"),
   *   });
   * }
   * ```
   */
  async update(postId: string, change: PostChange<Channels>): Promise<PostWithWarnings> {
    const given = parse(postChangeSchema, change, "post change");
    const before = await this.#scope.read("content:read", (db) => this.#find(db, postId));
    const named = given.channel ?? (given.content === undefined ? before.channel : "");
    if (named !== before.channel) {
      const message = `The post is on the channel "${before.channel}" and stays there; give that name and its content, or add a post for the other.`;
      throw validationError("post change", [{ path: ["channel"], message }]);
    }
    if (given.content === undefined) {
      const post = await this.#write((unit) => changePost(unit, postId, given, null));
      return { ...post, warnings: [] };
    }
    const { content, warnings } = await checkContent(
      this.#scope,
      before.campaign_id,
      before.channel,
      given.content,
    );
    const post = await this.#write((unit) => changePost(unit, postId, given, content));
    return { ...post, warnings };
  }

  /**
   * Plans a draft, so that it goes out at its time: in a live campaign at once where that has passed.
   *
   * @throws {NOT_FOUND} {CONFLICT} it is no draft. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function finishDraft(shop: Workspace, postId: string) {
   *   const { scheduledAt } = await shop.posts.plan(postId);
   *   return scheduledAt; // null: with the launch
   * }
   * ```
   */
  plan(postId: string): Promise<Post> {
    return this.#write((unit) => planPost(unit, postId));
  }

  /**
   * Takes a post that has not started out of the plan, for good.
   *
   * @throws {NOT_FOUND} {CONFLICT} it has started. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function dropPost(shop: Workspace, postId: string) {
   *   await shop.posts.cancel(postId);
   * }
   * ```
   */
  cancel(postId: string): Promise<Post> {
    return this.#write((unit) => cancelPost(unit, postId));
  }

  /**
   * Approves the present content. A post that waited for it starts. A later change of the content, the purpose or the topic needs a new approval.
   *
   * @throws {STALE_VERSION} the post changed since it was read. {VALIDATION_FAILED} no version is given. {NOT_FOUND} {CONFLICT} it has started. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Post, Workspace } from "@campaignkit/core";
   *
   * // The post as the approver saw it: what changed since then is not approved unseen.
   * export async function approve(shop: Workspace, seen: Post) {
   *   const { approvedBy } = await shop.posts.approve(seen.id, seen.version);
   *   return approvedBy;
   * }
   * ```
   */
  approve(postId: string, version: number): Promise<Post> {
    return this.#write(
      async (unit) => approvePost(unit, postId, parse(versionSchema, version, "version")),
      "content:approve",
    );
  }

  /**
   * Lets a held post go on, once what held it is mended; `HOLD_REASONS` says what that is for each. What was given up for it in the background is
   * tried again from where it was. Its campaign must be active: a paused one is resumed by `campaigns.resume`.
   *
   * @throws {NOT_FOUND} {CONFLICT} nothing holds it, or its campaign is not active. {CONFIGURATION_INVALID} its channel is still not registered in
   * this process. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * // After the password of the mail account has been renewed.
   * export async function goOn(shop: Workspace, campaignId: string) {
   *   for (const { id, held } of await shop.posts.list(campaignId))
   *     if (held?.reason === "auth") await shop.posts.resume(id);
   * }
   * ```
   */
  resume(postId: string): Promise<Post> {
    return this.#write(async (unit) => {
      const { campaign_id } = await this.#find(unit.db, postId);
      const campaign = await keepCampaign(unit, campaign_id);
      const post = await this.#find(unit.db, postId);
      if (campaign.state !== "active") throw postConflict(post, `its campaign is ${campaign.state}`);
      if (!(await resumePost(unit, post))) throw postConflict(post, "nothing holds it");
      unit.record("post.resumed", aboutPost(post));
      return this.#find(unit.db, postId);
    }, "delivery:operate");
  }

  /**
   * How far the post's deliveries are; the five outcomes always add up to the audience. While the audience is still being written down it grows.
   * With it comes an estimate of the end: at the pace of the last minutes, and after the waits that are known (recipients' quiet hours and local
   * times, the channel's daily limit, of which every open post on it is taken to have the same share). It is `null`, with the reason, where nobody can say.
   *
   * @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function shareDone(shop: Workspace, postId: string) {
   *   const { audience, pending, estimatedEndAt, noEstimate } = await shop.posts.progress(postId);
   *   const share = audience === 0 ? null : (audience - pending) / audience;
   *   return { share, end: estimatedEndAt ?? `unknown: ${noEstimate}` };
   * }
   * ```
   */
  progress(postId: string): Promise<SendingProgress> {
    const { kernel, workspaceId } = this.#scope;
    return this.#scope.read("delivery:read", async (db) =>
      progressOfPosts(kernel, db, workspaceId, [await this.#find(db, postId)]),
    );
  }

  /**
   * Shows the message as it would reach that recipient, or somebody made up. Nothing is sent, counted or tracked.
   *
   * @throws {NOT_FOUND} the post, or the contact, who can also be one without an address. {CHANNEL_FAILED} the content can't be rendered.
   * {VALIDATION_FAILED} naming the fields that the recipient lacks. {CONFIGURATION_INVALID} its channel is not registered. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function show(shop: Workspace, postId: string) {
   *   const recipient = { address: "ann@example.com", firstName: "Ann" };
   *   const { subject, html, text } = await shop.posts.preview(postId, { for: { recipient } });
   *   return { subject, body: html ?? text };
   * }
   * ```
   */
  async preview(postId: string, options: Partial<{ readonly for: PreviewRecipient }> = {}): Promise<Preview> {
    const { message, channel } = await renderPost(this.#scope, "content:read", postId, options.for ?? null);
    return channel.preview?.(message) ?? { text: JSON.stringify(message) };
  }

  /**
   * Sends the message to one address, at once and outside the campaign: no delivery, no tracking, no budget, only a line in the activity log; its links to the pages for
   * unsubscribing and preferences belong to nobody. Each call sends one; consent and
   * suppression are not asked.
   *
   * @throws {CHANNEL_FAILED} the far side did not take it, or it is not known whether it did (`details.outcome`). {NOT_FOUND} {VALIDATION_FAILED}
   * naming the fields that the recipient lacks. {CONFIGURATION_INVALID} its channel is not registered. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function sendToMe(shop: Workspace, postId: string, contactId: string) {
   *   const { externalId } = await shop.posts.testSend(postId, { to: "me@shop.example", as: { contactId } });
   *   return externalId;
   * }
   * ```
   */
  async testSend(
    postId: string,
    options: { readonly to: string; readonly as?: PreviewRecipient },
  ): Promise<Receipt> {
    const { as = null, to } = options;
    const { message, channel, config, key } = await renderPost(this.#scope, "content:write", postId, as, to);
    const { clock, fetch, logger } = this.#scope.kernel.runtime;
    const receipt = await new Patience(clock, TEST_SEND_MS).bound((signal) =>
      channel.send(message, { config, idempotencyKey: key, signal, clock, fetch, logger }),
    );
    await this.#scope.write("content:write", async (unit) =>
      unit.record("post.test-sent", aboutPost(await this.#find(unit.db, postId))),
    );
    return receipt;
  }

  #find(db: Db, postId: string): Promise<PostRow> {
    return selectPost(db, this.#scope.workspaceId, postId);
  }

  async #shown(db: Db, row: PostRow): Promise<Post> {
    const holds = await selectHolds(db, this.#scope.workspaceId, [row]);
    return toPost(row, holds.get(row.id) ?? null);
  }

  #write(
    work: (unit: Unit) => Promise<PostRow>,
    permission: "content:write" | "content:approve" | "delivery:operate" = "content:write",
  ): Promise<Post> {
    return this.#scope.write(permission, async (unit) => this.#shown(unit.db, await work(unit)));
  }
}
