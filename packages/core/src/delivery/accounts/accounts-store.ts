/**
 * The SQL of channel accounts. They belong to no workspace: all of them share an account, and so do all processes.
 *
 * Each statement is short and stands alone, or in a unit of its own, so that nobody holds an account's row while working on deliveries.
 */
import { type Selectable, sql } from "kysely";
import { toInteger } from "../../storage/columns.ts";
import { type Db, familyOf } from "../../storage/db.ts";
import { bigintOf } from "../../storage/sets.ts";
import type { ChannelAccountsTable } from "../../storage/tables/delivery.ts";
import { type Account, blockHorizon, FIRST_PAUSE_MS, LONGEST_PAUSE_MS } from "./account.ts";
import type { Slowdown } from "./slowdown.ts";

/** Grants beyond this were made by a clock that has since been set back. */
const GRANT_HORIZON_MICROS = 120_000_000;

/** All accounts that are known. */
export async function selectAccounts(db: Db): Promise<ReadonlyMap<string, Account>> {
  const rows = await db.selectFrom("ck_channel_accounts").selectAll().execute();
  return new Map(rows.map((row) => [row.channel, toAccount(row)]));
}

function toAccount(row: Selectable<ChannelAccountsTable>): Account {
  const { slowed_at, slowed_from, slowed_to } = row;
  const slowed = slowed_at !== null && slowed_from !== null && slowed_to !== null;
  return {
    channel: row.channel,
    state: row.state,
    failures: Number(row.failures),
    failure: row.failure,
    error: row.error,
    suspendedAt: row.suspended_at === null ? null : toInteger(row.suspended_at),
    pauseMs: toInteger(row.pause_ms),
    blockedUntil: toInteger(row.blocked_until),
    slowdown: slowed ? { at: toInteger(slowed_at), from: Number(slowed_from), to: Number(slowed_to) } : null,
  };
}

/** Makes the account known, if it is not. */
export async function insertAccount(db: Db, channel: string): Promise<void> {
  await db
    .insertInto("ck_channel_accounts")
    .values({
      channel,
      state: "working",
      failures: 0,
      failure: null,
      error: null,
      suspended_at: null,
      pause_ms: FIRST_PAUSE_MS,
      blocked_until: 0,
      granted_until: 0,
      last_grant: 0,
      slowed_at: null,
      slowed_to: null,
      slowed_from: null,
    })
    .onConflict((conflict) => conflict.column("channel").doNothing())
    .execute();
}

/** What is asked for of an account's rate, in microseconds. */
export interface GrantRequest {
  readonly channel: string;
  readonly now: number;
  /** The share of a second that one start takes. */
  readonly intervalMicros: number;
  /** How far ahead of the clock starts may be granted: what a rest lets through at once. */
  readonly burstMicros: number;
  readonly count: number;
  /** So many at least, or none. */
  readonly least: number;
}

/**
 * Grants up to that many starts (the generic cell rate algorithm, ITU-T I.371): one statement, so that no two processes are granted the same
 * share of a second. Returns how many.
 */
export async function grantStarts(db: Db, request: GrantRequest): Promise<number> {
  const { channel, count } = request;
  const now = request.now * 1_000;
  const interval = bigintOf(request.intervalMicros);
  const at = sql`(case when granted_until between ${bigintOf(now)} and ${bigintOf(now + GRANT_HORIZON_MICROS)}
    then granted_until else ${bigintOf(now)} end)`;
  const room = sql`((${bigintOf(now + request.burstMicros)} - ${at}) / ${interval})`;
  const least = sql.raw(familyOf(db) === "postgres" ? "least" : "min");
  const granted = sql`${least}(${bigintOf(count)}, ${room})`;
  const { rows } = await sql<{ last_grant: number }>`
    update ck_channel_accounts set granted_until = ${at} + ${granted} * ${interval}, last_grant = ${granted}
    where channel = ${channel} and ${room} >= ${bigintOf(request.least)} returning last_grant
  `.execute(db);
  return Number(rows[0]?.last_grant ?? 0);
}

/** Gives starts back that were granted a moment ago and will not be used. */
export async function returnStarts(db: Db, { channel, intervalMicros, count }: GrantRequest): Promise<void> {
  await sql`
    update ck_channel_accounts set granted_until = granted_until - ${bigintOf(intervalMicros * count)} where channel = ${channel}
  `.execute(db);
}

/** When the next starts will be granted, in epoch milliseconds. */
export async function selectNextGrant(
  db: Db,
  { channel, intervalMicros, burstMicros, least }: GrantRequest,
): Promise<number> {
  const row = await db
    .selectFrom("ck_channel_accounts")
    .select("granted_until")
    .where("channel", "=", channel)
    .executeTakeFirst();
  return Math.ceil((toInteger(row?.granted_until ?? 0) + intervalMicros * least - burstMicros) / 1_000);
}

