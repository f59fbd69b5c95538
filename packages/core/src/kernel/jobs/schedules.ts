/** Recurring jobs: a cron expression in a time zone, kept as a row, so that an occurrence is neither lost nor ordered twice. */
import { Cron } from "croner";
import { CampaignKitError } from "../../ports/errors.ts";
import { fromJson, toInteger } from "../../storage/columns.ts";
import { SYSTEM_ACTOR } from "../access.ts";
import { canonicalJson } from "../activity/chain.ts";
import type { Kernel } from "../kernel.ts";
import type { Loop } from "../loop.ts";
import { runUnit } from "../unit.ts";
import type { JobKind } from "./job.ts";

/** The workspace of work that belongs to the engine itself. Host workspaces can't be called so. */
export const ENGINE_WORKSPACE = "@engine";

/** A recurring job, declared in code by core or a plug-in. */
export interface RecurringJob {
  /** Unique in the engine, such as `loyalty.expire-points`. */
  readonly name: string;
  readonly kind: JobKind<object>;
  /**
   * Five or six fields, as croner reads them. A local time that does not exist when clocks go forward occurs at the first instant after the gap; one that
   * exists twice when they go back occurs once, the first time.
   */
  readonly cron: string;
  /** IANA zone that the expression is read in. */
  readonly timeZone: string;
  readonly payload: object;
}

/** The first occurrence after an instant, in epoch milliseconds. @throws {CONFIGURATION_INVALID} for a bad expression or zone, or none to come. */
export function nextOccurrence(job: Pick<RecurringJob, "name" | "cron" | "timeZone">, after: number): number {
  try {
    const next = new Cron(job.cron, { timezone: job.timeZone, paused: true }).nextRun(new Date(after));
    if (next !== null) return next.getTime();
  } catch (cause) {
    throw invalid(job, `"${job.cron}" in ${job.timeZone} is no cron expression or no zone`, cause);
  }
  throw invalid(job, `"${job.cron}" never occurs again`);
}

function invalid(job: Pick<RecurringJob, "name">, reason: string, cause?: unknown): CampaignKitError {
  return new CampaignKitError(
    "CONFIGURATION_INVALID",
    `The recurring job ${job.name} can't be planned: ${reason}.`,
    { setting: `schedule ${job.name}`, reason },
    { cause },
  );
}

/** Turns due occurrences into jobs. Occurrences missed while nothing ran become one job, not many. */
export class Scheduler implements Loop {
  readonly name = "schedules";
  readonly topic = "jobs";
  readonly #kernel: Kernel;
  readonly #jobs: ReadonlyMap<string, RecurringJob>;
  #registered = false;

  /** @throws {CONFIGURATION_INVALID} for a bad expression or zone, or a name that is used twice. */
  constructor(kernel: Kernel, jobs: readonly RecurringJob[]) {
    this.#kernel = kernel;
    this.#jobs = new Map(jobs.map((job) => [job.name, job]));
    for (const job of jobs) {
      if (this.#jobs.get(job.name) !== job) throw invalid(job, "another one has the same name");
      nextOccurrence(job, kernel.runtime.clock.now());
    }
  }

  async tick(): Promise<boolean> {
    if (this.#jobs.size === 0) return false;
    if (!this.#registered) await this.#register();
    const due = await this.#kernel.db
      .selectFrom("ck_schedules")
      .select(["name", "next_run_at"])
      .where("next_run_at", "<=", this.#kernel.runtime.clock.now())
      .execute();
    let ordered = false;
    for (const { name, next_run_at } of due) {
      const job = this.#jobs.get(name);
      if (job !== undefined) ordered = (await this.#order(job, toInteger(next_run_at))) || ordered;
    }
    return ordered;
  }

  async nextDueAt(): Promise<number | null> {
    if (this.#jobs.size === 0) return null;
    if (!this.#registered) return this.#kernel.runtime.clock.now();
    const rows = await this.#kernel.db.selectFrom("ck_schedules").select(["name", "next_run_at"]).execute();
    const mine = rows
      .filter(({ name }) => this.#jobs.has(name))
      .map(({ next_run_at }) => toInteger(next_run_at));
    return mine.length === 0 ? null : Math.min(...mine);
  }

  /** Writes the declared schedules; one whose expression, zone or payload changed is planned anew. */
  async #register(): Promise<void> {
    await runUnit(
      { kernel: this.#kernel, workspaceId: ENGINE_WORKSPACE, actor: SYSTEM_ACTOR },
      async ({ db, now }) => {
        const known = await db.selectFrom("ck_schedules").selectAll().execute();
        const byName = new Map(known.map((row) => [row.name, row]));
        for (const job of this.#jobs.values()) {
          const row = byName.get(job.name);
          const payload = canonicalJson(job.payload);
          const same =
            row !== undefined &&
            row.cron === job.cron &&
            row.time_zone === job.timeZone &&
            row.kind === job.kind.name &&
            canonicalJson(fromJson(row.payload)) === payload;
          if (same) continue;
          const values = {
            kind: job.kind.name,
            cron: job.cron,
            time_zone: job.timeZone,
            payload,
            next_run_at: nextOccurrence(job, now),
          };
          await db
            .insertInto("ck_schedules")
            .values({ name: job.name, ...values })
            .onConflict((conflict) => conflict.column("name").doUpdateSet(values))
            .execute();
        }
      },
    );
    this.#registered = true;
  }

  /** Moves the schedule on and orders the job, in one transaction; only one of several racing processes finds the row unmoved. */
  #order(job: RecurringJob, dueAt: number): Promise<boolean> {
    const frame = { kernel: this.#kernel, workspaceId: ENGINE_WORKSPACE, actor: SYSTEM_ACTOR };
    return runUnit(frame, async (unit) => {
      const moved = await unit.db
        .updateTable("ck_schedules")
        // Not before the one that is due, though the clock may have been set back.
        .set({ next_run_at: nextOccurrence(job, Math.max(unit.now, dueAt)) })
        .where("name", "=", job.name)
        .where("next_run_at", "=", dueAt)
        .executeTakeFirst();
      if (moved.numUpdatedRows !== 1n) return false;
      unit.enqueue(job.kind, { payload: job.payload, key: `schedule:${job.name}:${dueAt}` });
      return true;
    });
  }
}
