/** Watches the statements of a driver, and asks the database how it would carry them out. */
import type { SqlDriver, SqlExecutor, SqlStatement } from "@campaignkit/core";

/** A driver that remembers what it ran. */
export interface WatchedDriver {
  readonly driver: SqlDriver;
  /** Forgets what was run so far. */
  forget(): void;
  /**
   * Every distinct statement since, with the steps of its plan that read a whole table, or all of a workspace's rows in it, of those named.
   */
  scans(
    tables: readonly string[],
  ): Promise<readonly { readonly sql: string; readonly steps: readonly string[] }[]>;
  /** Every distinct statement since that goes through many rows of one of these tables again for each row of another. PostgreSQL only. */
  loops(tables: readonly string[]): Promise<readonly string[]>;
}

/** Watches a driver. */
export function watched(inner: SqlDriver): WatchedDriver {
  const seen = new Map<string, SqlStatement>();
  const over = (executor: SqlExecutor): SqlExecutor => ({
    execute: (statement) => {
      if (/^\s*(?:select|insert|update|delete)/i.test(statement.sql)) seen.set(statement.sql, statement);
      return executor.execute(statement);
    },
  });
  const { listen, adopt } = inner;
  return {
    driver: {
      family: inner.family,
      execute: over(inner).execute,
      transaction: (work) => inner.transaction((transaction) => work(over(transaction))),
      close: () => inner.close(),
      ...(listen === undefined ? {} : { listen: listen.bind(inner) }),
      ...(adopt === undefined ? {} : { adopt: adopt.bind(inner) }),
    },
    forget: () => seen.clear(),
    scans: async (tables) => {
      const found = [];
      for (const { sql, parameters } of seen.values()) {
        const steps = await (inner.family === "postgres" ? postgresScans : sqliteScans)(
          inner,
          { sql, parameters },
          tables,
        );
        if (steps.length > 0) found.push({ sql: sql.replace(/\s+/g, " "), steps });
      }
      return found;
    },
    loops: async (tables) => {
      const found = [];
      for (const statement of seen.values())
        if ((await postgresPlans(inner, statement)).some((plan) => loopsOver(plan, tables, false)))
          found.push(statement.sql.replace(/\s+/g, " "));
      return found;
    },
  };
}

async function sqliteScans(
  driver: SqlDriver,
  statement: SqlStatement,
  tables: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await driver.execute({ ...statement, sql: `explain query plan ${statement.sql}` });
  const steps = rows.map(({ detail }) => String(detail));
  // A page in the order of the index ends with its limit.
  const paged = /limit \d+\)?/.test(statement.sql) && !steps.some((step) => step.includes("TEMP B-TREE"));
  const names = new Map<string, string>();
  for (const table of tables)
    for (const match of statement.sql.matchAll(new RegExp(`${table}"?(?: as "?(\\w+)"?)?`, "g")))
      names.set(match[1] ?? table, table);
  return steps.filter((step) => {
    const [, verb, name = ""] = /^(SCAN|SEARCH) (\w+)/.exec(step) ?? [];
    return names.has(name) && (verb === "SCAN" || (step.endsWith("(workspace_id=?)") && !paged));
  });
}

interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Cond"?: string;
  readonly Plans?: readonly PlanNode[];
}

/** Whether a table is read in an inner loop without looking anything up by the outer row. */
function loopsOver(node: PlanNode, tables: readonly string[], inner: boolean): boolean {
  const condition = node["Index Cond"] ?? "";
  const table = node["Relation Name"];
  if (inner && table !== undefined && tables.includes(table) && !/= \(?\w+\.\w+/.test(condition)) return true;
  return (node.Plans ?? []).some((below, place) =>
    loopsOver(
      below,
      tables,
      (inner && node["Node Type"] !== "Hash") || (node["Node Type"] === "Nested Loop" && place === 1),
    ),
  );
}

async function postgresPlans(
  driver: SqlDriver,
  { sql, parameters }: SqlStatement,
): Promise<readonly PlanNode[]> {
  const { rows } = await driver.execute({ sql: `explain (format json) ${sql}`, parameters });
  const plan: unknown = rows[0]?.["QUERY PLAN"];
  const roots = typeof plan === "string" ? JSON.parse(plan) : plan;
  return (roots as readonly { readonly Plan: PlanNode }[]).map(({ Plan }) => Plan);
}

async function postgresScans(
  driver: SqlDriver,
  statement: SqlStatement,
  tables: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await driver.transaction(async (transaction) => {
    // The test's tables are small enough to be read whole in no time; what counts is that there is another way.
    await transaction.execute({ sql: "set local enable_seqscan = off", parameters: [] });
    return transaction.execute({ ...statement, sql: `explain (format json) ${statement.sql}` });
  });
  const plan: unknown = rows[0]?.["QUERY PLAN"];
  const roots = (typeof plan === "string" ? JSON.parse(plan) : plan) as readonly {
    readonly Plan: PlanNode;
  }[];
  const found: string[] = [];
  const visit = (node: PlanNode, paged: boolean): void => {
    const table = node["Relation Name"] ?? "";
    const condition = node["Index Cond"] ?? "";
    const type = node["Node Type"];
    const whole = type === "Seq Scan" || (/^\(workspace_id = [^)]*\)$/.test(condition) && !paged);
    if (tables.includes(table) && whole) found.push(`${type} on ${table} ${condition}`);
    // A page in the order of the index ends with its limit.
    for (const below of node.Plans ?? []) visit(below, type === "Limit" || (paged && type !== "Sort"));
  };
  for (const { Plan } of roots) visit(Plan, false);
  return found;
}
