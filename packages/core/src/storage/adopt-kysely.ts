/** Runs our statements in a Kysely transaction of the host, whatever copy of Kysely made it. */
import { StorageError } from "../ports/errors.ts";
import type { SqlExecutor, SqlRow } from "../ports/storage.ts";

/** The part of Kysely's `Transaction` that we use. */
interface KyselyTransaction {
  readonly isTransaction: boolean;
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
  return candidate.isTransaction === true && typeof candidate.executeQuery === "function";
}

/** An executor over the host's Kysely transaction; `undefined` for anything else. */
export function adoptKysely(handle: unknown): SqlExecutor | undefined {
  if (!isKyselyTransaction(handle)) return undefined;
  return {
    async execute({ sql, parameters }) {
      try {
        const raw = { kind: "RawNode", sqlFragments: [sql], parameters: [] };
        const result = await handle.executeQuery({
          sql,
          parameters,
          query: raw,
          queryId: { queryId: "campaignkit" },
        });
        const rows = result.rows as readonly SqlRow[];
        return { rows, affectedRows: Number(result.numAffectedRows ?? rows.length) };
      } catch (cause) {
        throw new StorageError("invalid", "A statement failed inside the host's transaction.", { cause });
      }
    },
  };
}
