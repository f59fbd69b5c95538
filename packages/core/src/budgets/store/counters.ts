/**
 * The SQL of the counters.
 *
 * Locks are taken in one order everywhere, the total first, so that movements of one campaign queue up and never deadlock. Whoever holds
 * the total may do what it likes with the campaign's other rows. A statement that had to wait for the lock sees the locked rows as they are
 * now, but rows that were added meanwhile only the next statement sees.
 */
import { type RawBuilder, sql } from "kysely";
import { StorageError } from "../../ports/errors.ts";
import { type StoredInteger, toInteger, toIntegerOrNull } from "../../storage/columns.ts";
import { type Db, familyOf } from "../../storage/db.ts";
import { rowsAs } from "../../storage/sets.ts";
import type { Counter, ScopeKey } from "../scope.ts";

/** Which budget. */
export interface BudgetKey {
  readonly workspaceId: string;
  readonly campaignId: string;
}

/** Which counters of which budget. */
export interface CounterSet extends BudgetKey {
  readonly scopes: readonly ScopeKey[];
}

/** A counter as it is stored. */
interface CounterRow {
  readonly kind: Counter["kind"];
  readonly name: string;
  readonly limit_micros: StoredInteger | null;
  readonly held_micros: StoredInteger;
  readonly committed_micros: StoredInteger;
  readonly reserved_micros: StoredInteger;
  readonly wanted_micros: StoredInteger | null;
  readonly exhausted_at: StoredInteger | null;
}

const COLUMNS = sql.raw(
  "kind, name, limit_micros, held_micros, committed_micros, reserved_micros, wanted_micros, exhausted_at",
);

function toCounter(row: CounterRow): Counter {
  return {
    kind: row.kind,
    name: row.name,
    limitMicros: toIntegerOrNull(row.limit_micros),
    heldMicros: toInteger(row.held_micros),
    committedMicros: toInteger(row.committed_micros),
    reservedMicros: toInteger(row.reserved_micros),
    wantedMicros: toIntegerOrNull(row.wanted_micros),
    exhausted: row.exhausted_at !== null,
  };
}

/** Counters in the order in which they are locked; a RETURNING clause has none of its own. */
function inLockOrder(rows: readonly CounterRow[]): readonly Counter[] {
  return rows
    .map(toCounter)
    .toSorted((a, b) => (a.kind === b.kind ? (a.name < b.name ? -1 : 1) : a.kind > b.kind ? -1 : 1));
}

/** The condition that picks these counters. */
function among({ workspaceId, campaignId, scopes }: CounterSet): RawBuilder<boolean> {
  const keys = sql.join(scopes.map(({ kind, name }) => sql`(${sql.lit(kind)}, ${name})`));
  return sql`workspace_id = ${workspaceId} and campaign_id = ${campaignId} and (kind, name) in (values ${keys})`;
}

/**
 * A SELECT of these counters that locks them until the transaction ends, to stand in a WITH clause before the statement that it guards.
 * SQLite locks the database at the start of each unit instead.
 */
export function lockedCounters(db: Db, set: CounterSet): RawBuilder<unknown> {
  const lock = familyOf(db) === "postgres" ? sql`for update` : sql``;
  return sql`select ${COLUMNS} from ck_budget_scopes where ${among(set)} order by kind desc, name ${lock}`;
}

/** These counters, as they are. */
export async function selectCounters(db: Db, set: CounterSet): Promise<readonly Counter[]> {
  const { rows } = await sql<CounterRow>`select ${COLUMNS} from ck_budget_scopes where ${among(set)}`.execute(
    db,
  );
  return inLockOrder(rows);
}

/** All counters that carry limits for a change of plan, locked: the total, the channels, and the days from that one on. */
export async function lockLimits(
  db: Db,
  where: { readonly workspaceId: string; readonly campaignId: string; readonly fromDay: string },
): Promise<readonly Counter[]> {
  const lock = familyOf(db) === "postgres" ? sql`for update` : sql``;
  const { rows } = await sql<CounterRow>`
    select ${COLUMNS} from ck_budget_scopes
    where workspace_id = ${where.workspaceId} and campaign_id = ${where.campaignId}
      and (kind in ('total', 'channel') or (kind = 'daily' and name >= ${where.fromDay}))
    order by kind desc, name ${lock}
  `.execute(db);
  return inLockOrder(rows);
}

