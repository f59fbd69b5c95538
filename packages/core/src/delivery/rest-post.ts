/** Letting a post rest of which nothing is due: until its next delivery is, and with the reason where that is the hour of its recipients. */
import { loadRecipients } from "../audience/index.ts";
import type { Campaign } from "../campaigns/index.ts";
import type { Unit } from "../kernel/unit.ts";
import { loadPolicies } from "../policies/index.ts";
import { addressOf } from "./accounting.ts";
import { countClaims } from "./claims-store.ts";
import { selectStandings } from "./deliveries-store.ts";
import { restDispatch, restDispatchFor } from "./dispatches-store.ts";
import type { WaitReason } from "./hold.ts";
import { finishPost } from "./post-state.ts";
import type { PostRow } from "./posts-store.ts";
import { selectFirstReady } from "./ready-store.ts";
import { localTimeOf, quietHoursOf, timingOf } from "./timing.ts";

/** A post whose rows are all in other hands is looked at again after so long. */
const LOOK_AGAIN_MS = 1_000;

/** Ends the post, or lets it rest; resolves to whether it has ended. */
export async function restPost(unit: Unit, post: PostRow, campaign: Campaign): Promise<boolean> {
  const finish = await finishPost(unit, post, "open");
  if (finish !== "open") return finish === "finished";
  const first = await selectFirstReady(unit.db, post.id);
  const again = unit.now + LOOK_AGAIN_MS;
  const inHand = await countClaims(unit.db, unit.workspaceId, post.id);
  if (first === null || inHand > 0) {
    await restDispatch(unit, post.id, Math.min(again, first?.dueAt ?? again));
    return false;
  }
  const reason = await reasonOf(unit, post, campaign, first);
  if (reason === null) await restDispatch(unit, post.id, first.dueAt);
  else await restDispatchFor(unit, post.id, first.dueAt, reason);
  return false;
}

/** Why the post's next delivery is not due yet: because of the hour where its recipient is, or for a reason of its own, such as an attempt that failed. */
async function reasonOf(
  unit: Unit,
  post: PostRow,
  campaign: Campaign,
  first: { readonly id: string; readonly dueAt: number },
): Promise<WaitReason | null> {
  const address = addressOf(unit.kernel, post.channel);
  if (address === undefined || first.dueAt <= unit.now) return null;
  const policies = await loadPolicies(unit.db, unit.workspaceId);
  const localTime = localTimeOf(post);
  if (localTime === null && quietHoursOf(post, policies).length === 0) return null;
  const [standing] = await selectStandings(unit, [first.id]);
  const contactId = standing?.contactId ?? null;
  if (contactId === null) return null;
  const query = {
    workspaceId: unit.workspaceId,
    contactIds: [contactId],
    address,
    purpose: post.purpose,
    wishes: null,
  };
  const known = (await loadRecipients(unit.db, query)).get(contactId);
  const { opensAt } = timingOf(post, campaign, policies, unit.now).windowOf(
    known?.recipient.timeZone ?? null,
  );
  if (opensAt <= unit.now) return null;
  return localTime === null ? "quiet-hours" : "local-time";
}
