/** What SQLite's result codes mean to the engine: a table, read for `node:sqlite` (numbers) and better-sqlite3 (names). */
import { CampaignKitError, StorageError, type StorageFailureKind } from "@campaignkit/core";

interface PrimaryResult {
  readonly number: number;
  readonly name: string;
  readonly kind: StorageFailureKind;
}

/** Primary result codes (https://sqlite.org/rescode.html). What is not here is a fault of the statement: `invalid`. */
export const PRIMARY_RESULTS: readonly PrimaryResult[] = [
  { number: 3, name: "SQLITE_PERM", kind: "unavailable" },
  { number: 4, name: "SQLITE_ABORT", kind: "contention" },
  { number: 5, name: "SQLITE_BUSY", kind: "contention" },
  { number: 6, name: "SQLITE_LOCKED", kind: "contention" },
  { number: 7, name: "SQLITE_NOMEM", kind: "unavailable" },
  { number: 8, name: "SQLITE_READONLY", kind: "unavailable" },
  { number: 9, name: "SQLITE_INTERRUPT", kind: "contention" },
  { number: 10, name: "SQLITE_IOERR", kind: "unavailable" },
  { number: 11, name: "SQLITE_CORRUPT", kind: "unavailable" },
  { number: 13, name: "SQLITE_FULL", kind: "full" },
  { number: 14, name: "SQLITE_CANTOPEN", kind: "unavailable" },
  { number: 15, name: "SQLITE_PROTOCOL", kind: "contention" },
  { number: 17, name: "SQLITE_SCHEMA", kind: "contention" },
  { number: 19, name: "SQLITE_CONSTRAINT", kind: "constraint" },
  { number: 20, name: "SQLITE_MISMATCH", kind: "constraint" },
  { number: 26, name: "SQLITE_NOTADB", kind: "unavailable" },
];

/** Extended codes of SQLITE_CONSTRAINT that mean "this value is taken": primary key, unique index, rowid. */
const UNIQUE_NUMBERS: ReadonlySet<number> = new Set([1555, 2067, 2579]);
const UNIQUE_NAMES: ReadonlySet<string> = new Set([
  "SQLITE_CONSTRAINT_PRIMARYKEY",
  "SQLITE_CONSTRAINT_UNIQUE",
  "SQLITE_CONSTRAINT_ROWID",
]);

/** What a thrown value says in SQLite's own terms, if it does. */
interface SqliteFacts {
  readonly primary: PrimaryResult | undefined;
  readonly unique: boolean;
}

function field(error: unknown, key: string): unknown {
  return typeof error === "object" && error !== null && key in error
    ? (error as Record<string, unknown>)[key]
    : undefined;
}

function factsOf(error: unknown): SqliteFacts | undefined {
  const number = field(error, "errcode");
  if (typeof number === "number") {
    const primary = PRIMARY_RESULTS.find((result) => result.number === (number & 0xff));
    return { primary, unique: UNIQUE_NUMBERS.has(number) };
  }
  const name = field(error, "code");
  if (typeof name === "string" && name.startsWith("SQLITE_")) {
    const primary = PRIMARY_RESULTS.find(
      (result) => name === result.name || name.startsWith(`${result.name}_`),
    );
    return { primary, unique: UNIQUE_NAMES.has(name) };
  }
  return undefined;
}

/** A transaction that is not the driver's own is open on the host's handle; statements wait, so as not to become part of it. */
export class HandleTaken extends StorageError {
  constructor() {
    super(
      "contention",
      "SQLite: a transaction of the host stayed open on the handle for longer than the busy time-out. Give the engine a file path or a handle of its own, or pass the transaction to the engine.",
    );
  }
}

/** Another connection holds the lock: the attempt changed nothing and may be made again as it is. */
export function isBusy(error: unknown): boolean {
  if (error instanceof HandleTaken) return true;
  // A snapshot that is older than another's write stays so however long one waits.
  if (field(error, "errcode") === 517 || field(error, "code") === "SQLITE_BUSY_SNAPSHOT") return false;
  const primary = factsOf(error)?.primary?.name;
  return primary === "SQLITE_BUSY" || primary === "SQLITE_PROTOCOL";
}

/** The statement wants to write, on a connection that only reads. */
export function isReadOnlyRefusal(error: unknown): boolean {
  return factsOf(error)?.primary?.name === "SQLITE_READONLY";
}

function kindOf(error: unknown): StorageFailureKind {
  const facts = factsOf(error);
  if (facts !== undefined) return facts.unique ? "unique" : (facts.primary?.kind ?? "invalid");
  const closed =
    field(error, "code") === "ERR_INVALID_STATE" ||
    /not open|finalized/.test(String(field(error, "message")));
  return closed ? "unavailable" : "invalid";
}

/** The failure of a statement or of opening, as the engine knows it. A `StorageError` stays what it is. */
export function classify(error: unknown, doing: string): StorageError {
  if (CampaignKitError.is(error, "STORAGE_FAILED")) return error as StorageError;
  const reason = error instanceof Error ? error.message : String(error);
  return new StorageError(kindOf(error), `SQLite: ${reason} (${doing}).`, { cause: error });
}

/**
 * The failure of a COMMIT, or of a statement that commits by itself. An I/O error there leaves open whether the commit reached the disk.
 */
export function classifyCommit(error: unknown, doing: string): StorageError {
  if (factsOf(error)?.primary?.name === "SQLITE_IOERR") {
    const reason = error instanceof Error ? error.message : String(error);
    return new StorageError(
      "outcome-unknown",
      `SQLite: ${reason} while committing (${doing}). Read back before repeating.`,
      { cause: error },
    );
  }
  return classify(error, doing);
}

/** The first words of a statement, for messages. Values are parameters, so none is shown. */
export function excerpt(sql: string): string {
  const oneLine = sql.replace(/\s+/g, " ").trim();
  return oneLine.length > 120 ? `${oneLine.slice(0, 119)}…` : oneLine;
}
