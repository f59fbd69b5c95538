/** Posts prepared for sending, kept in memory by version: templates are compiled once, not once per message. */
import type { Campaign } from "../campaigns/index.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { checkStandard } from "../kernel/validate.ts";
import type { Channel, PreparedPost } from "../ports/channel.ts";
import { CampaignKitError, ChannelError } from "../ports/errors.ts";
import { fromJson } from "../storage/columns.ts";
import type { PostRow } from "./posts-store.ts";

/** A post ready to be rendered for anybody. */
export interface PreparedEntry {
  readonly channel: Channel;
  readonly config: unknown;
  readonly prepared: PreparedPost<unknown>;
}

const LIMIT = 100;

/** The host's channel of that name. @throws {CONFIGURATION_INVALID} when the host has none. */
export function channelNamed(kernel: Kernel, name: string): Channel {
  const channel = Object.hasOwn(kernel.channels, name) ? kernel.channels[name] : undefined;
  if (channel !== undefined) return channel;
  const known = Object.keys(kernel.channels).join(", ") || "none";
  throw new CampaignKitError(
    "CONFIGURATION_INVALID",
    `No channel "${name}" is registered; the channels are: ${known}.`,
    {
      setting: "channels",
      reason: `no channel "${name}"`,
    },
  );
}

/** Prepares content for a channel, as it will be sent. @throws {CHANNEL_FAILED} {CONFIGURATION_INVALID} */
export async function prepareContent(
  kernel: Kernel,
  channelName: string,
  content: unknown,
  campaign: Pick<Campaign, "channels">,
): Promise<PreparedEntry> {
  const channel = channelNamed(kernel, channelName);
  const given = campaign.channels.find((entry) => entry.channel === channelName)?.config ?? {};
  const checked = await checkStandard(channel.config, given, ["config"]);
  if (checked.issues !== undefined) {
    const message = checked.issues.map((issue) => issue.message).join("; ");
    throw new ChannelError({
      kind: "rejected-content",
      outcome: "not-sent",
      message: `The channel's config is not valid: ${message}`,
    });
  }
  const config = checked.value;
  const prepared = await channel.prepare(content, { config, tracked: kernel.tracking.baseUrl !== null });
  return { channel, config, prepared };
}

/** The prepared posts of one engine; the least recently used are forgotten. */
export class PreparedPosts {
  readonly #kernel: Kernel;
  readonly #entries = new Map<string, Promise<PreparedEntry>>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** The post, prepared at most once per version of its content and its campaign. */
  get(post: PostRow, campaign: Campaign): Promise<PreparedEntry> {
    const key = `${post.id}/${post.content_version}/${campaign.version}`;
    const known = this.#entries.get(key);
    if (known !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known;
    }
    const entry = prepareContent(this.#kernel, post.channel, fromJson(post.content), campaign);
    entry.catch(() => this.#entries.delete(key));
    this.#entries.set(key, entry);
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > LIMIT && !oldest.done) this.#entries.delete(oldest.value);
    return entry;
  }
}
