/** A guard inside the database: refuses every move of a delivery that is not in the published table of moves. */
import type { SqlDriver } from "@campaignkit/core";

/** Written out here a second time, on purpose: a guard that read the engine's own table would believe it. */
const MOVES: Readonly<Record<string, readonly string[]>> = {
  pending: ["pending", "sending", "sent", "failed", "skipped", "uncertain"],
  sending: ["pending", "sent", "failed", "skipped", "uncertain"],
  uncertain: ["pending", "sent", "failed"],
  failed: ["pending"],
  sent: [],
  skipped: [],
};

const LEGAL = Object.entries(MOVES)
  .flatMap(([from, tos]) => tos.map((to) => `(old.state = '${from}' and new.state = '${to}')`))
  .join(" or ");

/** Installs it. */
export async function installGuard(storage: SqlDriver): Promise<void> {
  const run = (sql: string): Promise<unknown> => storage.execute({ sql, parameters: [] });
  if (storage.family === "sqlite") {
    await run(`create trigger guard_moves before update of state on ck_deliveries when not (${LEGAL})
      begin select raise(abort, 'illegal move of a delivery'); end`);
    return;
  }
  await run(`create function guard_moves() returns trigger language plpgsql as
    $$ begin if not (${LEGAL}) then raise exception 'illegal move: % to %', old.state, new.state; end if; return new; end $$`);
  await run(
    "create trigger guard_moves before update of state on ck_deliveries for each row execute function guard_moves()",
  );
}
