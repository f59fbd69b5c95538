/** What holds at every moment of every history, seen in the tables and at the far side. */
import { expect } from "vitest";
import { type DeliveryState, progressOf, type UnknownPolicy } from "../delivery.ts";
import { CAP, COST, idsIn, PEOPLE, PER_DAY, type World } from "./world.fixture.ts";

const WEEK_MS = 7 * 24 * 3_600_000;
/** A message goes out a little after it took its place under the cap: as long as a batch is under way. */
const UNDER_WAY_MS = 2 * 3_600_000;

/** A delivery, as its row has it. */
export interface Row {
  readonly id: string;
  readonly postId: string;
  readonly campaignId: string;
  readonly contactId: string;
  readonly state: DeliveryState;
  readonly reason: string;
  readonly policy: UnknownPolicy;
  readonly ready: number;
  readonly claims: number;
}

/** What the model keeps of the past, beside what it can see. */
export class Memory {
  readonly states = new Map<string, DeliveryState>();
  readonly audiences = new Map<string, number>();
  /** Contacts by what happened to them. */
  readonly withdrawn = new Set<string>();
  readonly suppressed = new Set<string>();
  readonly erased = new Set<string>();
  readonly joined = new Set<string>();
  /** A person's word stands against whatever the far side knows. */
  readonly declaredSent = new Set<string>();
  readonly declaredFailed = new Set<string>();
  /** How often a delivery was paid for before a person declared that it had failed. */
  written = 0;
  /** How often a person sent a delivery again, not knowing whether it had gone out. */
  readonly risked = new Map<string, number>();
}

/** Says what law is broken. Asked ten thousand times in a history, it costs next to nothing as long as all is well. */
function law(holds: boolean, broken: () => string): void {
  if (!holds) expect.fail(broken());
}

/** What can be seen of a history. */
export async function look(world: World): Promise<readonly Row[]> {
  const { rows } = await world.driver.execute({
    sql: `select d.id, d.post_id, d.campaign_id, d.contact_id, d.state, d.reason, d.on_unknown,
        (select count(*) from ck_delivery_ready as r where r.delivery_id = d.id) as ready
      from ck_deliveries as d order by d.id`,
    parameters: [],
  });
  const claims = await world.driver.execute({
    sql: "select delivery_ids from ck_delivery_claims",
    parameters: [],
  });
  const claimed = claims.rows.flatMap((row) => idsIn(row["delivery_ids"]));
  return rows.map((row) => ({
    id: String(row["id"]),
    postId: String(row["post_id"]),
    campaignId: String(row["campaign_id"]),
    contactId: String(row["contact_id"]),
    state: String(row["state"]) as DeliveryState,
    reason: String(row["reason"]),
    policy: String(row["on_unknown"]) as UnknownPolicy,
    ready: Number(row["ready"]),
    claims: claimed.filter((id) => id === row["id"]).length,
  }));
}

const isOpen = ({ state }: Row): boolean => state === "pending" || state === "sending";
const isMarketing = (world: World, postId: string): boolean =>
  !world.transactional.has(world.postIds.indexOf(postId));
/** Whether it may have gone out, as far as the engine knows. */
const mayBeOut = (row: Row): boolean =>
  row.state === "sent" || row.state === "uncertain" || (isOpen(row) && row.reason !== "");

export async function expectLaws(world: World, memory: Memory): Promise<void> {
  const rows = await look(world);
  expect(world.broken).toEqual([]);
  for (const row of rows) expectPlace(row);
  await expectCounters(world, memory, rows);
  expectOutcomes(world, memory, rows);
  expectReasons(world, memory, rows);
  expectCap(world, memory, rows);
  await expectMoney(world, memory, rows);
  await expectDays(world);
  await expectEvents(world, rows);
  for (const { id, state } of rows) memory.states.set(id, state);
}

/** What is open is in exactly one place; what has an outcome waits nowhere. */
function expectPlace(row: Row): void {
  const { id, state, ready, claims } = row;
  const what = () => `the ${state} delivery ${id} is ready ${ready} times, and in ${claims} hands`;
  law(isOpen(row) ? ready + claims === 1 : ready === 0, what);
  law(state !== "sending" || claims === 1, what);
}

/** The counters are the rows counted, and the outcomes add up to the audience. */
async function expectCounters(world: World, memory: Memory, rows: readonly Row[]): Promise<void> {
  const members = PEOPLE.filter((name) => {
    const id = world.idOf(name);
    return !memory.erased.has(id) && (name !== "late" || memory.joined.has(id));
  }).length;
  for (const postId of world.postIds) {
    const own = rows.filter((row) => row.postId === postId);
    const counts = own.map((row) => ({ state: row.state, reason: isOpen(row) ? "" : row.reason, n: 1 }));
    const progress = await world.shop.posts.progress(postId);
    expect(progress, `the counters of post ${postId}`).toMatchObject(progressOf(counts));
    const { audience, pending, sent, failed, skipped, uncertain } = progress;
    expect(pending + sent + failed + skipped + uncertain).toBe(audience);
    if (own.length > 0 && !memory.audiences.has(postId)) memory.audiences.set(postId, members);
    expect(audience, `the audience of post ${postId}`).toBe(memory.audiences.get(postId) ?? 0);
  }
}

