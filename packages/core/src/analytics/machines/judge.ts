/**
 * Judges the requests of one message to one person.
 *
 * Pure, and of the whole set: the same requests come to the same verdicts in whatever order they arrived.
 */
import type { MachineRules } from "../../ports/machines.ts";
import { recognise } from "./agents.ts";
import { networkMatcher } from "./networks.ts";
import { HONEYPOT_LINK, type JudgedRequest, type RequestFacts, type Verdict } from "./request.ts";

/** What is known of the message besides. */
export interface JudgedMessage {
  /** How many tracked links it has. */
  readonly links: number;
  /** To one person. What many people do at once with a public post is no burst. */
  readonly personal: boolean;
}

/** Each set of rules is prepared once. */
const matchers = new WeakMap<MachineRules, (network: string) => boolean>();

function isDataCentre(rules: MachineRules, network: string | null): boolean {
  if (network === null || rules.dataCentres.length === 0) return false;
  const matcher = matchers.get(rules) ?? networkMatcher(rules.dataCentres);
  matchers.set(rules, matcher);
  return matcher(network);
}

/** What the request says about itself. */
export function judgeAlone(request: RequestFacts & { readonly type: string }, rules: MachineRules): Verdict {
  const { type, method, purpose, userAgent, network, link } = request;
  const machine = (reason: string): Verdict => ({ machine: reason, proxy: null });
  if (link === HONEYPOT_LINK) return machine("honeypot");
  if (method === "HEAD") return machine("head-request");
  if (purpose !== null) return machine("prefetch");
  const proxy = recognise(rules.proxies, type, userAgent);
  if (proxy !== null) return { machine: null, proxy };
  const agent = recognise(rules.agents, type, userAgent);
  if (agent !== null) return machine(agent);
  return isDataCentre(rules, network) ? machine("data-centre") : { machine: null, proxy: null };
}

/** The requests that are part of a burst: each lies in some span of that length in which so many different links were clicked. */
function inBursts(
  clicks: readonly JudgedRequest[],
  enough: number,
  withinMs: number,
): ReadonlySet<JudgedRequest> {
  const found = new Set<JudgedRequest>();
  for (const [start, first] of clicks.entries()) {
    const span: JudgedRequest[] = [];
    for (let next = start; next < clicks.length; next++) {
      const click = clicks[next];
      if (click === undefined || click.at - first.at > withinMs) break;
      span.push(click);
    }
    if (new Set(span.map(({ link }) => link)).size < enough) continue;
    for (const click of span) found.add(click);
  }
  return found;
}

/** What several requests show together, of those that look like a person's by themselves. */
function judgeTogether(
  requests: readonly JudgedRequest[],
  message: JudgedMessage,
  rules: MachineRules,
): ReadonlyMap<JudgedRequest, string> {
  const reasons = new Map<JudgedRequest, string>();
  const say = (request: JudgedRequest, reason: string): void => {
    if (!reasons.has(request)) reasons.set(request, reason);
  };
  const traps = requests.filter(({ link }) => link === HONEYPOT_LINK);
  for (const request of requests) {
    const trapped = traps.some(
      (trap) =>
        Math.abs(trap.at - request.at) <= rules.honeypotMs &&
        trap.userAgent === request.userAgent &&
        trap.network === request.network,
    );
    if (trapped) say(request, "honeypot");
  }
  const clicks = requests.filter(({ type, link }) => type === "click" && link !== HONEYPOT_LINK);
  for (const click of clicks) {
    const soon = click.sentAt !== null && click.at - click.sentAt < rules.soonAfterSendMs;
    if (soon) say(click, "soon-after-send");
  }
  const { burst, unopenedBurst } = rules;
  if (burst !== null) {
    const all = message.links === 0 ? burst.links : Math.max(2, message.links);
    for (const click of inBursts(clicks, Math.min(burst.links, all), burst.withinMs))
      say(click, "link-burst");
  }
  if (unopenedBurst !== null) {
    const opens = requests.filter(({ type }) => type === "open").map(({ at }) => at);
    const openedAt = opens.reduce((earliest, at) => Math.min(earliest, at), Number.POSITIVE_INFINITY);
    const unopened = clicks.filter(({ at }) => at < openedAt);
    const { links, withinMs } = unopenedBurst;
    for (const click of inBursts(unopened, links, withinMs)) say(click, "unopened-burst");
  }
  return reasons;
}

/** The verdict on each request, by the id of its event. */
export function judge(
  requests: readonly JudgedRequest[],
  message: JudgedMessage,
  rules: MachineRules,
): ReadonlyMap<string, Verdict> {
  const ordered = requests.toSorted((a, b) => a.at - b.at || (a.eventId < b.eventId ? -1 : 1));
  const together = message.personal
    ? judgeTogether(ordered, message, rules)
    : new Map<JudgedRequest, string>();
  return new Map(
    ordered.map((request) => {
      const alone = judgeAlone(request, rules);
      const reason = alone.machine ?? together.get(request) ?? null;
      return [request.eventId, { machine: reason, proxy: reason === null ? alone.proxy : null }];
    }),
  );
}
