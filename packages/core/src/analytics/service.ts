/** `shop.analytics`: what campaigns brought, and what it cost. */
import type { Scope } from "../kernel/scope.ts";
import { notFound, requireId } from "../kernel/validate.ts";
import type { Interval, TimeBucket } from "../math/time-buckets.ts";
import type { EventDirectory } from "./directory.ts";
import { checkFunnel, type Funnel, type FunnelOptions, funnelSelection, measureFunnel } from "./funnel.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { checkQuery, type MetricsFilter, type MetricsQuery } from "./metrics/query.ts";
import { type ReportContext, readReport } from "./metrics/report.ts";
import { type RollupVerdict, verifyRollups } from "./recount.ts";
import type { CampaignReport, ReportOptions } from "./report/campaign-report.ts";
import type { ReportDirectory } from "./report/directory.ts";
import { pointsOf, readCampaignReport } from "./report/read-report.ts";
import { type Roi, type RoiOptions, readRoi } from "./roi.ts";

/** A span of time in a report. */
export interface ReportSpan {
  readonly from: Date;
  /** The first instant after it. */
  readonly until: Date;
  /** Such as `2027-03-01T08:00+01:00`, `2027-03-01`, `2027-W09`, `2027-03`; of a week from Sunday `2027-02-28/P7D`. */
  readonly label: string;
}

/** The figures of one group. What the report is not divided by, and what an event does not have, is `null`. */
export interface MetricsRow {
  readonly campaignId: string | null;
  readonly channel: string | null;
  readonly postId: string | null;
  readonly variant: string | null;
  /** The id of a segment, or the name that events gave. `null` in a report by segment: what counts for none. */
  readonly segment: string | null;
  readonly span: ReportSpan | null;
  readonly metrics: Metrics;
}

/** Figures by group. */
export interface MetricsReport {
  /** The currency of all money in it; `null`: none is known. */
  readonly currency: string | null;
  /** The zone that hours, days, weeks and months are those of. */
  readonly timeZone: string;
  /**
   * Groups in which something happened or was spent, in order of time, campaign, channel, post, variant, segment. By segment they don't add up
   * to the whole: somebody in two segments counts in both.
   */
  readonly rows: readonly MetricsRow[];
}

/** Which figures over time. */
export interface TrendQuery extends MetricsFilter {
  readonly interval: Interval;
}

/** Figures over time, without gaps: a span in which nothing happened stands there with zeros. */
export interface Trend {
  readonly currency: string | null;
  readonly timeZone: string;
  readonly points: readonly (ReportSpan & { readonly metrics: Metrics })[];
}

/** A funnel, and whose. */
export interface FunnelQuery
  extends Omit<MetricsFilter, "currency" | "timeZone" | "weekStart">,
    FunnelOptions {}

/** Reads results. Figures count people's acts only, unless told otherwise. */
export class AnalyticsService {
  readonly #scope: Scope;
  readonly #directory: EventDirectory;
  readonly #reports: ReportDirectory;

  constructor(scope: Scope, directory: EventDirectory, reports: ReportDirectory) {
    this.#scope = scope;
    this.#directory = directory;
    this.#reports = reports;
  }

