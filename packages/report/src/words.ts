/** Every text of the page. `{name}` is filled in; what a text does not mention is left out. */

/** The texts, in one language. */
export interface ReportWords {
  /** `{name}`: of the campaign. */
  readonly pageTitle: string;
  /** `{audience}`, `{from}`. */
  readonly toPeople: string;
  /** `{audience}`, `{from}`, `{until}`. */
  readonly toPeopleUntil: string;
  /** `{at}`, `{timeZone}`. */
  readonly asOf: string;
  readonly states: Readonly<
    Record<"draft" | "scheduled" | "active" | "paused" | "completed" | "cancelled", string>
  >;
  readonly asTable: string;
  readonly notKnown: string;
  readonly none: string;
  /** `{count}`. */
  readonly more: string;
  readonly people: string;
  readonly machines: string;
  readonly share: string;
  readonly number: string;

  readonly tiles: Readonly<
    Record<
      "sent" | "opened" | "clicked" | "conversions" | "revenue" | "spend" | "roi" | "unsubscribed",
      string
    >
  >;

  readonly outcomesTitle: string;
  /** `{audience}`, `{parts}`. */
  readonly outcomesSaid: string;
  readonly outcome: string;
  readonly outcomes: Readonly<Record<"sent" | "failed" | "skipped" | "uncertain" | "pending", string>>;

  readonly reasonsTitle: string;
  readonly reason: string;
  /** Why a message was not sent, by reason code. A code that is not here stands as it is. */
  readonly reasons: Readonly<Record<string, string>>;

  readonly deliverabilityTitle: string;
  readonly figure: string;
  readonly deliverability: Readonly<Record<"delivered" | "bounces" | "complaints" | "unsubscribes", string>>;

  readonly funnelTitle: string;
  /** Where some opens are machines'. */
  readonly funnelNote: string;
  readonly stage: string;
  readonly ofAll: string;
  readonly ofPrevious: string;
  /** By type of event. A type that is not here stands as it is. */
  readonly stages: Readonly<Record<string, string>>;

  readonly trendTitle: string;
  readonly trendTitles: Readonly<Record<"opens" | "clicks" | "conversions", string>>;
  /** `{what}`, `{total}`, `{from}`, `{until}`, `{most}`, `{mostAt}`. */
  readonly trendSaid: string;
  readonly period: Readonly<Record<"hour" | "day" | "week" | "month", string>>;

  readonly machinesTitle: string;
  /** `{people}`, `{machines}`, `{what}`. */
  readonly machinesSaid: string;
  readonly machinesNote: string;
  /** Why an act is taken for a machine's, by reason code. A code that is not here stands as it is. */
  readonly machineReasons: Readonly<Record<string, string>>;
  readonly acts: Readonly<Record<"open" | "click", string>>;

  readonly channelsTitle: string;
  readonly postsTitle: string;
  readonly segmentsTitle: string;
  readonly segmentsNote: string;
  readonly channel: string;
  readonly post: string;
  readonly segment: string;
  readonly columns: Readonly<
    Record<"delivered" | "opened" | "clicked" | "clickRate" | "conversions" | "revenue", string>
  >;

  readonly moneyTitle: string;
  readonly amount: string;
  readonly revenue: string;
  readonly spend: string;
  readonly profit: string;
  readonly costs: Readonly<Record<"media" | "ai" | "message" | "tool" | "labour", string>>;
  readonly roi: string;
  readonly roas: string;
  readonly aov: string;
  readonly cpa: string;
  readonly breakEvenRoas: string;
  readonly payback: string;
  /** `{days}`, `{at}`. */
  readonly paybackAfter: string;
  /** `{amounts}`: what could not be converted. */
  readonly unconverted: string;
}

