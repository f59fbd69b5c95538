/** The channels a campaign uses: registered with the host, each once, each with settings that its own schema accepts. */
import { isStorable } from "../kernel/text.ts";
import { checkStandard } from "../kernel/validate.ts";
import type { ChannelRecord } from "../ports/channel.ts";
import type { ValidationIssue } from "../ports/errors.ts";
import type { CampaignChannel } from "./campaign.ts";

type Path = readonly (string | number)[];

/** A channel as it was given. */
export type GivenChannel = string | { readonly channel: string; readonly config?: unknown };

const MAX_DEPTH = 20;

/** Why the value can't be kept as JSON, with the path to each fault. Settings are kept as they were given, to be parsed again. */
function unkeepable(value: unknown, path: Path): readonly ValidationIssue[] {
  if (value === null || value === undefined || typeof value === "boolean") return [];
  if (typeof value === "string")
    return isStorable(value)
      ? []
      : [{ path, message: "The text is not well-formed Unicode, or holds a NUL." }];
  if (typeof value === "number")
    return Number.isFinite(value) ? [] : [{ path, message: `${value} is no number that JSON knows.` }];
  if (path.length > MAX_DEPTH) return [{ path, message: `Settings nest at most ${MAX_DEPTH} deep.` }];
  if (Array.isArray(value)) return value.flatMap((item, index) => unkeepable(item, [...path, index]));
  if (typeof value === "object" && [Object.prototype, null].includes(Object.getPrototypeOf(value))) {
    return Object.entries(value).flatMap(([key, item]) => [
      ...(isStorable(key) ? [] : [{ path, message: "A key is not well-formed Unicode, or holds a NUL." }]),
      ...unkeepable(item, [...path, key]),
    ]);
  }
  return [
    { path, message: "Settings are kept as JSON: plain objects, lists, texts, numbers, booleans and null." },
  ];
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Checks the settings alone; what is given stays as it is. */
async function checkConfig(
  registered: ChannelRecord[string],
  config: unknown,
  path: Path,
): Promise<readonly ValidationIssue[]> {
  if (!isPlainObject(config)) return [{ path, message: "Give an object of settings, or leave it out." }];
  const faults = unkeepable(config, path);
  if (faults.length > 0) return faults;
  const { issues = [] } = await checkStandard(registered.config, config, path);
  return issues;
}

/** The chosen channels and everything that is wrong with them. Also run before a launch: what the host registers may have changed. */
export async function checkChannels(
  given: readonly GivenChannel[],
  registered: ChannelRecord,
): Promise<{ readonly channels: readonly CampaignChannel[]; readonly issues: readonly ValidationIssue[] }> {
  const channels: CampaignChannel[] = [];
  const issues: ValidationIssue[] = [];
  for (const [index, item] of given.entries()) {
    const { channel, config = {} } = typeof item === "string" ? { channel: item } : item;
    const path = ["channels", index];
    const known = Object.hasOwn(registered, channel) ? registered[channel] : undefined;
    if (known === undefined) {
      const names = Object.keys(registered).join(", ") || "none";
      issues.push({ path, message: `"${channel}" is no channel of this host; registered are: ${names}.` });
      continue;
    }
    if (channels.some((earlier) => earlier.channel === channel)) {
      issues.push({ path, message: `"${channel}" is chosen twice; once is enough.` });
      continue;
    }
    issues.push(...(await checkConfig(known, config, [...path, "config"])));
    channels.push({ channel, config: config as CampaignChannel["config"] });
  }
  return { channels, issues };
}
