import { type Budget, CampaignKitError, type Money } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { type LedgerBench, ledgerBench } from "@campaignkit/test-support/ledger-bench";
import fc from "fast-check";
import { expect, it } from "vitest";
import { localDay } from "../math/time-zone.ts";
import { releaseExpired, reserveUnits, settleReservation } from "./index.ts";

const ZONE = "Europe/Berlin";
const CHANNELS = ["email", "social"] as const;
const HOUR = 3_600_000;
const eur = (amountMicros: number): Money => ({ currency: "EUR", amountMicros });

interface Entry {
  readonly day: string;
  readonly channel: string | null;
  readonly committed: number;
  readonly reserved: number;
}

interface Held {
  readonly id: string;
  readonly day: string;
  readonly channel: string | null;
  readonly expiresAt: number | null;
  readonly byHand: boolean;
  open: number;
}

/** A budget as one would write it on paper: a list of entries, and limits that are looked at before one is added. */
class PaperBudget {
  total: number | null = null;
  daily: number | null = null;
  held = 0;
  channels = new Map<string, number>();
  percents = [75, 90, 100];
  readonly entries: Entry[] = [];
  readonly reservations: Held[] = [];
  readonly raised = new Set<string>();
  /** The smallest price refused by each scope since it had room, and the scopes that are said to be exhausted. */
  readonly wanted = new Map<string, number>();
  readonly exhausted = new Set<string>();
  now = 0;

  get today(): string {
    return localDay(this.now, ZONE);
  }

  sum(part: "committed" | "reserved", of: (entry: Entry) => boolean = () => true): number {
    return this.entries.filter(of).reduce((sum, entry) => sum + entry[part], 0);
  }

  used(of: (entry: Entry) => boolean = () => true): number {
    return this.sum("committed", of) + this.sum("reserved", of);
  }

  /** What a scope has room for, and what may come back to it. Scopes go by `total`, the day, or the channel. */
  stand(scope: string): { readonly room: number; readonly inFlight: number } {
    const within = ({ day, channel }: { day: string; channel: string | null }): boolean =>
      scope === "total" || day === scope || channel === scope;
    const limit =
      scope === "total"
        ? this.total
        : scope.startsWith("2")
          ? this.daily
          : (this.channels.get(scope) ?? null);
    const held = scope === "total" ? this.held : 0;
    const flying = this.reservations.filter((held) => !held.byHand && within(held));
    return {
      room: limit === null ? Number.POSITIVE_INFINITY : limit - held - this.used(within),
      inFlight: flying.reduce((sum, { open }) => sum + open, 0),
    };
  }

  /** What was refused is remembered until there is room for it; it is the end when nothing in flight could make some. */
  review(): void {
    for (const [scope, price] of this.wanted) {
      if (scope.startsWith("2") && scope < this.today) continue;
      const { room, inFlight } = this.stand(scope);
      if (room >= price) {
        this.wanted.delete(scope);
        this.exhausted.delete(scope);
      } else if (room + inFlight < price) this.exhausted.add(scope);
    }
  }

  refuse(channel: string | null, price: number): void {
    for (const scope of ["total", this.today, ...(channel === null ? [] : [channel])])
      if (this.stand(scope).room < price)
        this.wanted.set(scope, Math.min(price, this.wanted.get(scope) ?? price));
    this.review();
  }

  /** How much more may be reserved. */
  room(channel: string | null, withContingency = false): number {
    const rooms = [Number.POSITIVE_INFINITY];
    if (this.total !== null) rooms.push(this.total - (withContingency ? 0 : this.held) - this.used());
    if (this.daily !== null) rooms.push(this.daily - this.used(({ day }) => day === this.today));
    const limit = channel === null ? undefined : this.channels.get(channel);
    if (limit !== undefined) rooms.push(limit - this.used((entry) => entry.channel === channel));
    return Math.min(...rooms);
  }

  add(entry: Entry): void {
    this.entries.push(entry);
    if (entry.committed > 0) this.raise(entry.channel);
    this.review();
  }

