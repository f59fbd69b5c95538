/** Names of prepared statements on the server. */
import { createHash } from "node:crypto";
import type { SqlStatement } from "@campaignkit/core";

interface Known {
  readonly sql: string;
  readonly digest: string;
  generation: number;
}

/**
 * Gives every hot statement a name made of its text, so that it fits PostgreSQL's 63 bytes, can't collide with the host's own names on a shared
 * connection, and a name with other SQL is another statement. After a schema change the old name is left behind and a new one begins.
 */
export class StatementNames {
  readonly #known = new Map<string, Known>();

  /** The server-side name, or `undefined` for a statement that is not hot. */
  of(statement: SqlStatement): string | undefined {
    const { name, sql } = statement;
    if (name === undefined) return undefined;
    let known = this.#known.get(name);
    if (known?.sql !== sql) {
      const digest = createHash("sha256").update(sql).digest("hex").slice(0, 32);
      known = { sql, digest, generation: 0 };
      this.#known.set(name, known);
    }
    return `ck_${known.digest}_${known.generation}`;
  }

  /** Forgets the name a failed statement had, on every connection. Several connections may report the same one. */
  retire(statement: SqlStatement, failedName: string): void {
    const known = statement.name === undefined ? undefined : this.#known.get(statement.name);
    if (known !== undefined && failedName === this.of(statement)) known.generation += 1;
  }
}
