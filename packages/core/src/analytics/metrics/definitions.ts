/**
 * What every metric means: one table, which the computation, the documentation and the tests read.
 *
 * People are counted once each, at the first time that they did such a thing: in the campaign, or in the post or on the channel when the
 * figures are divided by those. A span of time therefore counts the people who did it first in that span, and spans add up to the whole.
 */

/** Acts on a post beyond seeing it, as social networks report them; a host tracks them by these types. */
const REACTIONS = ["like", "comment", "share", "save", "reply", "follow"] as const;

/** How many times something happened: the events of these types; those of machines where it says so, and otherwise people's. */
export const COUNTS = {
  sent: { types: ["sent"], means: "messages that a channel accepted, and posts published" },
  impressions: { types: ["impression"], means: "times that a post, banner or ad was shown" },
  views: { types: ["view"], means: "times that a page or a video was viewed" },
  opens: { types: ["open"], means: "times that a person opened a message, as far as its pixel tells" },
  clicks: { types: ["click"], means: "clicks of people on tracked links" },
  conversions: { types: ["conversion"], means: "conversions, such as orders" },
  bounces: { types: ["bounce"], means: "messages that came back" },
  complaints: { types: ["complaint"], means: "messages reported as spam" },
  unsubscribes: { types: ["unsubscribe"], means: "unsubscriptions" },
  engagements: { types: ["click", ...REACTIONS], means: `clicks and reactions (${REACTIONS.join(", ")})` },
  machineOpens: {
    types: ["open"],
    machines: true,
    means: "times that a machine loaded the pixel: privacy proxies, scanners, prefetching",
  },
  machineClicks: { types: ["click"], machines: true, means: "tracked links that a machine followed" },
} as const satisfies Readonly<Record<string, Count>>;

/** One count. */
export interface Count {
  readonly types: readonly string[];
  /** Only what is taken for the act of a machine. */
  readonly machines?: true;
  readonly means: string;
}

/** How many people did something at least once. */
export const PEOPLE = {
  reach: {
    types: ["sent", "impression", "view"],
    means: "people a message was sent or something was shown to",
  },
  uniqueOpens: { types: ["open"], means: "people who opened" },
  uniqueClicks: { types: ["click"], means: "people who clicked" },
  converters: { types: ["conversion"], means: "people who converted" },
  engaged: {
    types: ["click", "conversion", ...REACTIONS],
    means: "people who clicked, converted or reacted",
  },
} as const;

/** The name of a count. */
export type CountName = keyof typeof COUNTS;
/** The name of a count of people. */
export type PeopleName = keyof typeof PEOPLE;

/** Figures that are sums themselves, and that all others follow from. Money is in micros of one currency; `null`: not known. */
export interface BaseFigures extends Readonly<Record<CountName | PeopleName, number>> {
  readonly revenueMicros: number | null;
  readonly spendMicros: number | null;
}

interface Ratio {
  readonly of: (figures: Amounts) => number | null;
  readonly over: (figures: Amounts) => number | null;
  /** What the quotient is multiplied by; 1 when absent. */
  readonly times?: number;
  readonly unit: "ratio" | "money";
  readonly means: string;
}

/** Base figures, and the amounts that ratios are made of. */
interface Amounts extends BaseFigures {
  /** Sent and not returned. */
  readonly delivered: number;
  readonly profitMicros: number | null;
}

