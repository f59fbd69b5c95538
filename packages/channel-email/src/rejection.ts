/** The errors of a post that can never be sent, and of settings that can't work. */
import { CampaignKitError, ChannelError } from "@campaignkit/core";

/** The post itself is at fault: no recipient will ever get it as it is. */
export function rejectedContent(message: string, cause?: unknown): ChannelError {
  return new ChannelError({ kind: "rejected-content", outcome: "not-sent", message, cause });
}

/** The host configured the channel wrongly. `reason` must not hold a secret. */
export function invalidSetting(setting: string, reason: string): CampaignKitError<"CONFIGURATION_INVALID"> {
  return new CampaignKitError("CONFIGURATION_INVALID", `The setting ${setting} can't be used: ${reason}.`, {
    setting,
    reason,
  });
}
