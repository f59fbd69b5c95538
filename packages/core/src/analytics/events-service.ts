/** `shop.events`: what people did, told by the host, and read back. */
import type { Page } from "../kernel/page.ts";
import type { Scope } from "../kernel/scope.ts";
import type { Unit } from "../kernel/unit.ts";
import { validationError } from "../kernel/validate.ts";
import type { ValidationIssue } from "../ports/errors.ts";
import type { EventDirectory } from "./directory.ts";
import { type CheckedEvent, eventSchema, type TrackedEvent } from "./event-schema.ts";
import { type EventQuery, listEvents, type RecordedEvent } from "./events-list.ts";
import { forgetRequests } from "./machines/forget-requests.ts";
import { type ReclassifyOptions, type ReclassifyReport, reclassify } from "./machines/reclassify.ts";
import { machineRules } from "./machines/rules.ts";
import { recordEvents } from "./record.ts";
import { resolveEvents } from "./resolve.ts";

/** Events per transaction. */
const BATCH_SIZE = 1_000;
/** Refusals that a report keeps; `onRefused` gets all. */
const KEPT_REFUSALS = 1_000;

/** An event that was not recorded, and why. */
export interface EventRefusal {
  /** Its place among the given events, from 0. */
  readonly index: number;
  /** Its id, if it had one that can be read. */
  readonly id: string | null;
  readonly issues: readonly ValidationIssue[];
}

/** What came of one event. */
export interface TrackResult {
  readonly id: string;
  /** `duplicate`: an event of that id was there already; nothing changed. */
  readonly outcome: "recorded" | "duplicate";
}

/** What came of many events: recorded + duplicates + refused = given. */
export interface TrackReport {
  readonly recorded: number;
  /** There already, or repeated within the input. */
  readonly duplicates: number;
  readonly refused: number;
  /** The first thousand refusals. */
  readonly refusals: readonly EventRefusal[];
}

/** How many events are tracked. */
export interface TrackManyOptions {
  /** Called for each event that is not recorded, in order. */
  readonly onRefused?: (refusal: EventRefusal) => void;
}

type Checked = { readonly index: number; readonly event: CheckedEvent };

/** Tracks events. Every method is idempotent by event id. */
export class EventsService {
  readonly #scope: Scope;
  readonly #directory: EventDirectory;

  constructor(scope: Scope, directory: EventDirectory) {
    this.#scope = scope;
    this.#directory = directory;
  }

