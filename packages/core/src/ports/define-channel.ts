/** Checks a channel's definition and seals its inner types. */
import type { Channel, ChannelDefinition } from "./channel.ts";
import { CampaignKitError } from "./errors.ts";

/** What is wrong with the definition, or nothing. */
function fault(definition: ChannelDefinition<unknown, never, unknown, never, never>): string | undefined {
  if (!/^[a-z][a-z0-9-]*$/.test(definition.id))
    return `its id "${definition.id}" is not lower-case letters, digits and hyphens`;
  if (definition.reach === "direct" && definition.address === undefined)
    return "a direct channel must name its address kind";
  if (definition.idempotency === "lookup" && definition.lookup === undefined)
    return 'idempotency "lookup" needs a lookup function';
  if (!(Number.isInteger(definition.limits.concurrency) && definition.limits.concurrency > 0)) {
    return `limits.concurrency is ${definition.limits.concurrency}; it must be a positive whole number`;
  }
  if (definition.limits.perSecond !== undefined && !(definition.limits.perSecond > 0))
    return "limits.perSecond must be more than 0";
  if (
    definition.costMicros !== undefined &&
    !(Number.isSafeInteger(definition.costMicros) && definition.costMicros >= 0)
  ) {
    return "costMicros must be a whole number of micros, 0 or more";
  }
  return undefined;
}

/**
 * Makes a channel from its definition, keeping the types of content and config for the host's call sites.
 *
 * @throws {CONFIGURATION_INVALID} when a direct channel names no address kind, `lookup` is declared but not written, or a limit is no positive number.
 */
export function defineChannel<ContentInput, Content, ConfigInput, Config, Message>(
  definition: ChannelDefinition<ContentInput, Content, ConfigInput, Config, Message>,
): Channel<ContentInput, ConfigInput> {
  const reason = fault(definition as ChannelDefinition<unknown, never, unknown, never, never>);
  if (reason !== undefined) {
    throw new CampaignKitError(
      "CONFIGURATION_INVALID",
      `The channel "${definition.id}" can't be used: ${reason}.`,
      {
        setting: `channel ${definition.id}`,
        reason,
      },
    );
  }
  return definition as Channel<ContentInput, ConfigInput>;
}
