/** Forgets, by age, what is kept of tracked requests. What they were taken for stays. */
import type { Scope } from "../../kernel/scope.ts";
import { deleteRequests, type RequestPlace, selectRequestPage } from "./requests-store.ts";

/** Requests per transaction. */
const PAGE = 1_000;

/** Forgets those from before that instant, page by page, each in a transaction of its own. Returns how many there were. Idempotent. */
export async function forgetRequests(scope: Scope, before: number): Promise<number> {
  const { workspaceId } = scope;
  let forgotten = 0;
  for (let after: RequestPlace | null = null; ; ) {
    const place: RequestPlace | null = after;
    const page = await scope.write("events:write", async ({ db }) => {
      const found = await selectRequestPage(db, workspaceId, { after: place, before, limit: PAGE });
      if (found.length > 0) await deleteRequests(db, workspaceId, found);
      return found;
    });
    forgotten += page.length;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return forgotten;
    after = last;
  }
}
