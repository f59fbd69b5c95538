/** The policies of a workspace, as a user reads and sets them. */
import type { Scope } from "../kernel/scope.ts";
import { parse } from "../kernel/validate.ts";
import { CampaignKitError } from "../ports/errors.ts";
import { type Policies, policyChangesSchema } from "./policies.ts";
import { effective, lockPolicyRow, selectPolicies, updatePolicies } from "./store.ts";

/** The policies that hold in a workspace. */
export interface WorkspacePolicies extends Policies {
  /** Counts the changes; give it back to `set`. 0: nothing was ever set. */
  readonly version: number;
}

/** A change of policies: the fields to set, and the version they were read at. */
export interface PolicyChanges extends Partial<Policies> {
  /** The version that the change was made on. */
  readonly version: number;
}

/** `shop.policies`: what every campaign of the workspace keeps to. */
export class PolicyService {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /**
   * The policies that hold: what the workspace has set, and the defaults for the rest.
   *
   * @throws {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   * import { createCampaignKit } from "@campaignkit/core";
   *
   * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
   * const { maxActiveCampaigns } = await kit.workspace("shop-42").policies.get();
   * console.log(maxActiveCampaigns); // 10
   * await kit.stop();
   * ```
   */
  get(): Promise<WorkspacePolicies> {
    return this.#scope.read("policies:read", async (db) => {
      const { overrides, version } = await selectPolicies(db, this.#scope.workspaceId);
      return { ...effective(overrides), version };
    });
  }

  /**
   * Sets the given policies; the others stay. Holds for what happens from now on: nothing that runs is stopped by a stricter rule.
   *
   * @throws {VALIDATION_FAILED} with every problem at once. {STALE_VERSION} when they were changed since they were read. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   * import { createCampaignKit } from "@campaignkit/core";
   *
   * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
   * const { policies } = kit.workspace("shop-42");
   * const { version } = await policies.get();
   * await policies.set({ version, maxActiveCampaigns: 25 });
   * await kit.stop();
   * ```
   */
  set(changes: PolicyChanges): Promise<WorkspacePolicies> {
    return this.#scope.write("policies:write", async (unit) => {
      const { version: expected, ...given } = parse(policyChangesSchema, changes, "policies");
      const overrides = Object.fromEntries(
        Object.entries(given).filter(([, value]) => value !== undefined),
      ) as Partial<Policies>;
      const stored = await lockPolicyRow(unit.db, unit.workspaceId, unit.now);
      const next = { ...stored.overrides, ...overrides };
      const written =
        stored.version === expected &&
        (await updatePolicies(unit.db, unit.workspaceId, { overrides: next, expected, now: unit.now }));
      if (!written) {
        throw new CampaignKitError(
          "STALE_VERSION",
          `The policies are at version ${stored.version}, not ${expected}: somebody changed them. Read them again and repeat the change.`,
          { entity: "policies", id: unit.workspaceId, expected, actual: stored.version },
        );
      }
      const changed = Object.keys(overrides) as (keyof Policies)[];
      const before = effective(stored.overrides);
      unit.record("policies.changed", {
        subject: { type: "policies", id: unit.workspaceId },
        data: { changed },
        before: Object.fromEntries(changed.map((key) => [key, before[key]])),
        after: overrides,
      });
      return { ...effective(next), version: expected + 1 };
    });
  }
}
