/** The activity log as a user reads it: who changed what, and whether anybody tampered with it. */
import { z } from "zod";
import type { Page, PageRequest } from "../page.ts";
import { pageOf, positionKey, toPage } from "../page.ts";
import type { Scope } from "../scope.ts";
import { textOf } from "../text.ts";
import { parse } from "../validate.ts";
import { selectActivities } from "./store.ts";
import type { Activity, ActivityType, Subject } from "./types.ts";
import { type ChainHead, type ChainVerdict, verifyChain } from "./verify.ts";

/** Which activities are wanted. */
export interface ActivityQuery extends PageRequest {
  readonly subject?: Subject;
  readonly types?: readonly ActivityType[];
}

const name = textOf({ min: 1, max: 200 });

/** The filters of a query; the rest is the page's. */
const filterSchema = z.object({
  subject: z.strictObject({ type: name, id: name }).optional(),
  types: z.array(name).optional(),
});

/** `shop.activity`: the audit trail of the workspace. */
export class ActivityService {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /**
   * The workspace's activities, newest first. Of an empty list of types there are none.
   *
   * @throws {FORBIDDEN} {VALIDATION_FAILED}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function historyOf(shop: Workspace, campaignId: string) {
   *   const { items } = await shop.activity.list({ subject: { type: "campaign", id: campaignId } });
   *   return items.map(({ at, actor, type }) => `${at.toISOString()} ${actor} ${type}`);
   * }
   * ```
   */
  list(query: ActivityQuery = {}): Promise<Page<Activity>> {
    return this.#scope.read("activity:read", async (db) => {
      const { limit, after } = pageOf(query, positionKey);
      const { subject, types } = parse(filterSchema, query, "activity query");
      const rows = await selectActivities(db, this.#scope.workspaceId, {
        limit: limit + 1,
        ...(subject === undefined ? {} : { subject }),
        ...(types === undefined ? {} : { types }),
        ...(after === null ? {} : { before: after }),
      });
      return toPage(
        rows,
        limit,
        ({ position }) => position,
        ({ activity }) => activity,
      );
    });
  }

  /**
   * Recomputes the workspace's whole hash chain and says whether every sealed row is as it was written. Activities of the last
   * moments may not be sealed yet; they are counted apart.
   *
   * Who can write to the database can rewrite the whole chain. Keep the `head` of a verdict elsewhere and give it as `known` next time: then that
   * shows, too.
   *
   * @throws {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { createCampaignKit } from "@campaignkit/core";
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   *
   * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
   * const first = await kit.workspace("shop-42").activity.verify();
   * if (first.intact) {
   *   const later = await kit.workspace("shop-42").activity.verify({ known: first.head });
   *   console.log(later.intact);
   * }
   * await kit.stop();
   * ```
   */
  verify(options: { readonly known?: ChainHead } = {}): Promise<ChainVerdict> {
    return this.#scope.read("activity:read", (db) => verifyChain(db, this.#scope.workspaceId, options.known));
  }
}
