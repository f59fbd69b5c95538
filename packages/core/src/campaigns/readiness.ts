/** What stands between a campaign and its launch. */
import type { Kernel } from "../kernel/kernel.ts";
import { loadPolicies } from "../policies/index.ts";
import type { ChannelRecord } from "../ports/channel.ts";
import type { Db } from "../storage/db.ts";
import type { Campaign } from "./campaign.ts";
import { checkChannels } from "./channel-choice.ts";
import { legalMoves } from "./lifecycle.ts";
import { checkSegments } from "./segment-choice.ts";
import { countActive } from "./store.ts";

/** One point of the checklist that is not as it should be. */
export interface ReadinessItem {
  /** `blocker`: it can't be launched so. `warning`: it can, but look at it. */
  readonly level: "blocker" | "warning";
  /** Which field of the campaign it is about. */
  readonly path: readonly (string | number)[];
  /** What is wrong, and what to do. */
  readonly message: string;
}

/** The checklist before a launch. */
export interface Readiness {
  /** Whether `launch` would be accepted now. */
  readonly ready: boolean;
  readonly items: readonly ReadinessItem[];
}

/** Where and when a campaign is to be launched. */
export interface LaunchPlace {
  readonly workspaceId: string;
  readonly channels: ChannelRecord;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Checks a campaign as it would be launched there and then. */
export async function checkReadiness(
  db: Db,
  campaign: Campaign,
  { workspaceId, channels: registered, now }: LaunchPlace,
): Promise<readonly ReadinessItem[]> {
  const items: ReadinessItem[] = [];
  if (campaign.channels.length === 0) {
    items.push({
      level: "blocker",
      path: ["channels"],
      message: "It uses no channel, so nothing can go out; choose at least one.",
    });
  }
  const { issues } = await checkChannels(campaign.channels, registered);
  items.push(...issues.map(({ path, message }) => ({ level: "blocker", path, message }) as const));
  if (campaign.endsAt !== null && campaign.endsAt.getTime() <= now) {
    items.push({
      level: "blocker",
      path: ["endsAt"],
      message: `Its end (${campaign.endsAt.toISOString()}) has passed; move it.`,
    });
  }
  items.push(
    ...(await checkSegments(db, workspaceId, campaign.segmentIds)).map(
      (issue) => ({ level: "blocker", ...issue }) as const,
    ),
  );
  const direct = campaign.channels.filter(
    ({ channel }) => Object.hasOwn(registered, channel) && registered[channel]?.reach === "direct",
  );
  if (direct.length > 0 && campaign.segmentIds.length === 0) {
    const names = direct.map(({ channel }) => channel).join(", ");
    items.push({
      level: "warning",
      path: ["segmentIds"],
      message: `It names no segment, so nobody gets anything by ${names}; add a segment.`,
    });
  }
  return items;
}

/** The whole checklist of a launch now: the campaign itself, its state, and the workspace's policy. */
export async function readinessOf(
  db: Db,
  workspaceId: string,
  campaign: Campaign,
  { channels, runtime }: Pick<Kernel, "channels" | "runtime">,
): Promise<Readiness> {
  const items = [
    ...(await checkReadiness(db, campaign, { workspaceId, channels, now: runtime.clock.now() })),
  ];
  const block = (path: string, message: string): void =>
    void items.push({ level: "blocker", path: [path], message });
  if (campaign.archivedAt !== null) block("archivedAt", "It is archived; unarchive it first.");
  if (!legalMoves(campaign.state).includes("launch"))
    block("state", `It is ${campaign.state}, from where there is no launch.`);
  const { maxActiveCampaigns } = await loadPolicies(db, workspaceId);
  const active = await countActive(db, workspaceId);
  if (maxActiveCampaigns !== null && active >= maxActiveCampaigns)
    block(
      "state",
      `${active} campaigns are active, and the workspace's policy allows ${maxActiveCampaigns}; pause or end one.`,
    );
  return { ready: items.every(({ level }) => level !== "blocker"), items };
}
