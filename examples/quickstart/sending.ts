/** The second step: the campaign is launched, and the engine's workers send it. */
import { setTimeout as sleep } from "node:timers/promises";
import { CampaignKitError, type DeliveryProgress } from "@campaignkit/core";
import { type Launch, launchCampaign } from "./campaign.ts";
import type { Stage } from "./stage.ts";
import { count, decimal, formatMoney, plural } from "./terminal.ts";

const LOOK_EVERY_MS = 100;
/** Of larger audiences a sample is kept and read: the others' mail would only fill the disk. */
const MOST_READERS = 2_500;
/** The shop's people: a workspace with members has an owner, and somebody looks over what goes to many. */
const OWNER = "olga";
const APPROVER = "ana";

/** A campaign that has been sent. */
export interface Sent extends Launch {
  /** The share of the audience whose mail is kept to be read. */
  readonly keptShare: number;
}

/** Launches the campaign if that has not been done, and waits until every delivery has its outcome. */
export async function sendStep(stage: Stage): Promise<Sent> {
  const { kit, shop, terminal, options, mailServer } = stage;
  const launch = await launchCampaign(shop, {
    voucherAttribute: options.contacts === null ? "voucher" : null,
  });
  const keptShare = Math.min(1, MOST_READERS / Math.max(1, launch.audience));
  await mailServer.keep(keptShare);
  terminal.say(
    `Campaign  "${launch.name}" for ${plural(launch.audience, "person", "people")}, budget ${formatMoney(launch.budget)}`,
  );
  const startedAt = performance.now();
  let held: string | null = null;
  const stopListening = kit.on("post.held", ({ reason }) => {
    held = reason;
  });
  await kit.start();
  try {
    const line = terminal.moving("messages settled");
    let sentBefore: number | null = null;
    for (;;) {
      stage.signal.throwIfAborted();
      const { state } = await shop.posts.get(launch.postId);
      const progress = await shop.posts.progress(launch.postId);
      sentBefore ??= progress.sent;
      if (state === "awaiting-approval") await approve(stage, launch.postId);
      if (state === "sent" || state === "cancelled") {
        tellSending(stage, progress, progress.sent - sentBefore, (performance.now() - startedAt) / 1_000);
        return { ...launch, keptShare };
      }
      if (held !== null) throw new Error(`The post is held: ${held}. ${folderHint(stage)}`);
      line.update(
        progress.audience - progress.pending,
        launch.audience,
        progress.failed > 0 ? `, ${count(progress.failed)} failed` : "",
      );
      await sleep(LOOK_EVERY_MS, undefined, { signal: stage.signal });
    }
  } finally {
    stopListening();
  }
}

const folderHint = ({ folder }: Stage): string => `The engine's log says more: ${folder.file("engine.log")}`;

function tellSending(
  { terminal }: Stage,
  progress: DeliveryProgress,
  sentNow: number,
  seconds: number,
): void {
  const rate = sentNow > 0 && seconds > 0 ? `, ${plural(sentNow, "message")} in ${decimal(seconds)} s` : "";
  terminal.say(
    `Sending   ${count(progress.sent)} sent, ${count(progress.failed)} failed, ${count(progress.skipped)} skipped, ${count(progress.uncertain)} uncertain${rate}`,
  );
}

/** Approves a post that waits for it, as the person whose office that is. */
async function approve({ kit, shop, note, terminal }: Stage, postId: string): Promise<void> {
  await shop.team.setMember(OWNER, "owner");
  await shop.team.setMember(APPROVER, "approver");
  const { version } = await shop.posts.get(postId);
  try {
    await kit.workspace(note.workspaceId, { actor: APPROVER }).posts.approve(postId, version);
    terminal.say(`          approved by ${APPROVER}, as the policy asks for above 1,000 recipients`);
  } catch (error) {
    // The post has moved on meanwhile, which is as good.
    if (!CampaignKitError.is(error, "CONFLICT") && !CampaignKitError.is(error, "STALE_VERSION")) throw error;
  }
}