  /**
   * Records one event, and every figure that it belongs to, in one transaction.
   *
   * @throws {VALIDATION_FAILED} with everything that is wrong with it, ids of no record of this workspace included. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { createCampaignKit, money } from "@campaignkit/core";
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   *
   * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
   * const shop = kit.workspace("shop-42");
   * const result = await shop.events.track({ id: "order-1001", type: "conversion", value: money("EUR", 49.9) });
   * console.log(result.outcome); // "recorded"; "duplicate" when it is told again
   * await kit.stop();
   * ```
   */
  async track(event: TrackedEvent): Promise<TrackResult> {
    const clickTokens = await this.#clickTokens([event]);
    return this.#scope.write("events:write", async (unit) => {
      const { recorded, refusals, ids } = await this.#record(unit, { given: [event], start: 0, clickTokens });
      const refusal = refusals[0];
      if (refusal !== undefined) throw validationError("event", refusal.issues);
      const id = ids[0] ?? "";
      return { id, outcome: recorded.has(id) ? "recorded" : "duplicate" };
    });
  }

  /**
   * Records any number of events, a thousand per transaction. What can't be recorded is reported and keeps nothing else out. An error
   * (an unreachable database, an iterator that throws) leaves the batches before it recorded; tell all events again, those count once.
   *
   * @throws {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { money, type Workspace } from "@campaignkit/core";
   *
   * interface Order {
   *   readonly number: string;
   *   readonly customer: string;
   *   readonly euros: number;
   * }
   *
   * export async function tellOrders(shop: Workspace, orders: readonly Order[]) {
   *   const report = await shop.events.trackMany(
   *     orders.map(({ number, customer, euros }) => ({
   *       id: `order-${number}`,
   *       type: "conversion",
   *       externalId: customer,
   *       value: money("EUR", euros),
   *     })),
   *     { onRefused: ({ index, issues }) => console.warn(orders[index]?.number, issues) },
   *   );
   *   return report.recorded;
   * }
   * ```
   */
  async trackMany(
    events: Iterable<TrackedEvent> | AsyncIterable<TrackedEvent>,
    options: TrackManyOptions = {},
  ): Promise<TrackReport> {
    const report = { recorded: 0, duplicates: 0, refused: 0 };
    const kept: EventRefusal[] = [];
    let start = 0;
    const flush = async (batch: readonly TrackedEvent[]): Promise<void> => {
      const clickTokens = await this.#clickTokens(batch);
      const result = await this.#scope.write("events:write", (unit) =>
        this.#record(unit, { given: batch, start, clickTokens }),
      );
      start += batch.length;
      report.recorded += result.recorded.size;
      report.refused += result.refusals.length;
      report.duplicates += batch.length - result.recorded.size - result.refusals.length;
      kept.push(...result.refusals.slice(0, KEPT_REFUSALS - kept.length));
      for (const refusal of result.refusals) options.onRefused?.(refusal);
    };
    let batch: TrackedEvent[] = [];
    for await (const event of events) {
      batch.push(event);
      if (batch.length < BATCH_SIZE) continue;
      await flush(batch);
      batch = [];
    }
    // Also when there is none: the permission is asked for all the same.
    if (batch.length > 0 || start === 0) await flush(batch);
    return { ...report, refusals: kept };
  }

  /**
   * The events of a contact, or those of one type in a campaign, the latest first.
   *
   * @throws {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function whatTheyDid(shop: Workspace, contactId: string) {
   *   const { items } = await shop.events.list({ contactId, limit: 50 });
   *   return items.map(({ at, type }) => `${at.toISOString()} ${type}`);
   * }
   * ```
   */
  list(query: EventQuery): Promise<Page<RecordedEvent>> {
    return this.#scope.read("analytics:read", (db) => listEvents(db, this.#scope.workspaceId, query));
  }

  /**
   * Judges again which tracked requests were a machine's, by what was kept of each, and moves every figure that they stand in by exactly as much.
   * Do so after the rules have changed, or to learn what others would say. Runs page by page, each a transaction of its own; when it is stopped
   * half-way, figures are exact for what was judged, and another call completes it. Events whose facts were not kept, or that you told with a
   * `machine` of your own, stay what they are.
   *
   * @throws {VALIDATION_FAILED} for rules that can't be. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * // A cloud has published its ranges: who came from there since March was nobody.
   * export async function leaveOutCloud(shop: Workspace, dataCentres: readonly string[]) {
   *   const { toMachine } = await shop.events.reclassify({ rules: { dataCentres }, since: new Date("2027-03-01T00:00:00Z") });
   *   return toMachine;
   * }
   * ```
   */
  async reclassify(options: ReclassifyOptions = {}): Promise<ReclassifyReport> {
    const { rules, since } = options;
    const judging = {
      rules: rules === undefined ? this.#scope.kernel.tracking.machines : machineRules(rules),
      linkCounts: this.#directory.linkCounts,
    };
    return reclassify(this.#scope, judging, since?.getTime() ?? 0);
  }

  /**
   * Forgets what was kept of tracked requests from before that instant: user agents, networks, times. What they were taken for stays, for good, because
   * it can't be judged again; so do the events. Runs page by page, each a transaction of its own. Returns how many were forgotten.
   *
   * @throws {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * const QUARTER_OF_A_YEAR_MS = 90 * 86_400_000;
   *
   * export function forgetOldRequests(shop: Workspace) {
   *   return shop.events.forgetRequests({ before: new Date(Date.now() - QUARTER_OF_A_YEAR_MS) });
   * }
   * ```
   */
  forgetRequests({ before }: { readonly before: Date }): Promise<number> {
    return forgetRequests(this.#scope, before.getTime());
  }

  async #clickTokens(events: readonly TrackedEvent[]): Promise<ReadonlyMap<string, string>> {
    const tokens = events.map((event: Partial<TrackedEvent> | null) => event?.clickToken);
    const texts = tokens.filter((token) => typeof token === "string");
    return texts.length === 0 ? new Map() : this.#directory.readClickTokens(texts);
  }

  async #record(
    unit: Unit,
    batch: {
      readonly given: readonly TrackedEvent[];
      /** The place of the first among all. */
      readonly start: number;
      readonly clickTokens: ReadonlyMap<string, string>;
    },
  ): Promise<{ recorded: ReadonlySet<string>; refusals: readonly EventRefusal[]; ids: readonly string[] }> {
    const { given, start, clickTokens } = batch;
    const schema = eventSchema(unit.now);
    const refusals: EventRefusal[] = [];
    const checked: Checked[] = [];
    const refuse = (offset: number, issues: readonly ValidationIssue[]): void => {
      const id: unknown = (given[offset] as Partial<TrackedEvent> | null | undefined)?.id;
      refusals.push({ index: start + offset, id: typeof id === "string" ? id : null, issues });
    };
    for (const [offset, event] of given.entries()) {
      const result = schema.safeParse(event);
      if (result.success) checked.push({ index: offset, event: result.data });
      else {
        refuse(
          offset,
          result.error.issues.map(({ path, message }) => ({ path: path as (string | number)[], message })),
        );
      }
    }
    const resolutions = await resolveEvents(
      unit.db,
      checked.map(({ event }) => event),
      {
        workspaceId: unit.workspaceId,
        directory: this.#directory,
        now: unit.now,
        clickTokens,
        newId: () => unit.newId(),
      },
    );
    const accepted = resolutions.flatMap((resolution, position) => {
      if (resolution.issues === undefined) return [resolution.event];
      refuse(checked[position]?.index ?? position, resolution.issues);
      return [];
    });
    const recorded = await recordEvents(unit, accepted);
    refusals.sort((a, b) => a.index - b.index);
    return { recorded, refusals, ids: accepted.map(({ id }) => id) };
  }
}