/** The page in English. */
export const ENGLISH: ReportWords = {
  pageTitle: "{name}: what it came to",
  toPeople: "To {audience} people, from {from}.",
  toPeopleUntil: "To {audience} people, from {from} to {until}.",
  asOf: "As of {at} ({timeZone}).",
  states: {
    draft: "Draft",
    scheduled: "Scheduled",
    active: "Running",
    paused: "Paused",
    completed: "Completed",
    cancelled: "Cancelled",
  },
  asTable: "The figures as a table",
  notKnown: "–",
  none: "none",
  more: "and {count} more",
  people: "People",
  machines: "Machines",
  share: "Share",
  number: "Number",
  tiles: {
    sent: "sent",
    opened: "opened",
    clicked: "clicked",
    conversions: "conversions",
    revenue: "revenue",
    spend: "spend",
    roi: "return on investment",
    unsubscribed: "unsubscribed",
  },
  outcomesTitle: "What became of the audience",
  outcomesSaid: "{audience} people: {parts}.",
  outcome: "Outcome",
  outcomes: {
    sent: "sent",
    failed: "failed",
    skipped: "skipped",
    uncertain: "uncertain",
    pending: "pending",
  },
  reasonsTitle: "Why people got nothing",
  reason: "Reason",
  reasons: {},
  deliverabilityTitle: "Deliverability",
  figure: "Figure",
  deliverability: {
    delivered: "Delivered",
    bounces: "Came back",
    complaints: "Reported as spam",
    unsubscribes: "Unsubscribed",
  },
  funnelTitle: "How far people went",
  funnelNote:
    "Each stage counts those who went through all before it. Whose opening can't be seen is missing after it, too.",
  stage: "Stage",
  ofAll: "Of all",
  ofPrevious: "Of the stage before",
  stages: { sent: "got the message", open: "opened it", click: "clicked a link", conversion: "converted" },
  trendTitle: "Over time",
  trendTitles: { opens: "Opens", clicks: "Clicks", conversions: "Conversions" },
  trendSaid: "{what}: {total} from {from} to {until}, at most {most} ({mostAt}).",
  period: { hour: "Hour", day: "Day", week: "Week from", month: "Month" },
  machinesTitle: "People and machines",
  machinesSaid: "{what}: {people} by people, {machines} by machines.",
  machinesNote:
    "Scanners follow links and privacy proxies load images whether anybody reads or not: what shows itself as theirs counts for nobody. Opens stay a rough figure. Who loads no images is missing, and so is who reads behind Apple's privacy proxy.",
  machineReasons: {
    honeypot: "followed the invisible link",
    "head-request": "asked for the head only",
    prefetch: "loaded ahead by a program",
    "apple-mail-privacy": "Apple Mail's privacy proxy",
    "data-centre": "from a data centre",
    "soon-after-send": "seconds after the send",
    "link-burst": "many links in a moment",
    "unopened-burst": "many links of an unopened message",
    "link-preview": "preview in a chat or network",
    crawler: "search engine",
    program: "script",
    "headless-browser": "browser without a person",
    "scanner-barracuda": "scanner: Barracuda",
    "scanner-proofpoint": "scanner: Proofpoint",
    "scanner-mimecast": "scanner: Mimecast",
    "scanner-microsoft": "scanner: Microsoft",
    "scanner-cisco": "scanner: Cisco",
    "scanner-symantec": "scanner: Symantec",
    "scanner-trend-micro": "scanner: Trend Micro",
    "scanner-fortinet": "scanner: Fortinet",
    "scanner-trellix": "scanner: Trellix",
    "scanner-sophos": "scanner: Sophos",
    "scanner-kaspersky": "scanner: Kaspersky",
    "scanner-avanan": "scanner: Avanan",
    "scanner-url": "scanner of URLs",
  },
  acts: { open: "Opens", click: "Clicks" },
  channelsTitle: "By channel",
  postsTitle: "By post",
  segmentsTitle: "By segment",
  segmentsNote: "Somebody in two segments counts in both, so the rows don't add up to the whole.",
  channel: "Channel",
  post: "Post",
  segment: "Segment",
  columns: {
    delivered: "Delivered",
    opened: "Opened",
    clicked: "Clicked",
    clickRate: "Click rate",
    conversions: "Conversions",
    revenue: "Revenue",
  },
  moneyTitle: "What it cost, and what it brought",
  amount: "Amount",
  revenue: "Revenue",
  spend: "Spend",
  profit: "Profit",
  costs: {
    media: "Cost: media",
    ai: "Cost: AI",
    message: "Cost: messages",
    tool: "Cost: tools",
    labour: "Cost: labour",
  },
  roi: "Return on investment",
  roas: "Return on ad spend",
  aov: "Average order",
  cpa: "Cost per conversion",
  breakEvenRoas: "Break-even return on ad spend",
  payback: "Paid back",
  paybackAfter: "after {days} days, on {at}",
  unconverted: "Not converted, for want of an exchange rate: {amounts}.",
};

/** Fills a text in. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
