/** Puts a campaign's report together from what the other readers of results say. */
import { checkFunnel, funnelSelection, measureFunnel } from "../funnel.ts";
import { type Metrics, metricsOf, noCounts } from "../metrics/metrics.ts";
import { checkQuery, type MetricsQuery } from "../metrics/query.ts";
import { type Report, type ReportContext, readReport } from "../metrics/report.ts";
import { readRoi } from "../roi.ts";
import {
  type CampaignReport,
  intervalFor,
  type ReportOptions,
  type ReportPart,
  type ReportPoint,
} from "./campaign-report.ts";
import type { ReportDirectory } from "./directory.ts";
import { readMachineActs } from "./machine-acts.ts";

const STAGES = ["sent", "open", "click", "conversion"] as const;

/** Figures of nothing: of a span in which nothing happened. */
function nothingHappened(currency: string | null, spendIsKept: boolean): Metrics {
  const unconverted = { revenue: new Map<string, number>(), spend: new Map<string, number>() };
  return metricsOf(
    noCounts(),
    { revenueMicros: 0, spendMicros: spendIsKept ? 0 : null, unconverted },
    currency,
  );
}

/** All spans of a report that divides time, without gaps. */
export function pointsOf(report: Report, spendIsKept: boolean): readonly ReportPoint[] {
  const found = new Map(report.groups.map(({ group, metrics }) => [group.bucket, metrics]));
  const nothing = nothingHappened(report.currency, spendIsKept);
  return (report.buckets ?? []).map((bucket, number) => ({
    from: new Date(bucket.from),
    until: new Date(bucket.until),
    label: bucket.label,
    metrics: found.get(number) ?? nothing,
  }));
}

/** Parts in order of what happened in them, what belongs to none last. */
function partsOf(
  report: Report,
  keyOf: (group: Report["groups"][number]["group"]) => string | null,
  names: ReadonlyMap<string, string | null>,
): readonly ReportPart[] {
  const weight = ({ metrics }: ReportPart): number =>
    metrics.reach + metrics.engagements + metrics.conversions;
  return report.groups
    .map(({ group, metrics }): ReportPart => {
      const key = keyOf(group);
      return { key, name: key === null ? null : (names.get(key) ?? null), metrics };
    })
    .sort(
      (a, b) =>
        Number(a.key === null) - Number(b.key === null) ||
        weight(b) - weight(a) ||
        ((a.key ?? "") < (b.key ?? "") ? -1 : 1),
    );
}

/** Reads a campaign's report. @throws {NOT_FOUND} {VALIDATION_FAILED} */
export async function readCampaignReport(
  context: ReportContext,
  frame: {
    readonly campaignId: string;
    readonly options: ReportOptions;
    readonly directory: ReportDirectory;
    readonly now: number;
  },
): Promise<CampaignReport> {
  const { db, workspaceId } = context;
  const { campaignId, options, directory, now } = frame;
  const { interval, weekStart, grossMargin, stages = STAGES, withinMs } = options;
  const campaign = await directory.campaign(db, workspaceId, campaignId);
  const timeZone = options.timeZone ?? campaign.timeZone;
  const base: MetricsQuery = { campaignIds: [campaignId], timeZone, currency: campaign.currency };
  const read = (query: MetricsQuery): Promise<Report> =>
    readReport(context, checkQuery({ ...base, ...query }));

  const { posts, progress } = await directory.delivery(db, workspaceId, campaignId);
  const summary = (await read({})).groups[0]?.metrics ?? nothingHappened(campaign.currency, true);
  const days = await read({ groupBy: ["day"] });
  const [first, last] = [days.buckets?.[0], days.buckets?.at(-1)];
  const chosen =
    interval ?? intervalFor(first === undefined || last === undefined ? 0 : last.until - first.from);
  const trend =
    chosen === "day"
      ? days
      : await read({ groupBy: [chosen], ...(weekStart === undefined ? {} : { weekStart }) });
  const byChannel = await read({ groupBy: ["channel"] });
  const byPost = await read({ groupBy: ["post"] });
  const bySegment = await read({ groupBy: ["segment"] });
  const segmentIds = bySegment.groups.flatMap(({ group }) => group.segment ?? []);
  const segmentNames = await directory.segmentNames(db, workspaceId, segmentIds);
  const funnel = checkFunnel({ stages, ...(withinMs === undefined ? {} : { withinMs }) });
  const titles = new Map(posts.map(({ postId, title }) => [postId, title]));
  const order = new Map(posts.map(({ postId }, place) => [postId, place]));
  const channels = new Map(posts.map(({ postId, channel }) => [postId, channel]));
  return {
    generatedAt: new Date(now),
    campaign,
    timeZone,
    currency: campaign.currency,
    delivery: progress,
    summary,
    machines: {
      opens: summary.machineOpens,
      clicks: summary.machineClicks,
      reasons: await readMachineActs(db, workspaceId, campaignId),
    },
    funnel: await measureFunnel(
      db,
      funnelSelection(workspaceId, checkQuery({ campaignIds: [campaignId] })),
      funnel,
    ),
    trend: { interval: chosen, points: pointsOf(trend, true) },
    channels: partsOf(byChannel, ({ channel }) => channel, new Map()),
    posts: partsOf(byPost, ({ postId }) => postId, titles)
      .filter(({ key }) => key !== null)
      .map((part) => ({ ...part, channel: channels.get(part.key ?? "") ?? "" }))
      .toSorted((a, b) => (order.get(a.key ?? "") ?? order.size) - (order.get(b.key ?? "") ?? order.size)),
    segments: partsOf(bySegment, ({ segment }) => segment, segmentNames),
    roi: await readRoi(context, campaignId, grossMargin === undefined ? {} : { grossMargin }),
  };
}
