/** Checks a channel's definition and seals its inner types. */
import type { Channel, ChannelDefinition, ChannelLimits } from "./channel.ts";
import { CampaignKitError } from "./errors.ts";

/** As a port imports nothing, the machine is asked directly. */
function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

const isCount = (value: number | undefined): boolean =>
  value === undefined || (Number.isSafeInteger(value) && value > 0);

/** What is wrong with the limits of an account, or nothing. */
function limitsFault({ perDay, suspendAfter }: ChannelLimits): string | undefined {
  if (!isCount(suspendAfter))
    return `limits.suspendAfter is ${suspendAfter}; it must be a positive whole number`;
  if (perDay === undefined) return undefined;
  if (!isTimeZone(perDay.timeZone))
    return `limits.perDay.timeZone is "${perDay.timeZone}", which is no time zone`;
  if (!isCount(perDay.max)) return `limits.perDay.max is ${perDay.max}; it must be a positive whole number`;
  if (perDay.warmUp === undefined) return undefined;
  const { days, growth, startsOn } = perDay.warmUp;
  if (days.length === 0 || !days.every((day) => isCount(day)))
    return "limits.perDay.warmUp.days must name a positive whole number for each of the first days";
  if (growth !== undefined && !(growth > 1 && growth <= 10))
    return `limits.perDay.warmUp.growth is ${growth}; it must be more than 1, and 10 at most`;
  if (startsOn !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(startsOn))
    return `limits.perDay.warmUp.startsOn is "${startsOn}"; it must be a day as YYYY-MM-DD`;
  return undefined;
}

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
  const limit = limitsFault(definition.limits);
  if (limit !== undefined) return limit;
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