  /** What a commit on that channel, or a change of plan, has reached. */
  raise(channel: string | null = null, all = false): void {
    const scopes: readonly (readonly [name: string, limit: number | null, spent: number])[] = [
      ["total", this.total === null ? null : this.total - this.held, this.sum("committed")],
      ...CHANNELS.filter((name) => all || name === channel).map(
        (name) =>
          [
            name,
            this.channels.get(name) ?? null,
            this.sum("committed", (entry) => entry.channel === name),
          ] as const,
      ),
    ];
    for (const [name, limit, spent] of scopes) {
      for (const percent of this.percents) {
        const reached = limit !== null && spent > 0 && spent * 100 >= limit * percent;
        if (reached) this.raised.add(`${name} ${percent}`);
        else if (all) this.raised.delete(`${name} ${percent}`);
      }
    }
  }
}

/** One run: a campaign in the real ledger, and the same on paper. */
interface Real {
  readonly bench: LedgerBench;
  readonly campaignId: string;
  nextKey: number;
}

type Operation = fc.AsyncCommand<PaperBudget, Real>;

/** Compares all that can be seen. */
async function compare(paper: PaperBudget, { bench, campaignId }: Real): Promise<void> {
  const budget: Budget = await bench.shop.budgets.get(campaignId);
  const seen = {
    total: [
      budget.total.committed.amountMicros,
      budget.total.reserved.amountMicros,
      budget.total.limit?.amountMicros ?? null,
    ],
    available: budget.total.available?.amountMicros ?? null,
    contingency: budget.contingency.amount.amountMicros,
    daily: [
      budget.daily.day,
      budget.daily.committed.amountMicros,
      budget.daily.reserved.amountMicros,
      budget.daily.limit?.amountMicros ?? null,
    ],
    channels: CHANNELS.map((name) => [
      budget.channels[name]?.committed.amountMicros ?? 0,
      budget.channels[name]?.reserved.amountMicros ?? 0,
      budget.channels[name]?.limit?.amountMicros ?? null,
    ]),
    alerts: budget.alerts.map(({ channel, percent }) => `${channel ?? "total"} ${percent}`).toSorted(),
    exhausted: [budget.total, budget.daily, ...CHANNELS.map((name) => budget.channels[name])].map(
      (stand) => stand?.exhausted ?? false,
    ),
  };
  const ofToday = ({ day }: Entry): boolean => day === paper.today;
  expect(seen).toEqual({
    total: [paper.sum("committed"), paper.sum("reserved"), paper.total],
    available: paper.total === null ? null : Math.max(0, paper.total - paper.held - paper.used()),
    contingency: paper.held,
    daily: [paper.today, paper.sum("committed", ofToday), paper.sum("reserved", ofToday), paper.daily],
    channels: CHANNELS.map((name) => {
      const ofChannel = ({ channel }: Entry): boolean => channel === name;
      return [
        paper.sum("committed", ofChannel),
        paper.sum("reserved", ofChannel),
        paper.channels.get(name) ?? null,
      ];
    }),
    alerts: [...paper.raised].toSorted(),
    exhausted: ["total", paper.today, ...CHANNELS].map((scope) => paper.exhausted.has(scope)),
  });
}

/** An operation that is done a second time, as after a lost answer, and must answer the same and move nothing. */
async function twice<Result>(work: () => Promise<Result>): Promise<Result> {
  const first = await work();
  expect(await work()).toEqual(first);
  return first;
}

/** The error's code; an unexpected error is thrown on. */
function codeOf(error: unknown): string {
  if (!CampaignKitError.is(error)) throw error;
  return error.code;
}

function operation(name: string, run: (paper: PaperBudget, real: Real) => Promise<void>): Operation {
  return {
    check: () => true,
    run: async (paper, real) => {
      await run(paper, real);
      await compare(paper, real);
    },
    toString: () => name,
  };
}

const channel = fc.constantFrom<string | null>(...CHANNELS, null);

const reserve = fc
  .record({
    channel,
    unitMicros: fc.integer({ min: 1, max: 40 }),
    count: fc.integer({ min: 1, max: 12 }),
    lastsHours: fc.option(fc.integer({ min: 1, max: 30 })),
  })
  .map(({ lastsHours, ...order }) =>
    operation(`reserve ${JSON.stringify({ ...order, lastsHours })}`, async (paper, real) => {
      const key = `k${real.nextKey++}`;
      const expiresAt = lastsHours === null ? null : paper.now + lastsHours * HOUR;
      const whole = {
        ...order,
        campaignId: real.campaignId,
        key,
        ...(expiresAt === null ? {} : { expiresAt }),
      };
      const grant = await twice(() => real.bench.write((unit) => reserveUnits(unit, whole)));
      const fitting = Math.max(
        0,
        Math.min(order.count, Math.floor(paper.room(order.channel) / order.unitMicros)),
      );
      expect(grant.granted).toBe(fitting);
      expect(grant.exhausted === null).toBe(fitting === order.count);
      const { today: day } = paper;
      const open = fitting * order.unitMicros;
      if (grant.reservationId === null) return paper.refuse(order.channel, order.unitMicros);
      paper.reservations.push({
        id: grant.reservationId,
        day,
        channel: order.channel,
        expiresAt,
        byHand: false,
        open,
      });
      paper.add({ day, channel: order.channel, committed: 0, reserved: open });
      if (fitting < order.count) paper.refuse(order.channel, order.unitMicros);
    }),
  );

