/** Campaigns, as a user makes, reads and moves them. */
import { SYSTEM_ACTOR } from "../kernel/access.ts";
import type { Scope } from "../kernel/scope.ts";
import { textOf } from "../kernel/text.ts";
import type { Unit } from "../kernel/unit.ts";
import { parse, validationError } from "../kernel/validate.ts";
import { loadPolicies } from "../policies/index.ts";
import type { ChannelRecord } from "../ports/channel.ts";
import type { Campaign } from "./campaign.ts";
import type { CampaignDependencies } from "./dependencies.ts";
import type { CampaignInput } from "./input.ts";
import { holdForChange, launchCampaign, move, resumeCampaign } from "./moves.ts";
import { checkPlan, EMPTY_PLAN, missingFields } from "./plan.ts";
import { planColumns } from "./row.ts";
import { insertCampaign, loadCampaign, replaceTerms } from "./store.ts";
import { termsOf } from "./terms.ts";

const reasonSchema = textOf({ max: 1_000 }).nullable();

/** Why a campaign is moved; kept on it and in its history. */
export interface MoveOptions {
  readonly reason?: string;
}

/** `shop.campaigns`: plans with a life. `Channels` are the host's own, so that a wrong channel or setting does not compile. */
export class CampaignService<Channels extends ChannelRecord = ChannelRecord> {
  readonly #scope: Scope;
  readonly #dependencies: CampaignDependencies;

  /** @internal */
  constructor(scope: Scope, dependencies: CampaignDependencies) {
    this.#scope = scope;
    this.#dependencies = dependencies;
  }

  /**
   * Makes a campaign, as a draft.
   *
   * @throws {VALIDATION_FAILED} with every problem at once, each with its path. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   * import { createCampaignKit, money } from "@campaignkit/core";
   *
   * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
   * const campaign = await kit.workspace("shop-42").campaigns.create({
   *   name: "Spring refresh",
   *   timeZone: "Europe/Berlin",
   *   startsAt: new Date("2027-03-01T08:00:00Z"),
   *   endsAt: new Date("2027-03-21T20:00:00Z"),
   *   budget: { total: money("EUR", 500) },
   * });
   * console.log(campaign.state); // draft
   * await kit.stop();
   * ```
   */
  create(input: CampaignInput<Channels>): Promise<Campaign> {
    return this.#scope.write("campaigns:write", async (unit) => {
      const { defaultCurrency } = await loadPolicies(unit.db, unit.workspaceId);
      const owner = unit.actor === SYSTEM_ACTOR ? null : unit.actor;
      const { plan, issues } = await checkPlan({
        given: input,
        base: { ...EMPTY_PLAN, currency: defaultCurrency, owner },
        channels: unit.kernel.channels,
        newId: () => unit.newId(),
      });
      const problems = [...missingFields(input), ...issues];
      if (problems.length > 0) throw validationError("campaign", problems);
      const id = unit.newId();
      await insertCampaign(unit.db, {
        ...planColumns(plan),
        id,
        workspace_id: unit.workspaceId,
        state: "draft",
        state_reason: null,
        needs_decision: null,
        source_id: null,
        shelf: "open",
        version: 1,
        created_at: unit.now,
        updated_at: unit.now,
      });
      await replaceTerms(unit.db, { workspaceId: unit.workspaceId, id }, termsOf(plan));
      unit.record("campaign.created", {
        subject: { type: "campaign", id },
        data: { campaignId: id },
        after: { name: plan.name, type: plan.type, state: "draft" },
      });
      return loadCampaign(unit.db, unit.workspaceId, id);
    });
  }

  /** One campaign. @throws {NOT_FOUND} {FORBIDDEN} */
  get(id: string): Promise<Campaign> {
    return this.#scope.read("campaigns:read", (db) => loadCampaign(db, this.#scope.workspaceId, id));
  }

  /**
   * Launches now, a draft or before its planned start.
   *
   * @throws {ILLEGAL_TRANSITION} naming the legal moves. {VALIDATION_FAILED} when it is not ready. {POLICY_VIOLATION} when as many
   * campaigns are active as the policy allows. {NOT_FOUND} {CONFLICT} when it is archived. {FORBIDDEN}
   */
  launch(id: string, options: MoveOptions = {}): Promise<Campaign> {
    return this.#move(id, options, (unit, reason) =>
      launchCampaign(unit, this.#dependencies, { id, reason }),
    );
  }

  /** Pauses an active campaign: nothing goes out until it is resumed. @throws {ILLEGAL_TRANSITION} {NOT_FOUND} {CONFLICT} {FORBIDDEN} */
  pause(id: string, options: MoveOptions = {}): Promise<Campaign> {
    return this.#move(id, options, async (unit, reason) => {
      await move(unit, this.#dependencies, await holdForChange(unit, id), "pause", reason);
    });
  }

  /** Resumes a paused campaign. @throws {ILLEGAL_TRANSITION} {POLICY_VIOLATION} {NOT_FOUND} {CONFLICT} {FORBIDDEN} */
  resume(id: string, options: MoveOptions = {}): Promise<Campaign> {
    return this.#move(id, options, (unit, reason) =>
      resumeCampaign(unit, this.#dependencies, { id, reason }),
    );
  }

  /**
   * Ends a campaign for good, from any open state; what has not gone out never will.
   *
   * @throws {ILLEGAL_TRANSITION} {NOT_FOUND} {CONFLICT} {FORBIDDEN}
   */
  cancel(id: string, options: MoveOptions = {}): Promise<Campaign> {
    return this.#move(id, options, async (unit, reason) => {
      await move(unit, this.#dependencies, await holdForChange(unit, id), "cancel", reason);
    });
  }

  #move(
    id: string,
    { reason = null }: { readonly reason?: string | null },
    work: (unit: Unit, reason: string | null) => Promise<void>,
  ): Promise<Campaign> {
    return this.#scope.write("campaigns:launch", async (unit) => {
      await work(unit, parse(reasonSchema, reason, "reason"));
      return loadCampaign(unit.db, unit.workspaceId, id);
    });
  }
}
