/** A workspace as one actor sees it: every public method hangs here, scoped once. */

import { AnalyticsService, EventsService } from "../analytics/index.ts";
import {
  AttributesService,
  ConsentsService,
  ContactsService,
  PreferencesService,
  SegmentsService,
  SuppressionsService,
} from "../audience/index.ts";
import { BudgetService, ExchangeRateService } from "../budgets/index.ts";
import { CampaignService } from "../campaigns/index.ts";
import { DeliveriesService, PostsService } from "../delivery/index.ts";
import { ActivityService } from "../kernel/activity/service.ts";
import { HostTransaction } from "../kernel/host-transaction.ts";
import { JobsService } from "../kernel/jobs/service.ts";
import type { Scope } from "../kernel/scope.ts";
import { PolicyService } from "../policies/index.ts";
import type { ChannelRecord } from "../ports/channel.ts";
import { CampaignKitError } from "../ports/errors.ts";
import { adoptKysely } from "../storage/adopt-kysely.ts";
import { TeamService } from "../team/index.ts";
import { eventDirectory, reportDirectory } from "./directories.ts";
import { CAMPAIGN_DEPENDENCIES, CONTACT_EXPORTERS } from "./features.ts";
import type { PluginRecord, PluginServices } from "./plugin.ts";
import { confirmationLinks } from "./tracking-settings.ts";

/** Everything campaignkit does for one workspace. Cheap to make; make one per request. */
export class Workspace<
  Channels extends ChannelRecord = ChannelRecord,
  Plugins extends PluginRecord = PluginRecord,
> {
  /** The host's id of the workspace. */
  readonly id: string;
  readonly campaigns: CampaignService<Channels>;
  readonly posts: PostsService<Channels>;
  readonly deliveries: DeliveriesService;
  readonly budgets: BudgetService;
  readonly exchangeRates: ExchangeRateService;
  readonly policies: PolicyService;
  readonly contacts: ContactsService;
  readonly attributes: AttributesService;
  readonly consents: ConsentsService;
  readonly preferences: PreferencesService;
  readonly suppressions: SuppressionsService;
  readonly segments: SegmentsService;
  readonly events: EventsService;
  readonly analytics: AnalyticsService;
  readonly team: TeamService;
  readonly activity: ActivityService;
  readonly jobs: JobsService;
  /** The services of the host's plug-ins, by the host's names. */
  readonly plugins: PluginServices<Plugins>;
  readonly #scope: Scope;
  readonly #plugins: Plugins;

  constructor(scope: Scope, plugins: Plugins) {
    this.id = scope.workspaceId;
    this.#scope = scope;
    this.#plugins = plugins;
    this.campaigns = new CampaignService(scope, CAMPAIGN_DEPENDENCIES);
    this.posts = new PostsService(scope);
    this.deliveries = new DeliveriesService(scope);
    this.budgets = new BudgetService(scope);
    this.exchangeRates = new ExchangeRateService(scope);
    this.policies = new PolicyService(scope);
    this.contacts = new ContactsService(scope, CONTACT_EXPORTERS);
    this.attributes = new AttributesService(scope);
    this.consents = new ConsentsService(scope, () => confirmationLinks(scope.kernel));
    this.preferences = new PreferencesService(scope);
    this.suppressions = new SuppressionsService(scope);
    this.segments = new SegmentsService(scope);
    const directory = eventDirectory(scope.kernel);
    this.events = new EventsService(scope, directory);
    this.analytics = new AnalyticsService(scope, directory, reportDirectory);
    this.team = new TeamService(scope);
    this.activity = new ActivityService(scope);
    this.jobs = new JobsService(scope);
    this.plugins = Object.fromEntries(
      Object.entries(plugins).map(([name, plugin]) => [name, plugin.workspace?.(scope)]),
    ) as PluginServices<Plugins>;
  }

  /**
   * The same workspace inside a transaction that the host has opened: what is done through it commits and rolls back with the host's
   * own writes, jobs and events included. Events are told once the commit is seen, by the engine's workers.
   *
   * `transaction` is the host's own `pg` client, `node:sqlite` or better-sqlite3 handle, or Kysely transaction, on the same database.
   *
   * @throws {CONFIGURATION_INVALID} for a handle that the storage adapter does not know.
   *
   * @example
   * ```ts
   * import { DatabaseSync } from "node:sqlite";
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function signUp(shop: Workspace, mine: DatabaseSync, email: string) {
   *   mine.exec("begin immediate");
   *   try {
   *     mine.prepare("insert into accounts (email) values (?)").run(email);
   *     await shop.within(mine).contacts.upsert({ email });
   *     mine.exec("commit");
   *   } catch (error) {
   *     mine.exec("rollback");
   *     throw error;
   *   }
   * }
   * ```
   */
  within(transaction: unknown): Workspace<Channels, Plugins> {
    const { driver } = this.#scope.kernel;
    const executor = driver.adopt?.(transaction) ?? adoptKysely(transaction);
    if (executor === undefined || typeof transaction !== "object" || transaction === null) {
      const reason = "the handle is neither one of the storage adapter's kind nor a Kysely transaction";
      throw new CampaignKitError(
        "CONFIGURATION_INVALID",
        `workspace.within() can't use what it was given: ${reason}.`,
        {
          setting: "within",
          reason,
        },
      );
    }
    return new Workspace(this.#scope.within(new HostTransaction(transaction, executor)), this.#plugins);
  }
}
