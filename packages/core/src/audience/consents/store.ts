/** The SQL of consents and their log. Nothing else writes the two tables. */
import { type RawBuilder, type Selectable, sql } from "kysely";
import type { Unit } from "../../kernel/unit.ts";
import type { AddressKind } from "../../ports/channel.ts";
import { fromJson, type StoredInteger, toDate } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import { isAmong, rowsAs } from "../../storage/sets.ts";
import type { ConsentLogTable } from "../../storage/tables/audience.ts";
import { joinContact } from "../contacts/lookup.ts";
import { folded } from "../statements/fold.ts";
import { StatementLog } from "../statements/log.ts";
import { unlessOlder, writtenOf } from "../statements/write.ts";
import type { Consent, ConsentLogEntry, ConsentState } from "./consent.ts";

/** One statement about one contact. */
export interface ConsentChange {
  readonly contactId: string;
  readonly channel: AddressKind;
  readonly purpose: string;
  readonly state: ConsentState;
  readonly source: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly evidence?: object;
}

/** Which consent a statement is about. */
type ConsentKey = Pick<ConsentChange, "contactId" | "channel" | "purpose">;

const SHAPE = {
  contact_id: "uuid",
  channel: "text",
  purpose: "text",
  state: "text",
  source: "text",
  at: "bigint",
  evidence: "json",
} as const;

const keyOf = ({ contactId, channel, purpose }: ConsentKey): string => `${contactId} ${channel} ${purpose}`;

interface WrittenConsent {
  readonly contact_id: string;
  readonly channel: AddressKind;
  readonly purpose: string;
  readonly changed_at: StoredInteger;
}

function changedRows(unit: Unit, changes: readonly ConsentChange[]): RawBuilder<unknown> {
  return rowsAs<Partial<Record<keyof typeof SHAPE, unknown>>>(
    unit.db,
    "r",
    SHAPE,
    changes.map((change) => ({
      contact_id: change.contactId,
      channel: change.channel,
      purpose: change.purpose,
      state: change.state,
      source: change.source,
      at: change.at,
      // Left out, not null: SQLite would read a JSON null as the text "null".
      ...(change.evidence === undefined ? {} : { evidence: change.evidence }),
    })),
  );
}

/**
 * Applies statements and writes the log of those that changed something. A statement older than what is known changes nothing, nor does one
 * about a contact that is not there or was erased; with `keepWithdrawn` no withdrawal is taken back.
 *
 * Whoever withdraws now always wins: where what is known was dated ahead, by a host whose clock is, the withdrawal takes that time.
 *
 * @returns the statements that changed something.
 */
export async function applyConsents(
  unit: Unit,
  changes: readonly ConsentChange[],
  options: { readonly keepWithdrawn: boolean },
): Promise<readonly ConsentChange[]> {
  if (changes.length === 0) return [];
  const { db, workspaceId } = unit;
  const single = folded(changes, {
    now: unit.now,
    keyOf,
    takesBack: ({ state }) => state === "withdrawn",
    keepTakenBack: options.keepWithdrawn,
  });
  const rule = unlessOlder(
    { name: "ck_consents", takenBack: "withdrawn" },
    { now: unit.now, keepTakenBack: options.keepWithdrawn },
  );
  const written = await sql<WrittenConsent>`
    insert into ck_consents (workspace_id, contact_id, channel, purpose, state, source, changed_at)
    select c.workspace_id, c.id, r.channel, r.purpose, r.state, r.source, r.at
    from ${changedRows(unit, single)} ${joinContact(db, workspaceId, "id", "r.contact_id")}
    where true
    order by c.id, r.channel, r.purpose
    on conflict (workspace_id, contact_id, channel, purpose) do update ${rule}
    returning contact_id, channel, purpose, changed_at`.execute(db);
  const effective = writtenOf(
    single,
    keyOf,
    written.rows.map((row) => ({
      key: keyOf({ contactId: row.contact_id, channel: row.channel, purpose: row.purpose }),
      changedAt: row.changed_at,
    })),
  );
  await appendLog(unit, effective);
  return effective;
}

async function appendLog(unit: Unit, changes: readonly ConsentChange[]): Promise<void> {
  if (changes.length === 0) return;
  await sql`
    insert into ck_consent_log (workspace_id, contact_id, channel, purpose, state, source, actor, evidence, at)
    select ${unit.workspaceId}, r.contact_id, r.channel, r.purpose, r.state, r.source, ${unit.actor}, r.evidence, r.at
    from ${changedRows(unit, changes)}`.execute(unit.db);
}

/** What these contacts have agreed to, by contact. */
export async function consentsOf(
  db: Db,
  workspaceId: string,
  contactIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Consent[]>> {
  const rows = await db
    .selectFrom("ck_consents")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where(isAmong(db, "contact_id", "uuid", contactIds))
    .orderBy("channel")
    .orderBy("purpose")
    .execute();
  const byContact = Map.groupBy(rows, (row) => row.contact_id);
  return new Map(
    [...byContact].map(([contactId, own]) => [
      contactId,
      own.map((row) => ({
        channel: row.channel as AddressKind,
        purpose: row.purpose,
        state: row.state as ConsentState,
        source: row.source,
        changedAt: toDate(row.changed_at),
      })),
    ]),
  );
}

/** Who agreed to what, when, and how that is known. */
export const consentLog = new StatementLog(
  "ck_consent_log",
  (row: Selectable<ConsentLogTable>): ConsentLogEntry => ({
    channel: row.channel as AddressKind,
    purpose: row.purpose,
    state: row.state as ConsentState,
    source: row.source,
    actor: row.actor,
    evidence: row.evidence === null ? null : fromJson<Record<string, unknown>>(row.evidence),
    at: toDate(row.at),
  }),
);

/** Takes away what the contacts agreed to; the log stays, and with `erase` loses its evidence. */
export async function dropConsents(
  unit: Unit,
  contactIds: readonly string[],
  options: { readonly erase: boolean },
): Promise<void> {
  await unit.db
    .deleteFrom("ck_consents")
    .where("workspace_id", "=", unit.workspaceId)
    .where(isAmong(unit.db, "contact_id", "uuid", contactIds))
    .execute();
  if (!options.erase) return;
  await unit.db
    .updateTable("ck_consent_log")
    .set({ evidence: null })
    .where("workspace_id", "=", unit.workspaceId)
    .where(isAmong(unit.db, "contact_id", "uuid", contactIds))
    .where("evidence", "is not", null)
    .execute();
}

/** Every channel kind and purpose that anybody in the workspace ever said something about. Reads all consents. */
export async function consentKinds(
  db: Db,
  workspaceId: string,
): Promise<readonly { readonly channel: AddressKind; readonly purpose: string }[]> {
  const rows = await db
    .selectFrom("ck_consents")
    .select(["channel", "purpose"])
    .distinct()
    .where("workspace_id", "=", workspaceId)
    .execute();
  const kinds = rows.map((row) => ({ channel: row.channel as AddressKind, purpose: row.purpose }));
  return kinds.sort((a, b) => (`${a.channel} ${a.purpose}` < `${b.channel} ${b.purpose}` ? -1 : 1));
}
