/** Runs our statements in a Kysely transaction of the host, whatever copy of Kysely made it. */
import { StorageError, type StorageFailureKind } from "../ports/errors.ts";
import type { SqlExecutor, SqlRow } from "../ports/storage.ts";

/** The part of Kysely's `Transaction` that we use. */
interface KyselyTransaction {
  readonly isTransaction: boolean;
  /** The host's plug-ins may rename columns; ours are as we wrote them. */
  withoutPlugins(): KyselyTransaction;
  executeQuery(query: {
    readonly sql: string;
    readonly parameters: readonly unknown[];
    readonly query: object;
    readonly queryId: object;
  }): Promise<{ readonly rows: readonly unknown[]; readonly numAffectedRows?: bigint }>;
}

function isKyselyTransaction(handle: unknown): handle is KyselyTransaction {
  if (typeof handle !== "object" || handle === null) return false;
  const candidate = handle as Partial<KyselyTransaction>;
  return (
    candidate.isTransaction === true &&
    typeof candidate.executeQuery === "function" &&
    typeof candidate.withoutPlugins === "function"
  );
}

/** What the codes of `pg` (SQLSTATE) and SQLite (names) mean to the engine; the rest are faults of the statement. */
const KINDS: readonly (readonly [code: RegExp, kind: StorageFailureKind])[] = [
  [/^(23505|SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY|ROWID))$/, "unique"],
  [/^(23...|SQLITE_CONSTRAINT(_.*)?)$/, "constraint"],
  [/^(40001|40P01|55P03|SQLITE_(BUSY|LOCKED)(_.*)?)$/, "contention"],
  [/^(08...|57P..|53...)$/, "unavailable"],
];

/** The numbers that node:sqlite gives for the same: the extended ones that count here, then the primary ones. */
const SQLITE_NAMES: Readonly<Record<number, string>> = {
  1555: "SQLITE_CONSTRAINT_PRIMARYKEY",
  2067: "SQLITE_CONSTRAINT_UNIQUE",
  2579: "SQLITE_CONSTRAINT_ROWID",
  5: "SQLITE_BUSY",
  6: "SQLITE_LOCKED",
  19: "SQLITE_CONSTRAINT",
};

function kindOf(cause: unknown): StorageFailureKind {
  const { code, errcode } = (cause ?? {}) as { readonly code?: unknown; readonly errcode?: unknown };
  const name =
    typeof errcode === "number" ? (SQLITE_NAMES[errcode] ?? SQLITE_NAMES[errcode & 0xff]) : String(code);
  return KINDS.find(([pattern]) => pattern.test(name ?? ""))?.[1] ?? "invalid";
}

/** An executor over the host's Kysely transaction; `undefined` for anything else. */
export function adoptKysely(handle: unknown): SqlExecutor | undefined {
  if (!isKyselyTransaction(handle)) return undefined;
  const transaction = handle.withoutPlugins();
  return {
    async execute({ sql, parameters }) {
      try {
        const raw = { kind: "RawNode", sqlFragments: [sql], parameters: [] };
        const queryId = { queryId: "campaignkit" };
        const result = await transaction.executeQuery({ sql, parameters, query: raw, queryId });
        const rows = result.rows as readonly SqlRow[];
        return { rows, affectedRows: Number(result.numAffectedRows ?? rows.length) };
      } catch (cause) {
        throw new StorageError(kindOf(cause), "A statement failed inside the host's transaction.", { cause });
      }
    },
  };
}