/** What the rows say of the far side is true, and nobody gets it twice but where that was accepted. */
function expectOutcomes(world: World, memory: Memory, rows: readonly Row[]): void {
  const accepted = new Map<string, number>();
  for (const channel of Object.values(world.channels))
    for (const { idempotencyKey: id } of channel.accepted) accepted.set(id, (accepted.get(id) ?? 0) + 1);
  for (const row of rows) {
    const { id, state, policy, reason } = row;
    const times = accepted.get(id) ?? 0;
    const what = () =>
      `delivery ${id} (${policy}, ${state}, ${reason || "no reason"}) was accepted ${times} times`;
    law(state !== "sent" || memory.declaredSent.has(id) || times > 0, what);
    law(times === 0 || memory.declaredFailed.has(id) || mayBeOut(row) || row.claims > 0, what);
    const again = memory.risked.get(id) ?? 0;
    const faults = world.faults.get(id) ?? 0;
    const extra = {
      hold: again,
      idempotent: 0,
      lookup: world.zombies.has(id) ? faults : 0,
      retry: faults + again,
    };
    const most = 1 + extra[policy];
    law(times <= most, () => `${what()}, and may be ${most} times`);
    const before = memory.states.get(id);
    law(
      (before !== "sent" && before !== "skipped") || state === before,
      () => `${what()}, and was ${before}`,
    );
  }
}

/** Nothing is left out, fails or is in doubt without a reason, and the reason is true. */
function expectReasons(world: World, memory: Memory, rows: readonly Row[]): void {
  for (const row of rows) {
    const { id, state, reason, contactId } = row;
    if (memory.states.get(id) === state) continue;
    if (state === "sent") expect(reason).toBe("");
    if (state === "failed")
      expect([
        "rejected-recipient",
        "rejected-content",
        "attempts-exhausted",
        "resolved-by-person",
      ]).toContain(reason);
    if (state === "uncertain")
      expect(["outcome-unknown", "attempts-exhausted", "worker-lost"]).toContain(reason);
    if (state !== "skipped") continue;
    const others = rows.filter(
      (other) => other.contactId === contactId && other.id !== id && other.state !== "skipped",
    );
    const truth: Readonly<Record<string, boolean>> = {
      "no-consent": true,
      "no-address": true,
      "consent-withdrawn": memory.withdrawn.has(contactId),
      suppressed: memory.suppressed.has(contactId),
      erased: memory.erased.has(contactId),
      "frequency-cap": others.filter(({ postId }) => isMarketing(world, postId)).length >= CAP,
      "campaign-cancelled": true,
      "campaign-ended": true,
    };
    expect(truth[reason], `delivery ${id} is skipped because of "${reason}"`).toBe(true);
  }
}

/** No week holds more marketing messages to a contact than the cap. */
function expectCap(world: World, memory: Memory, rows: readonly Row[]): void {
  const rowOf = new Map(rows.map((row) => [row.id, row]));
  const out = Object.values(world.channels).flatMap(({ accepted }) =>
    accepted.flatMap(({ idempotencyKey, at }) => {
      const row = rowOf.get(idempotencyKey);
      const counts =
        row !== undefined && isMarketing(world, row.postId) && !memory.declaredFailed.has(row.id);
      return counts ? [{ ...row, at: at.getTime() }] : [];
    }),
  );
  for (const last of out) {
    const week = out.filter(
      ({ contactId, at }) =>
        contactId === last.contactId && at <= last.at && at > last.at - WEEK_MS + UNDER_WAY_MS,
    );
    const number = new Set(week.map(({ id }) => id)).size;
    law(number <= CAP, () => `${last.contactId} got ${number} e-mails in a week`);
  }
}

/** What may have gone out is paid for, once; what is in hand is set aside; together never more than the limit. */
async function expectMoney(world: World, memory: Memory, rows: readonly Row[]): Promise<void> {
  let committed = 0;
  let reserved = 0;
  for (const campaignId of world.campaignIds) {
    const { total } = await world.shop.budgets.get(campaignId);
    committed += total.committed.amountMicros;
    reserved += total.reserved.amountMicros;
    const limit = total.limit?.amountMicros ?? Number.POSITIVE_INFINITY;
    expect(total.committed.amountMicros + total.reserved.amountMicros).toBeLessThanOrEqual(limit);
  }
  const inHand = rows.filter((row) => row.claims > 0 && isOpen(row) && row.reason === "");
  expect(committed / COST, "messages paid for").toBe(rows.filter(mayBeOut).length + memory.written);
  expect(reserved / COST, "messages with money set aside").toBe(inHand.length);
}

/** No day of a channel holds more than its limit, and whatever the far side took was counted on one. */
async function expectDays(world: World): Promise<void> {
  const { rows } = await world.driver.execute({
    sql: "select channel, day, used from ck_channel_days",
    parameters: [],
  });
  for (const { channel, day, used } of rows) {
    expect(Number(used), `messages of ${channel} on ${day}`).toBeGreaterThanOrEqual(0);
    expect(Number(used), `messages of ${channel} on ${day}`).toBeLessThanOrEqual(PER_DAY);
  }
  for (const [name, { accepted }] of Object.entries(world.channels)) {
    const counted = rows.filter(({ channel }) => channel === name).map(({ used }) => Number(used));
    const total = counted.reduce((sum, used) => sum + used, 0);
    expect(total, `messages of ${name} that were counted`).toBeGreaterThanOrEqual(accepted.length);
  }
}

/** Each delivery that was sent is an event, once. */
async function expectEvents(world: World, rows: readonly Row[]): Promise<void> {
  const events = await world.driver.execute({
    sql: "select id from ck_events where type = 'sent' order by id",
    parameters: [],
  });
  const sent = rows.filter(({ state }) => state === "sent").map(({ id }) => `sent:${id}`);
  expect(events.rows.map(({ id }) => id)).toEqual(sent.sort());
}
