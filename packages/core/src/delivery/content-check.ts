/** Checks a post's content the way it will be used: by the channel's schema, then by compiling it. */
import { loadCampaign } from "../campaigns/index.ts";
import type { Scope } from "../kernel/scope.ts";
import { checkStandard, validationError } from "../kernel/validate.ts";
import type { ChannelWarning } from "../ports/channel.ts";
import { channelNamed, prepareContent } from "./prepared-posts.ts";

/** Content that a channel takes. */
export interface CheckedContent {
  /** As the channel's schema returned it. */
  readonly content: object;
  /** What compiling it warned of. */
  readonly warnings: readonly ChannelWarning[];
}

/** @throws {VALIDATION_FAILED} with paths under `content`. {CHANNEL_FAILED} it can't be compiled. {NOT_FOUND} {CONFIGURATION_INVALID} {FORBIDDEN} */
export async function checkContent(
  scope: Scope,
  campaignId: string,
  channelName: string,
  input: unknown,
): Promise<CheckedContent> {
  const campaign = await scope.read("content:read", (db) => loadCampaign(db, scope.workspaceId, campaignId));
  const channel = channelNamed(scope.kernel, channelName);
  if (!campaign.channels.some((entry) => entry.channel === channelName)) {
    const known = campaign.channels.map((entry) => entry.channel).join(", ") || "none";
    const message = `The campaign does not use the channel "${channelName}"; it uses ${known}. Add it with campaigns.update.`;
    throw validationError("post", [{ path: ["channel"], message }]);
  }
  const checked = await checkStandard(channel.content, input, ["content"]);
  if (checked.issues !== undefined) throw validationError("post", checked.issues);
  if (typeof checked.value !== "object" || checked.value === null) {
    throw validationError("post", [{ path: ["content"], message: "A channel's content is an object." }]);
  }
  const { prepared } = await prepareContent(scope.kernel, channelName, checked.value, campaign);
  return { content: checked.value, warnings: prepared.warnings };
}