const settle = fc
  .record({
    which: fc.nat(),
    commitMicros: fc.integer({ min: 0, max: 120 }),
    releaseMicros: fc.integer({ min: 0, max: 120 }),
  })
  .map(({ which, commitMicros, releaseMicros }) =>
    operation(`settle ${which} ${commitMicros} ${releaseMicros}`, async (paper, real) => {
      const held = paper.reservations[which % Math.max(1, paper.reservations.length)];
      if (held === undefined) return;
      const settlement = { reservationId: held.id, key: `k${real.nextKey++}`, commitMicros, releaseMicros };
      await twice(() => real.bench.write((unit) => settleReservation(unit, settlement)));
      const spent = Math.min(held.open, commitMicros);
      const back = Math.min(held.open - spent, releaseMicros);
      held.open -= spent + back;
      paper.add({ day: held.day, channel: held.channel, committed: commitMicros, reserved: -(spent + back) });
    }),
  );

const byHand = fc
  .record({ channel, amount: fc.integer({ min: 1, max: 300 }), useContingency: fc.boolean() })
  .map(({ amount, ...order }) =>
    operation(`reserve by hand ${amount} ${JSON.stringify(order)}`, async (paper, real) => {
      const key = `k${real.nextKey++}`;
      const input = { ...order, key, kind: "media", amount: eur(amount) } as const;
      const fits = amount <= paper.room(order.channel, order.useContingency);
      const { budgets } = real.bench.shop;
      const outcome = await twice(() => budgets.reserve(real.campaignId, input).catch(codeOf));
      if (!fits) return expect(outcome).toBe("BUDGET_EXCEEDED");
      const id = (outcome as { readonly id: string }).id;
      const { today: day } = paper;
      paper.reservations.push({
        id,
        day,
        channel: order.channel,
        expiresAt: null,
        byHand: true,
        open: amount,
      });
      paper.add({ day, channel: order.channel, committed: 0, reserved: amount });
    }),
  );

const cost = fc
  .record({ channel, amount: fc.integer({ min: 0, max: 200 }), agoHours: fc.integer({ min: 0, max: 60 }) })
  .map(({ channel: on, amount, agoHours }) =>
    operation(`cost ${amount} ${on} ${agoHours}`, async (paper, real) => {
      const at = paper.now - agoHours * HOUR;
      const input = {
        key: `k${real.nextKey++}`,
        kind: "tool",
        amount: eur(amount),
        channel: on,
        incurredAt: new Date(at),
      } as const;
      await twice(() =>
        real.bench.shop.budgets.recordCost(real.campaignId, input).then(({ movement }) => movement),
      );
      paper.add({ day: localDay(at, ZONE), channel: on, committed: amount, reserved: 0 });
    }),
  );

const adjust = fc
  .record({ channel, amount: fc.integer({ min: -100, max: 100 }).filter((amount) => amount !== 0) })
  .map(({ channel: on, amount }) =>
    operation(`adjust ${amount} ${on}`, async (paper, real) => {
      const input = {
        key: `k${real.nextKey++}`,
        kind: "tool",
        amount: eur(amount),
        channel: on,
        note: "so",
      } as const;
      const { today: day } = paper;
      const spent = [
        paper.sum("committed"),
        paper.sum("committed", (entry) => entry.day === day),
        on === null ? Number.POSITIVE_INFINITY : paper.sum("committed", (entry) => entry.channel === on),
      ];
      const outcome = await twice(() => real.bench.shop.budgets.adjust(real.campaignId, input).catch(codeOf));
      if (amount > 0 && amount > paper.room(on, true)) return expect(outcome).toBe("BUDGET_EXCEEDED");
      // Only the kind of cost can stand against it then, which the paper does not keep.
      if (outcome === "CONFLICT") return expect(amount).toBeLessThan(0);
      expect(Math.min(...spent) + amount).toBeGreaterThanOrEqual(0);
      paper.add({ day, channel: on, committed: amount, reserved: 0 });
    }),
  );

