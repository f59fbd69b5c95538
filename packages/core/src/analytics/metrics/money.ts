/** Amounts of several currencies brought into one, day by day, at the host's rates. What has no rate is kept apart, never left out. */
import { convertInto } from "../../budgets/index.ts";
import { type Money, micros } from "../../math/money.ts";
import { localDay } from "../../math/time-zone.ts";
import { CampaignKitError } from "../../ports/errors.ts";
import type { Db } from "../../storage/db.ts";

/** An amount of one group, in whatever currency, and when. */
export interface Amount {
  readonly group: string;
  readonly currency: string;
  readonly at: number;
  readonly amountMicros: number;
}

/** One group's amounts in the report's currency. */
export interface Pot {
  amountMicros: number;
  /** What could not be converted, by currency. */
  readonly unconverted: Map<string, number>;
}

/** What the amounts are brought into. */
export interface PotRequest {
  readonly workspaceId: string;
  readonly currency: string;
  readonly timeZone: string;
}

/** The sums by group. Each day of a foreign currency is converted at the rate in force on that local day, and rounded to the micro. */
export async function potsOf(
  db: Db,
  amounts: readonly Amount[],
  { workspaceId, currency, timeZone }: PotRequest,
): Promise<ReadonlyMap<string, Pot>> {
  const pots = new Map<string, Pot>();
  const potOf = (group: string): Pot => {
    const known = pots.get(group);
    if (known !== undefined) return known;
    const pot: Pot = { amountMicros: 0, unconverted: new Map() };
    pots.set(group, pot);
    return pot;
  };
  const foreign = new Map<string, { group: string; money: Money; day: string }>();
  for (const amount of amounts) {
    if (amount.currency === currency) {
      potOf(amount.group).amountMicros += amount.amountMicros;
      continue;
    }
    const day = localDay(amount.at, timeZone);
    const key = JSON.stringify([amount.group, amount.currency, day]);
    const sum = (foreign.get(key)?.money.amountMicros ?? 0) + amount.amountMicros;
    foreign.set(key, { group: amount.group, money: micros(amount.currency, sum), day });
  }
  for (const { group, money, day } of foreign.values()) {
    const pot = potOf(group);
    const converted = await convert(db, workspaceId, currency, money, day);
    if (converted !== null) pot.amountMicros += converted;
    else {
      pot.unconverted.set(money.currency, (pot.unconverted.get(money.currency) ?? 0) + money.amountMicros);
    }
  }
  return pots;
}

async function convert(
  db: Db,
  workspaceId: string,
  currency: string,
  money: Money,
  day: string,
): Promise<number | null> {
  try {
    return (await convertInto(db, workspaceId, currency, money, day)).amountMicros;
  } catch (error) {
    if (CampaignKitError.is(error, "EXCHANGE_RATE_MISSING")) return null;
    throw error;
  }
}