/** All counters of a campaign. */
export async function selectAllCounters(
  db: Db,
  workspaceId: string,
  campaignId: string,
): Promise<readonly Counter[]> {
  const { rows } = await sql<CounterRow>`
    select ${COLUMNS} from ck_budget_scopes
    where workspace_id = ${workspaceId} and campaign_id = ${campaignId} and kind <> 'daily'
    order by kind desc, name
  `.execute(db);
  return inLockOrder(rows);
}

/** Adds counters that are not there yet; a new day starts with the plan's daily limit. Call it while holding the total. */
export async function addCounters(db: Db, { workspaceId, campaignId, scopes }: CounterSet): Promise<void> {
  const set = rowsAs(db, "added", { kind: "text", name: "text" }, scopes);
  await sql`
    insert into ck_budget_scopes (workspace_id, campaign_id, kind, name, limit_micros)
    select budget.workspace_id, budget.campaign_id, added.kind, added.name,
      case when added.kind = 'daily' then budget.daily_micros end
    from ${set}, ck_budgets as budget
    where budget.workspace_id = ${workspaceId} and budget.campaign_id = ${campaignId}
    order by added.kind desc, added.name
    on conflict do nothing
  `.execute(db);
}

/** How far a movement may fill a scope. */
export type Ceiling =
  /** To the limit without the contingency. */
  | "plan"
  /** To the limit. */
  | "limit"
  /** It has happened, whatever the limit says. */
  | "none";

/**
 * Moves these counters by the deltas and returns them as they are afterwards. Call it while holding the total.
 *
 * @throws {STORAGE_FAILED} of kind `contention`, which undoes the unit, when one of them has no room after all.
 */
export async function moveCounters(
  db: Db,
  set: CounterSet,
  move: { readonly reservedDelta: number; readonly committedDelta: number; readonly ceiling: Ceiling },
): Promise<readonly Counter[]> {
  const { reservedDelta, committedDelta, ceiling } = move;
  const held = ceiling === "plan" ? sql`held_micros` : sql`0`;
  const guard =
    ceiling === "none"
      ? sql``
      : sql`and (limit_micros is null
          or committed_micros + reserved_micros + ${reservedDelta + committedDelta} <= limit_micros - ${held})`;
  const { rows } = await sql<CounterRow>`
    update ck_budget_scopes
    set reserved_micros = reserved_micros + ${reservedDelta}, committed_micros = committed_micros + ${committedDelta}
    where ${among(set)} ${guard}
    returning ${COLUMNS}
  `.execute(db);
  if (rows.length === set.scopes.length) return inLockOrder(rows);
  throw new StorageError(
    "contention",
    `The counters of the budget of campaign ${set.campaignId} have no room for ${reservedDelta + committedDelta} micros any more.`,
  );
}

/** A limit for one counter. */
export interface LimitRow extends ScopeKey {
  readonly limitMicros: number | null;
  readonly heldMicros: number;
}

/**
 * Gives counters their limits, adding those that are not there, and returns them as they are afterwards. Call it while holding the total.
 *
 * @throws {STORAGE_FAILED} of kind `contention`, which undoes the unit, when a limit is lowered below what is spent and reserved.
 */
export async function setLimits(
  db: Db,
  where: { readonly workspaceId: string; readonly campaignId: string },
  limits: readonly LimitRow[],
): Promise<readonly Counter[]> {
  const set = rowsAs(
    db,
    "given",
    { campaign_id: "uuid", kind: "text", name: "text", limit_micros: "bigint", held_micros: "bigint" },
    limits.map(({ kind, name, limitMicros, heldMicros }) => ({
      campaign_id: where.campaignId,
      kind,
      name,
      limit_micros: limitMicros,
      held_micros: heldMicros,
    })),
  );
  const { rows } = await sql<CounterRow>`
    insert into ck_budget_scopes (workspace_id, campaign_id, kind, name, limit_micros, held_micros)
    select ${where.workspaceId}, given.campaign_id, given.kind, given.name, given.limit_micros, given.held_micros
    from ${set} where true order by given.kind desc, given.name
    on conflict (workspace_id, campaign_id, kind, name) do update
      set limit_micros = excluded.limit_micros, held_micros = excluded.held_micros
      where excluded.limit_micros is null or excluded.limit_micros >= ck_budget_scopes.limit_micros
        or ck_budget_scopes.committed_micros + ck_budget_scopes.reserved_micros <= excluded.limit_micros
    returning ${COLUMNS}
  `.execute(db);
  if (rows.length === limits.length) return inLockOrder(rows);
  throw new StorageError(
    "contention",
    `A limit of the budget of campaign ${where.campaignId} is used up meanwhile.`,
  );
}