const limit = fc.option(fc.integer({ min: 0, max: 1_500 }));

const plan = fc
  .record({
    total: limit,
    daily: limit,
    channels: fc.dictionary(fc.constantFrom(...CHANNELS), fc.integer({ min: 0, max: 600 })),
    contingencyPercent: fc.constantFrom(0, 5, 12.5),
  })
  .map(({ total, daily, channels, contingencyPercent }) =>
    operation(
      `plan ${JSON.stringify({ total, daily, channels, contingencyPercent })}`,
      async (paper, real) => {
        const held = total === null ? 0 : Math.ceil((total * contingencyPercent) / 100);
        const allocated = Object.values(channels).reduce((sum, amount) => sum + amount, 0);
        const lowers = (
          next: number | null | undefined,
          now: number | null | undefined,
          used: number,
        ): boolean => next != null && (now == null || next < now) && next < used;
        const refused =
          (total !== null && allocated + held > total) ||
          (total === null && contingencyPercent > 0) ||
          (total !== null && daily !== null && daily > total) ||
          lowers(total, paper.total, paper.used()) ||
          lowers(
            daily,
            paper.daily,
            paper.used(({ day }) => day === paper.today),
          ) ||
          CHANNELS.some((name) =>
            lowers(
              channels[name],
              paper.channels.get(name),
              paper.used((entry) => entry.channel === name),
            ),
          );
        const changes = {
          total: total === null ? null : eur(total),
          daily: daily === null ? null : eur(daily),
          channels: Object.fromEntries(Object.entries(channels).map(([name, amount]) => [name, eur(amount)])),
          contingencyPercent,
        };
        const outcome = await real.bench.shop.budgets.set(real.campaignId, changes).catch(codeOf);
        if (refused) return expect(outcome).toBe("VALIDATION_FAILED");
        expect(outcome).not.toBe("VALIDATION_FAILED");
        Object.assign(paper, { total, daily, held, channels: new Map(Object.entries(channels)) });
        paper.raise(null, true);
        paper.review();
      },
    ),
  );

const wait = fc.integer({ min: 1, max: 40 }).map((waitHours) =>
  operation(`wait ${waitHours} h`, async (paper, real) => {
    paper.now += waitHours * HOUR;
    real.bench.time.jumpTo(new Date(paper.now));
  }),
);

const expire = fc.constant(
  operation("release what expired", async (paper, real) => {
    const due = paper.reservations.filter(
      ({ open, expiresAt }) => open > 0 && expiresAt !== null && expiresAt <= paper.now,
    );
    await real.bench.write((unit) => releaseExpired(unit, { limit: 500 }));
    for (const held of due) {
      const { open } = held;
      held.open = 0;
      paper.add({ day: held.day, channel: held.channel, committed: 0, reserved: -open });
    }
  }),
);

describeEachDatabase("the ledger against paper", (database, family) => {
  const numRuns = Number(process.env["MODEL_RUNS"] ?? (family === "sqlite" ? 1_800 : 200));

  it("BUD-2: whatever is reserved, settled, booked, corrected, planned and expired, in any order and twice: as on paper", {
    timeout: 1_800_000,
  }, async () => {
    const bench = await ledgerBench(await database("memory"));
    const start = Date.parse("2027-03-20T08:00:00Z");
    await fc.assert(
      fc.asyncProperty(
        fc.commands([plan, reserve, reserve, settle, settle, byHand, cost, adjust, wait, expire], {
          maxCommands: 25,
        }),
        async (commands) => {
          bench.time.jumpTo(new Date(start));
          const { id } = await bench.shop.campaigns.create({
            name: "Paper",
            timeZone: ZONE,
            startsAt: new Date(start),
            currency: "EUR",
          });
          const paper = new PaperBudget();
          paper.now = start;
          await fc.asyncModelRun(
            () => ({ model: paper, real: { bench, campaignId: id, nextKey: 0 } }),
            commands,
          );
        },
      ),
      { numRuns },
    );
    await bench.check({ overspendAllowed: true });
    await bench.stop();
  });
});