/** The update of one account. */
function update(db: Db, channel: string) {
  return db.updateTable("ck_channel_accounts").where("channel", "=", channel);
}

/**
 * The far side asked for rest until then. Slows the account down as well, unless it rests already: what was on its way is throttled with the
 * first, and is no second reason.
 */
export async function blockAccount(
  db: Db,
  channel: string,
  { now, until, slowdown }: { readonly now: number; readonly until: number; readonly slowdown: Slowdown },
): Promise<void> {
  const first = await update(db, channel)
    .set({
      blocked_until: until,
      slowed_at: slowdown.at,
      slowed_from: slowdown.from,
      slowed_to: slowdown.to,
    })
    .where(({ eb, or }) => or([eb("blocked_until", "<=", now), eb("blocked_until", ">", blockHorizon(now))]))
    .executeTakeFirst();
  if (first.numUpdatedRows === 1n) return;
  await update(db, channel).set({ blocked_until: until }).where("blocked_until", "<", until).execute();
}

/** Adds failures in a row, or begins anew with them; returns how many there are now. */
export async function countFailures(
  db: Db,
  channel: string,
  {
    count,
    anew,
    failure,
    error,
  }: { readonly count: number; readonly anew: boolean; readonly failure: string; readonly error: string },
): Promise<number> {
  const counted = await update(db, channel)
    .set((eb) => ({ failures: anew ? count : eb("failures", "+", count), failure, error }))
    .where("state", "=", "working")
    .returning("failures")
    .executeTakeFirst();
  return Number(counted?.failures ?? 0);
}

/** The far side has answered: failures before that are not in a row with what follows. */
export async function clearFailures(db: Db, channel: string): Promise<void> {
  await update(db, channel)
    .set({ failures: 0, failure: null, error: null })
    .where("state", "=", "working")
    .where("failures", ">", 0)
    .execute();
}

/** Suspends a working account that has failed so often; of several who try, one does it. Returns until when. */
export async function suspendAccount(
  db: Db,
  channel: string,
  { now, limit }: { readonly now: number; readonly limit: number },
): Promise<number | null> {
  const until = now + FIRST_PAUSE_MS;
  const suspended = await update(db, channel)
    .set({ state: "suspended", suspended_at: now, pause_ms: FIRST_PAUSE_MS, blocked_until: until })
    .where("state", "=", "working")
    .where("failures", ">=", limit)
    .executeTakeFirst();
  return suspended.numUpdatedRows === 1n ? until : null;
}

/** Takes the probe of a suspended account whose pause is over, or whose prober was lost; of several who try, one gets it. */
export async function takeProbe(
  db: Db,
  channel: string,
  { now, until }: { readonly now: number; readonly until: number },
): Promise<boolean> {
  const taken = await update(db, channel)
    .set({ state: "probing", blocked_until: until })
    .where("state", "in", ["suspended", "probing"])
    .where(({ eb, or }) => or([eb("blocked_until", "<=", now), eb("blocked_until", ">", blockHorizon(now))]))
    .executeTakeFirst();
  return taken.numUpdatedRows === 1n;
}

/** The probe was answered: the account works, from then on. `false` when another had said so. */
export async function resumeAccount(db: Db, channel: string, from: number): Promise<boolean> {
  const resumed = await update(db, channel)
    .set({
      state: "working",
      failures: 0,
      failure: null,
      error: null,
      suspended_at: null,
      pause_ms: FIRST_PAUSE_MS,
      blocked_until: from,
    })
    // Also when somebody's earlier probe has failed meanwhile: the far side has answered since.
    .where("state", "<>", "working")
    .executeTakeFirst();
  return resumed.numUpdatedRows === 1n;
}

/** The probe failed: the next pause is twice as long. */
export async function prolongSuspension(
  db: Db,
  account: Pick<Account, "channel" | "pauseMs">,
  { now, failure, error }: { readonly now: number; readonly failure: string; readonly error: string },
): Promise<void> {
  const pauseMs = Math.min(LONGEST_PAUSE_MS, account.pauseMs * 2);
  await update(db, account.channel)
    .set({ state: "suspended", failure, error, pause_ms: pauseMs, blocked_until: now + pauseMs })
    .where("state", "=", "probing")
    .execute();
}

/** Lets a suspended account be probed at once: nothing came of the last probe, or a person says that it is mended. */
export async function probeNow(db: Db, channel: string, now: number): Promise<boolean> {
  const opened = await update(db, channel)
    .set({ state: "suspended", blocked_until: now })
    .where("state", "<>", "working")
    .executeTakeFirst();
  return opened.numUpdatedRows === 1n;
}
