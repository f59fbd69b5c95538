import { CampaignKitError, money, type SqlDriver, StorageError } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { type LedgerBench, ledgerBench } from "@campaignkit/test-support/ledger-bench";
import { expect, it } from "vitest";
import { recordCost, releaseExpired, reserveUnits, settleReservation } from "./index.ts";

const eur = (amount: number) => money("EUR", amount);
const UNIT = 1_000_000;

/** A driver that can be told to fail at one statement of the next transaction, or to lose the answer of its commit. */
class BreakingDriver {
  #failAt: number | null = null;
  #kind: "unavailable" | "contention" = "unavailable";
  #loseCommit = false;

  failAt(statement: number, kind: "unavailable" | "contention" = "unavailable"): void {
    this.#failAt = statement;
    this.#kind = kind;
  }

  loseCommit(): void {
    this.#loseCommit = true;
  }

  wrap(driver: SqlDriver): SqlDriver {
    return {
      family: driver.family,
      execute: (statement) => driver.execute(statement),
      close: () => driver.close(),
      transaction: async (work) => {
        const failAt = this.#failAt;
        const loseCommit = this.#loseCommit;
        this.#failAt = null;
        this.#loseCommit = false;
        let statements = 0;
        const result = await driver.transaction((transaction) =>
          work({
            execute: async (statement) => {
              statements += 1;
              if (statements === failAt) throw new StorageError(this.#kind, "The connection broke, as told.");
              return transaction.execute(statement);
            },
          }),
        );
        if (loseCommit)
          throw new StorageError("outcome-unknown", "The answer of the commit was lost, as told.");
        if (failAt !== null) throw new Unbroken();
        return result;
      },
    };
  }
}

/** The transaction has fewer statements than that. */
class Unbroken extends Error {
  override readonly name = "Unbroken";
}

/** One campaign with its ledger, in a workspace of its own. */
type Subject = Pick<LedgerBench, "shop" | "write" | "campaignId">;

/** Everything that a host can see of the budget. */
async function stateOf({ shop, campaignId }: Subject): Promise<object> {
  return {
    budget: await shop.budgets.get(campaignId),
    movements: (await shop.budgets.movements(campaignId, { limit: 500 })).items,
    open: (await shop.budgets.reservations(campaignId, { limit: 500 })).items,
    activity: (await shop.activity.list({ limit: 500 })).items.length,
  };
}

/** Every way of moving money, each on a budget of 100 EUR with 1 spent and 80 reserved; called twice, it moves once. */
const MOVES: readonly (readonly [
  name: string,
  move: (subject: Subject, held: string) => Promise<unknown>,
])[] = [
  [
    "reserveUnits, on a new day and channel",
    ({ write, campaignId }) =>
      write((unit) =>
        reserveUnits(unit, { campaignId, channel: "new", unitMicros: UNIT, count: 5, key: "x" }),
      ),
  ],
  [
    "reserveUnits, exhausting",
    ({ write, campaignId }) =>
      write((unit) =>
        reserveUnits(unit, {
          campaignId,
          channel: "email",
          unitMicros: UNIT,
          count: 500,
          key: "x",
          expiresAt: unit.now + 1,
        }),
      ),
  ],
  [
    "settleReservation, past an alert",
    ({ write }, reservationId) =>
      write((unit) =>
        settleReservation(unit, {
          reservationId,
          key: "x",
          commitMicros: 76 * UNIT,
          releaseMicros: 2 * UNIT,
        }),
      ),
  ],
  ["releaseExpired", ({ write }) => write((unit) => releaseExpired(unit))],
  [
    "recordCost, beyond the limit",
    ({ write, campaignId }) =>
      write((unit) =>
        recordCost(unit, campaignId, { key: "x", kind: "labour", amount: eur(120), channel: "new" }),
      ),
  ],
  [
    "budgets.reserve",
    ({ shop, campaignId }) => shop.budgets.reserve(campaignId, { key: "x", kind: "ai", amount: eur(3) }),
  ],
  ["budgets.commit", ({ shop }, id) => shop.budgets.commit(id, { key: "x" })],
  ["budgets.release", ({ shop }, id) => shop.budgets.release(id, { key: "x" })],
  [
    "budgets.adjust",
    ({ shop, campaignId }) =>
      shop.budgets.adjust(campaignId, { key: "x", kind: "media", amount: eur(-1), day: DAY, note: "refund" }),
  ],
];

const DAY = "2027-03-01";

/** A subject for each move, in one database. */
async function openSubjects(database: Parameters<typeof ledgerBench>[0], breaking: BreakingDriver) {
  const bench = await ledgerBench(database, { wrap: (driver) => breaking.wrap(driver) });
  const open = async (name: string) => {
    bench.time.jumpTo(new Date(`${DAY}T08:00:00Z`));
    const shop = bench.kit.workspace(name);
    const write: Subject["write"] = (work) => shop.plugins.bench.write("budgets:write", work);
    const { id: campaignId } = await shop.campaigns.create({
      name: "Subject",
      timeZone: "Europe/Berlin",
      startsAt: bench.time.now(),
      budget: { total: eur(100) },
    });
    await shop.budgets.recordCost(campaignId, { key: "first", kind: "media", amount: eur(1) });
    const order = { campaignId, channel: "email", unitMicros: UNIT, count: 80, key: "held" };
    const held = await write((unit) => reserveUnits(unit, { ...order, expiresAt: unit.now + 1 }));
    bench.time.jumpTo(new Date("2027-03-02T12:00:00Z"));
    return { subject: { shop, write, campaignId }, held: held.reservationId ?? "" };
  };
  return { bench, open };
}

describeEachDatabase("a budget under faults", (database) => {
  it("BUD-2: broken off at any statement of any movement, nothing has happened; then it happens, once", async () => {
    const breaking = new BreakingDriver();
    const { bench, open } = await openSubjects(await database(), breaking);
    for (const [name, move] of MOVES) {
      const { subject, held } = await open(name);
      const before = await stateOf(subject);
      let broken = 0;
      for (let statement = 1; ; statement++) {
        breaking.failAt(statement);
        const outcome = await move(subject, held).catch((error: unknown) => error);
        if (outcome instanceof Unbroken) break;
        expect(
          CampaignKitError.is(outcome, "STORAGE_FAILED"),
          `${name}, statement ${statement}: ${outcome}`,
        ).toBe(true);
        expect(await stateOf(subject), `${name}, statement ${statement}`).toEqual(before);
        await bench.check({ overspendAllowed: true });
        broken = statement;
      }
      expect(broken, name).toBeGreaterThan(3);
      const after = await stateOf(subject);
      expect(after, name).not.toEqual(before);
      await move(subject, held);
      expect(await stateOf(subject), name).toEqual(after);
      await bench.check({ overspendAllowed: true });
    }
    await bench.stop();
  });

  it("BUD-2: when the answer of the commit is lost, doing it again moves nothing more", async () => {
    const breaking = new BreakingDriver();
    const { bench, open } = await openSubjects(await database(), breaking);
    for (const [name, move] of MOVES) {
      const { subject, held } = await open(name);
      breaking.loseCommit();
      await expect(move(subject, held), name).rejects.toMatchObject({ details: { kind: "outcome-unknown" } });
      const after = await stateOf(subject);
      await move(subject, held);
      expect(await stateOf(subject), name).toEqual(after);
    }
    await bench.check({ overspendAllowed: true });
    await bench.stop();
  });

  it("BUD-2: a movement that loses against others is done again from its start, and counts once", async () => {
    const breaking = new BreakingDriver();
    const { bench, open } = await openSubjects(await database(), breaking);
    for (const [name, move] of MOVES) {
      const quiet = await open(`${name} (quiet)`);
      await move(quiet.subject, quiet.held);
      const { total } = await quiet.subject.shop.budgets.get(quiet.subject.campaignId);
      for (const statement of [1, 3, 4]) {
        const { subject, held } = await open(`${name} (${statement})`);
        breaking.failAt(statement, "contention");
        await move(subject, held);
        expect((await subject.shop.budgets.get(subject.campaignId)).total, name).toEqual(total);
      }
    }
    await bench.check({ overspendAllowed: true });
    await bench.stop();
  });
});