  /**
   * Figures, divided by campaign, channel, post, variant, segment, and one interval of time. Costs by the groups and quarters of an hour in the
   * span, not by the events; figures by variant read the events for people.
   *
   * By segment: of the campaign's segments those that the person was in when the post's audience was written. Whoever leaves, joins or deletes a
   * segment afterwards changes no result. What a person does counts in each of their segments, so that rows don't add up to the whole; what
   * belongs to no delivery, and to nobody whom the campaign had written to, counts for no segment. Nothing is spent by segment.
   *
   * @throws {VALIDATION_FAILED} {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { createCampaignKit } from "@campaignkit/core";
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   *
   * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
   * const report = await kit.workspace("shop-42").analytics.metrics({ groupBy: ["channel", "day"], timeZone: "Europe/Berlin" });
   * for (const { channel, span, metrics } of report.rows) console.log(channel, span?.label, metrics.clicks, metrics.ctr);
   * await kit.stop();
   * ```
   */
  metrics(query: MetricsQuery = {}): Promise<MetricsReport> {
    return this.#read(async (context) => {
      const report = await readReport(context, checkQuery(query));
      const rows = report.groups.map(({ group: { bucket, ...names }, metrics }) => ({
        bucket,
        row: { ...names, span: spanOf(report.buckets?.[bucket]), metrics },
      }));
      const nameOf = ({ row }: (typeof rows)[number]): string =>
        JSON.stringify([row.campaignId, row.channel, row.postId, row.variant, row.segment]);
      rows.sort((a, b) => a.bucket - b.bucket || (nameOf(a) < nameOf(b) ? -1 : 1));
      return { currency: report.currency, timeZone: report.timeZone, rows: rows.map(({ row }) => row) };
    });
  }

  /**
   * Figures by hour, day, week or month of a time zone, one after the other without gaps, from the first to the last that happened or as
   * far as `from` and `to` say.
   *
   * @throws {VALIDATION_FAILED} {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function clicksByDay(shop: Workspace, campaignId: string) {
   *   const { points } = await shop.analytics.trends({ interval: "day", campaignIds: [campaignId] });
   *   return points.map(({ label, metrics }) => `${label}: ${metrics.clicks}`);
   * }
   * ```
   */
  trends({ interval, ...filter }: TrendQuery): Promise<Trend> {
    return this.#read(async (context) => {
      const query = checkQuery({ ...filter, groupBy: [interval] });
      const report = await readReport(context, query);
      const { currency, timeZone } = report;
      const spendIsKept = [query.postId, query.variant, query.segment].every((part) => part === undefined);
      const points = pointsOf(report, spendIsKept);
      return { currency, timeZone, points };
    });
  }

  /**
   * How many people went through the stages, in order, each within the window after the first. `from` and `to` say when they entered.
   * Reads the events.
   *
   * @throws {VALIDATION_FAILED} {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { createCampaignKit } from "@campaignkit/core";
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   *
   * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
   * const { stages } = await kit.workspace("shop-42").analytics.funnel({ stages: ["sent", "open", "click", "conversion"] });
   * for (const { type, people, ofPrevious } of stages) console.log(type, people, ofPrevious);
   * await kit.stop();
   * ```
   */
  funnel({ stages, withinMs, ...filter }: FunnelQuery): Promise<Funnel> {
    return this.#read(async (context) => {
      const funnel = checkFunnel({ stages, ...(withinMs === undefined ? {} : { withinMs }) });
      const query = checkQuery(filter);
      const { db, workspaceId, directory } = context;
      const ids = query.campaignIds ?? [];
      const campaigns = await directory.campaigns(db, workspaceId, ids);
      for (const id of ids) if (!campaigns.has(id)) throw notFound("campaign", id);
      return measureFunnel(db, funnelSelection(workspaceId, query), funnel);
    });
  }

  /**
   * A campaign's return: all its costs against the value of its conversions, with break-even and the day on which it had paid back.
   *
   * @throws {NOT_FOUND} {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function returnOf(shop: Workspace, campaignId: string) {
   *   const { roi, roas } = await shop.analytics.roi(campaignId);
   *   return { roi, roas }; // null where it can't be known
   * }
   * ```
   */
  roi(campaignId: string, options: RoiOptions = {}): Promise<Roi> {
    return this.#read((context) => readRoi(context, campaignId, options));
  }

  /**
   * Everything that is known of what a campaign came to: what became of its audience, figures in all and over time, by channel, post and segment,
   * people and machines apart, the funnel, costs and return. Costs by the groups, like each of its parts; the funnel reads the events. The package
   * `@campaignkit/report` makes a page of it.
   *
   * @throws {NOT_FOUND} {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function inShort(shop: Workspace, campaignId: string) {
   *   const { campaign, delivery, summary, machines, roi } = await shop.analytics.report(campaignId);
   *   const clicks = `${summary.clicks} clicks by ${summary.uniqueClicks} people, ${machines.clicks} by machines`;
   *   return `${campaign.name}: ${delivery.sent} of ${delivery.audience} sent, ${clicks}, ROI ${roi.roi ?? "unknown"}`;
   * }
   * ```
   */
  report(campaignId: string, options: ReportOptions = {}): Promise<CampaignReport> {
    const now = this.#scope.kernel.runtime.clock.now();
    return this.#read((context) =>
      readCampaignReport(context, { campaignId, options, directory: this.#reports, now }),
    );
  }

  /**
   * Recounts all events of a campaign (`null`: those of none) and compares with the sums that reports are read from. They are equal at every
   * instant; an operator can make sure. Reads every event.
   *
   * @throws {FORBIDDEN} {NOT_FOUND}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function makeSure(shop: Workspace, campaignId: string) {
   *   const { differences } = await shop.analytics.verifyRollups(campaignId);
   *   return differences.length === 0;
   * }
   * ```
   */
  verifyRollups(campaignId: string | null): Promise<RollupVerdict> {
    return this.#read(async ({ db, workspaceId, directory }) => {
      if (campaignId !== null) {
        const known = await directory.campaigns(db, workspaceId, [requireId("campaign", campaignId)]);
        if (!known.has(campaignId)) throw notFound("campaign", campaignId);
      }
      return verifyRollups(db, workspaceId, campaignId);
    });
  }

  #read<Result>(work: (context: ReportContext) => Promise<Result>): Promise<Result> {
    const { workspaceId } = this.#scope;
    return this.#scope.read("analytics:read", (db) => work({ db, workspaceId, directory: this.#directory }));
  }
}

function spanOf(bucket: TimeBucket | undefined): ReportSpan | null {
  if (bucket === undefined) return null;
  return { from: new Date(bucket.from), until: new Date(bucket.until), label: bucket.label };
}
