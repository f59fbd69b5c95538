/** What follows when a delivery comes back: it shows so, an event counts it, and its address is suppressed where the workspace's policy says so. */
import { recordEvents } from "../analytics/index.ts";
import { suppressContact } from "../audience/index.ts";
import { defineJob, handleJob, type JobHandler, type JobKind } from "../kernel/jobs/job.ts";
import type { Unit } from "../kernel/unit.ts";
import { loadPolicies } from "../policies/index.ts";
import type { AddressKind } from "../ports/channel.ts";
import type { BounceReport } from "../ports/inbound.ts";
import type { TrackedDelivery } from "../tracking/index.ts";
import { addressOf, recordSent } from "./accounting.ts";
import { changeDeliveries, selectStandings } from "./deliveries-store.ts";
import { deliveryFacts } from "./facts.ts";
import { selectPost } from "./posts-store.ts";
import { SOFT_KINDS } from "./returned.ts";
import { countSoftBounces, insertBounce, insertComplaint } from "./returns-store.ts";

const DAY_MS = 86_400_000;

/** Where word of it came from. */
interface ReturnSource {
  /** Which of the contact's addresses is to blame; `null` where that is not known, so that none is suppressed. */
  readonly channel: AddressKind | null;
  /** Such as `bounce mail`. */
  readonly source: string;
  /** The addresses that the message was written to, as far as is known. */
  readonly writtenTo: readonly string[];
}

/** What came of it. */
export interface ReturnEffect {
  /** Whether it was not known before. */
  readonly isNew: boolean;
  /** Whether the contact's address is suppressed for it now. */
  readonly suppressed: boolean;
}

/**
 * Takes down that a message came back. Idempotent by delivery: the event is recorded once. Of a delivery that was uncertain it proves that it had
 * gone out.
 */
export async function recordBounce(
  unit: Unit,
  delivery: TrackedDelivery,
  bounce: BounceReport,
  source: ReturnSource,
): Promise<ReturnEffect> {
  await settleDoubt(unit, delivery);
  const effect = await noteBounce(unit, delivery, bounce, source);
  const { kind, status } = bounce;
  await recordEvents(unit, [
    { ...eventOf(unit, delivery, "bounce"), properties: status === null ? { kind } : { kind, status } },
  ]);
  return effect;
}

/** Takes down that the recipient reported the message as spam, and suppresses the address. Idempotent by delivery. */
export async function recordComplaint(
  unit: Unit,
  delivery: TrackedDelivery,
  feedback: string,
  { channel, source, writtenTo }: ReturnSource,
): Promise<ReturnEffect> {
  const { deliveryId, postId, contactId } = delivery;
  await settleDoubt(unit, delivery);
  const isNew = await insertComplaint(unit, deliveryId, feedback);
  if (isNew)
    unit.record("delivery.complained", {
      subject: { type: "delivery", id: deliveryId },
      data: { deliveryId, postId, contactId, feedback },
    });
  const suppressed =
    contactId !== null &&
    channel !== null &&
    (await suppressContact(unit, { contactId, channel, reason: "complaint", source, writtenTo }));
  await recordEvents(unit, [{ ...eventOf(unit, delivery, "complaint"), properties: { feedback } }]);
  return { isNew, suppressed };
}

/** What comes back has gone out: where that was not known it is now. */
async function settleDoubt(
  unit: Unit,
  { deliveryId, postId, contactId, segmentSet }: TrackedDelivery,
): Promise<void> {
  const [standing] = await selectStandings(unit, [deliveryId]);
  if (standing?.state !== "uncertain") return;
  const post = await selectPost(unit.db, unit.workspaceId, postId);
  const from = { states: ["uncertain"], reasonOf: () => standing.reason } as const;
  const sent = { id: deliveryId, state: "sent", reason: "", attempts: standing.attempts } as const;
  const changed = await changeDeliveries(unit, { postId, part: 0 }, from, [sent]);
  if (!changed.has(deliveryId)) return;
  await recordSent(unit, post, [{ id: deliveryId, contactId, segmentSet, at: unit.now }]);
}

async function noteBounce(
  unit: Unit,
  delivery: TrackedDelivery,
  bounce: BounceReport,
  { channel, source, writtenTo }: ReturnSource,
): Promise<ReturnEffect> {
  const { deliveryId, postId, contactId } = delivery;
  const { kind, status } = bounce;
  const isNew = await insertBounce(unit, deliveryId, bounce);
  if (isNew)
    unit.record("delivery.bounced", {
      subject: { type: "delivery", id: deliveryId },
      data: { deliveryId, postId, contactId, kind, status },
    });
  if (contactId === null || channel === null) return { isNew, suppressed: false };
  const reason = await reasonToSuppress(unit, contactId, bounce);
  if (reason === null) return { isNew, suppressed: false };
  return {
    isNew,
    suppressed: await suppressContact(unit, { contactId, channel, reason, source, writtenTo }),
  };
}

/** By the workspace's policy. */
async function reasonToSuppress(
  unit: Unit,
  contactId: string,
  { kind }: BounceReport,
): Promise<"hard-bounce" | "soft-bounces" | null> {
  const { suppressHard, softLimit, softDays } = (await loadPolicies(unit.db, unit.workspaceId)).bounces;
  if (kind === "hard") return suppressHard ? "hard-bounce" : null;
  if (softLimit === null || !SOFT_KINDS.includes(kind)) return null;
  const known = await countSoftBounces(unit, contactId, unit.now - softDays * DAY_MS);
  return known >= softLimit ? "soft-bounces" : null;
}

function eventOf(unit: Unit, delivery: TrackedDelivery, type: "bounce" | "complaint") {
  const { campaignId, postId, deliveryId, contactId, channel, variant, segmentSet } = delivery;
  const facts = { campaignId, postId, deliveryId, contactId, channel, variant, segmentSet };
  return { ...facts, id: `${type}:${deliveryId}`, type, at: unit.now };
}

/** A recipient whom the far side refused when the message was handed over. */
export interface RefusedRecipient {
  readonly deliveryId: string;
  readonly bounce: BounceReport;
}

/** Recipients were refused. A job of its own, because suppressing locks what sending must not wait for. */
export const refusedJob: JobKind<{ readonly refused: readonly RefusedRecipient[] }> =
  defineJob("delivery.refused");

/** Notes why recipients were refused, and suppresses by policy. No event: what was refused never counted as sent. */
export const refusedHandler: JobHandler = handleJob(refusedJob, (job) =>
  job.step({ next: "finish" }, async (unit) => {
    const { refused } = job.payload;
    const known = await deliveryFacts(
      unit.db,
      unit.workspaceId,
      refused.map(({ deliveryId }) => deliveryId),
    );
    const found = refused.flatMap(({ deliveryId, bounce }) => {
      const delivery = known.get(deliveryId);
      return delivery === undefined ? [] : [{ delivery, bounce }];
    });
    // By contact, so that two of these lock the same addresses in the same order.
    found.sort((a, b) => ((a.delivery.contactId ?? "") < (b.delivery.contactId ?? "") ? -1 : 1));
    for (const { delivery, bounce } of found) {
      const channel = addressOf(unit.kernel, delivery.channel) ?? null;
      await noteBounce(unit, delivery, bounce, { channel, source: "refused at hand-over", writtenTo: [] });
    }
  }),
);
