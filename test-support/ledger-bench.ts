/** A campaign with a budget in a database of its own, engines that work on it, and what must be true of its ledger at every commit. */
import {
  type BudgetChanges,
  type CampaignInput,
  type CampaignKit,
  createCampaignKit,
  definePlugin,
  type Scope,
  type SqlDriver,
  type Unit,
  type Workspace,
} from "@campaignkit/core";
import { type VirtualTime, virtualTime } from "@campaignkit/testing";
import type { TestDatabase } from "./each-database.ts";

const scopePlugin = definePlugin({ id: "bench", workspace: (scope: Scope) => scope });
type BenchPlugins = { readonly bench: typeof scopePlugin };
type Channels = Record<never, never>;

/** One engine of the bench, as a process of its own would be. */
export interface BenchEngine {
  readonly kit: CampaignKit<Channels, BenchPlugins>;
  readonly shop: Workspace<Channels, BenchPlugins>;
  readonly driver: SqlDriver;
  /** One transaction, as the engine's own work runs it. */
  write<Result>(work: (unit: Unit) => Promise<Result>): Promise<Result>;
}

/** What can be chosen of a bench. */
export interface BenchOptions {
  readonly campaign?: Partial<CampaignInput<Channels>>;
  readonly budget?: BudgetChanges;
  readonly startAt?: Date;
  /** How many engines; 1 when absent. */
  readonly engines?: number;
  /** Wraps the driver of each engine. */
  readonly wrap?: (driver: SqlDriver) => SqlDriver;
}

/** A campaign, its engines and its clock. */
export interface LedgerBench extends BenchEngine {
  readonly campaignId: string;
  readonly time: VirtualTime;
  readonly engines: readonly BenchEngine[];
  /** Throws when the counters are not the sum of the ledger, or a limit is passed. */
  check(options?: { readonly overspendAllowed?: boolean }): Promise<void>;
  stop(): Promise<void>;
}

/** Sets up a bench. The campaign is in EUR, in Berlin, and starts at `2027-03-01T08:00:00Z`, unless it says otherwise. */
export async function ledgerBench(database: TestDatabase, options: BenchOptions = {}): Promise<LedgerBench> {
  const time = virtualTime(options.startAt === undefined ? {} : { startAt: options.startAt });
  const wrap = options.wrap ?? ((driver) => driver);
  const open = (): BenchEngine => {
    const connected = database.connect();
    const driver = wrap(connected);
    const kit = createCampaignKit({
      storage: driver,
      channels: {},
      plugins: { bench: scopePlugin },
      runtime: time.runtime,
    });
    const shop = kit.workspace("shop");
    return { kit, shop, driver: connected, write: (work) => shop.plugins.bench.write("budgets:write", work) };
  };
  const first = open();
  await first.kit.migrate();
  const engines = [first, ...Array.from({ length: (options.engines ?? 1) - 1 }, open)];
  const campaign = await first.shop.campaigns.create({
    name: "Spring refresh",
    timeZone: "Europe/Berlin",
    startsAt: new Date("2027-03-01T08:00:00Z"),
    currency: "EUR",
    ...options.campaign,
  });
  if (options.budget !== undefined) await first.shop.budgets.set(campaign.id, options.budget);
  return {
    ...first,
    campaignId: campaign.id,
    time,
    engines,
    check: (rules = {}) => checkLedger(first.driver, rules.overspendAllowed ?? false),
    stop: async () => {
      for (const { kit } of engines) await kit.stop();
    },
  };
}

/** Sums by the ledger and by the counters, side by side; only what differs or passes a limit comes back. */
const BROKEN = `
  with sums as (
    select workspace_id, campaign_id, 'total' as kind, '' as name, sum(committed_delta) as committed, sum(reserved_delta) as reserved
      from ck_budget_movements group by workspace_id, campaign_id
    union all select workspace_id, campaign_id, 'daily', day, sum(committed_delta), sum(reserved_delta)
      from ck_budget_movements group by workspace_id, campaign_id, day
    union all select workspace_id, campaign_id, 'cost', cost_kind, sum(committed_delta), sum(reserved_delta)
      from ck_budget_movements group by workspace_id, campaign_id, cost_kind
    union all select workspace_id, campaign_id, 'channel', channel, sum(committed_delta), sum(reserved_delta)
      from ck_budget_movements where channel is not null group by workspace_id, campaign_id, channel
  )
  select 'counter differs from the ledger' as problem, scope.kind, scope.name, scope.committed_micros, scope.reserved_micros,
    sums.committed, sums.reserved
  from ck_budget_scopes as scope
  left join sums on sums.workspace_id = scope.workspace_id and sums.campaign_id = scope.campaign_id
    and sums.kind = scope.kind and sums.name = scope.name
  where scope.committed_micros <> coalesce(sums.committed, 0) or scope.reserved_micros <> coalesce(sums.reserved, 0)
  union all
  select 'ledger without a counter', sums.kind, sums.name, null, null, sums.committed, sums.reserved
  from sums left join ck_budget_scopes as scope on sums.workspace_id = scope.workspace_id and sums.campaign_id = scope.campaign_id
    and sums.kind = scope.kind and sums.name = scope.name
  where scope.kind is null
  union all
  select 'open reservations differ from the reserved total', scope.kind, scope.name, null, scope.reserved_micros, null,
    (select coalesce(sum(open_micros), 0) from ck_budget_reservations as held
      where held.workspace_id = scope.workspace_id and held.campaign_id = scope.campaign_id)
  from ck_budget_scopes as scope
  where scope.kind = 'total' and scope.reserved_micros <> (select coalesce(sum(open_micros), 0) from ck_budget_reservations as held
    where held.workspace_id = scope.workspace_id and held.campaign_id = scope.campaign_id)
`;

const OVERSPENT = `
  select 'limit passed' as problem, kind, name, committed_micros, reserved_micros, limit_micros from ck_budget_scopes
  where committed_micros + reserved_micros > limit_micros
`;

async function checkLedger(driver: SqlDriver, overspendAllowed: boolean): Promise<void> {
  const broken = await driver.execute({ sql: BROKEN, parameters: [] });
  const overspent = overspendAllowed
    ? { rows: [] }
    : await driver.execute({ sql: OVERSPENT, parameters: [] });
  const rows = [...broken.rows, ...overspent.rows];
  if (rows.length === 0) return;
  const shown = JSON.stringify(rows, (_, value) => (typeof value === "bigint" ? Number(value) : value), 2);
  throw new Error(`The ledger is broken: ${shown}`);
}