/** Everything that is divided by something. Over zero, or where a part is not known, it is `null`. */
export const RATIOS = {
  ctr: { of: (f) => f.clicks, over: (f) => f.impressions, unit: "ratio", means: "clicks / impressions" },
  cvr: { of: (f) => f.conversions, over: (f) => f.clicks, unit: "ratio", means: "conversions / clicks" },
  engagementRate: { of: (f) => f.engaged, over: (f) => f.reach, unit: "ratio", means: "engaged / reach" },
  interactionRate: {
    of: (f) => f.engagements,
    over: (f) => f.impressions,
    unit: "ratio",
    means: "engagements / impressions, for networks that tell numbers and no people",
  },
  openRate: {
    of: (f) => f.uniqueOpens,
    over: (f) => f.delivered,
    unit: "ratio",
    means:
      "unique opens / delivered; whoever loads no images, or all of them unread through a privacy proxy (Apple Mail), can't be seen among them",
  },
  clickRate: {
    of: (f) => f.uniqueClicks,
    over: (f) => f.delivered,
    unit: "ratio",
    means: "unique clicks / delivered",
  },
  clickToOpenRate: {
    of: (f) => f.uniqueClicks,
    over: (f) => f.uniqueOpens,
    unit: "ratio",
    means: "unique clicks / unique opens",
  },
  bounceRate: { of: (f) => f.bounces, over: (f) => f.sent, unit: "ratio", means: "bounces / sent" },
  complaintRate: {
    of: (f) => f.complaints,
    over: (f) => f.delivered,
    unit: "ratio",
    means: "complaints / delivered",
  },
  unsubscribeRate: {
    of: (f) => f.unsubscribes,
    over: (f) => f.delivered,
    unit: "ratio",
    means: "unsubscribes / delivered",
  },
  cpc: { of: (f) => f.spendMicros, over: (f) => f.clicks, unit: "money", means: "spend / clicks" },
  cpm: {
    of: (f) => f.spendMicros,
    over: (f) => f.impressions,
    times: 1_000,
    unit: "money",
    means: "1,000 × spend / impressions",
  },
  cpa: { of: (f) => f.spendMicros, over: (f) => f.conversions, unit: "money", means: "spend / conversions" },
  aov: {
    of: (f) => f.revenueMicros,
    over: (f) => f.conversions,
    unit: "money",
    means: "revenue / conversions",
  },
  roas: { of: (f) => f.revenueMicros, over: (f) => f.spendMicros, unit: "ratio", means: "revenue / spend" },
  roi: {
    of: (f) => f.profitMicros,
    over: (f) => f.spendMicros,
    unit: "ratio",
    means: "(revenue - spend) / spend",
  },
} as const satisfies Readonly<Record<string, Ratio>>;

/** The name of a ratio. */
export type RatioName = keyof typeof RATIOS;

const AMOUNTS = {
  revenue: "the value of conversions, in the report's currency",
  spend: "what the budgets' ledgers have committed, of every kind of cost, in the report's currency",
  profit: "revenue - spend",
} as const;

/** Every ratio of the figures, unrounded; those of unit `money` in micros. */
export function ratiosOf(figures: BaseFigures): Readonly<Record<RatioName, number | null>> {
  const { revenueMicros, spendMicros } = figures;
  const amounts: Amounts = {
    ...figures,
    delivered: figures.sent - figures.bounces,
    profitMicros: revenueMicros === null || spendMicros === null ? null : revenueMicros - spendMicros,
  };
  const entries = Object.entries<Ratio>(RATIOS).map(([name, { of, over, times = 1 }]) => {
    const [dividend, divisor] = [of(amounts), over(amounts)];
    return [
      name,
      dividend === null || divisor === null || divisor === 0 ? null : (dividend / divisor) * times,
    ];
  });
  return Object.fromEntries(entries) as Record<RatioName, number | null>;
}

/** What one metric is. */
export interface MetricDefinition {
  readonly unit: "count" | "people" | "money" | "ratio";
  readonly means: string;
  /** The event types that it counts, where it counts any. */
  readonly types?: readonly string[];
}

function definitions(): Readonly<Record<string, MetricDefinition>> {
  const counted = (
    unit: "count" | "people",
    table: Readonly<Record<string, Omit<MetricDefinition, "unit">>>,
  ) => Object.entries(table).map(([name, { types = [], means }]) => [name, { unit, means, types }] as const);
  return Object.fromEntries([
    ...counted("count", COUNTS),
    ["delivered", { unit: "count", means: "sent - bounces" }],
    ...counted("people", PEOPLE),
    ...Object.entries(AMOUNTS).map(([name, means]) => [name, { unit: "money", means }] as const),
    ...Object.entries<Ratio>(RATIOS).map(([name, { unit, means }]) => [name, { unit, means }] as const),
  ]);
}

/** Every metric's definition, by its name: what the reports compute, and the guide prints. */
export const METRIC_DEFINITIONS: Readonly<Record<string, MetricDefinition>> = definitions();
