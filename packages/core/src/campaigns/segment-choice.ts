/** The segments a campaign is for: each must be there. */
import { missingSegments } from "../audience/index.ts";
import type { ValidationIssue } from "../ports/errors.ts";
import type { Db } from "../storage/db.ts";

/** What is wrong with these segments. Also asked before a launch: one may have been deleted since. */
export async function checkSegments(
  db: Db,
  workspaceId: string,
  segmentIds: readonly string[],
): Promise<readonly ValidationIssue[]> {
  const missing = await missingSegments(db, workspaceId, segmentIds);
  return missing.map((id) => ({
    path: ["segmentIds", segmentIds.indexOf(id)],
    message: `There is no segment "${id}" in this workspace.`,
  }));
}
