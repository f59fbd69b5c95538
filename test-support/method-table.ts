/**
 * Every public method of a workspace: what it needs, and what comes of it when somebody calls it with records that are not his.
 *
 * The isolation test fails for a method that has no entry here, so a new one can't be forgotten.
 */
import { type ErrorCode, money, type Permission } from "@campaignkit/core";
import type { World } from "./world.ts";

/** What a call comes to: an error of that code, or `own`: an answer about the caller's own workspace, with nothing foreign in it. */
export type CallOutcome = ErrorCode | "own";

/** A call from another workspace that mixes the caller's own records with foreign ones. */
export interface MixedCall {
  args(foreign: World, own: World): readonly unknown[];
  readonly comesTo: CallOutcome;
  /** The answer repeats the ids that were given, such as "unknown: …". */
  readonly echoes?: true;
}

/** One method. */
export interface MethodEntry {
  /** What the actor's role must allow. */
  readonly permission: Permission;
  /** What it must allow besides, and may be asked for first. */
  readonly besides?: Permission;
  /** Arguments that are right in that world's workspace. */
  args(world: World): readonly unknown[];
  /** What the same arguments come to in another workspace. */
  readonly elsewhere: CallOutcome;
  readonly mixed?: readonly MixedCall[];
}

const none = (): readonly unknown[] => [];
const byCampaign = { args: ({ draft }: World) => [draft], elsewhere: "NOT_FOUND" } as const;
const byRunning = { args: ({ running }: World) => [running], elsewhere: "NOT_FOUND" } as const;
const byContact = { args: ({ bob }: World) => [bob], elsewhere: "NOT_FOUND" } as const;
const byPost = { args: ({ draftPost }: World) => [draftPost], elsewhere: "NOT_FOUND" } as const;
const bySegment = { args: ({ segment }: World) => [segment], elsewhere: "NOT_FOUND" } as const;
const own = { args: none, elsewhere: "own" } as const;

const plan = (name: string) => ({ name, timeZone: "UTC", startsAt: new Date("2027-06-01T00:00:00Z") });
const EUR = money("EUR", 1);

export const METHOD_TABLE: Readonly<Record<string, MethodEntry>> = {
  "campaigns.create": {
    permission: "campaigns:write",
    args: () => [plan("Neutral")],
    elsewhere: "own",
    mixed: [
      { args: (foreign) => [{ ...plan("x"), folderId: foreign.folder }], comesTo: "VALIDATION_FAILED" },
      { args: (foreign) => [{ ...plan("x"), segmentIds: [foreign.segment] }], comesTo: "VALIDATION_FAILED" },
    ],
  },
  "campaigns.duplicate": {
    permission: "campaigns:write",
    ...byCampaign,
    mixed: [
      { args: (foreign, mine) => [mine.draft, { folderId: foreign.folder }], comesTo: "VALIDATION_FAILED" },
      {
        args: (foreign, mine) => [mine.draft, { segmentIds: [foreign.segment] }],
        comesTo: "VALIDATION_FAILED",
      },
    ],
  },
  "campaigns.get": { permission: "campaigns:read", ...byCampaign },
  "campaigns.list": {
    permission: "campaigns:read",
    ...own,
    mixed: [
      { args: (foreign) => [{ folderId: foreign.folder }], comesTo: "NOT_FOUND" },
      { args: (foreign) => [{ search: foreign.host, tag: `tag ${foreign.marker}` }], comesTo: "own" },
    ],
  },
  "campaigns.tags": { permission: "campaigns:read", ...own },
  "campaigns.update": {
    permission: "campaigns:write",
    args: ({ draft, draftVersion }) => [draft, { version: draftVersion, description: "changed" }],
    elsewhere: "NOT_FOUND",
    mixed: [
      {
        args: (foreign, mine) => [mine.draft, { version: mine.draftVersion, folderId: foreign.folder }],
        comesTo: "VALIDATION_FAILED",
      },
      {
        args: (foreign, mine) => [mine.draft, { version: mine.draftVersion, segmentIds: [foreign.dynamic] }],
        comesTo: "VALIDATION_FAILED",
      },
    ],
  },
  "campaigns.readiness": { permission: "campaigns:read", ...byCampaign },
  "campaigns.schedule": { permission: "campaigns:launch", ...byCampaign },
  "campaigns.launch": { permission: "campaigns:launch", ...byCampaign },
  "campaigns.pause": { permission: "campaigns:launch", ...byRunning },
  "campaigns.resume": { permission: "campaigns:launch", ...byRunning },
  "campaigns.complete": { permission: "campaigns:launch", ...byRunning },
  "campaigns.cancel": { permission: "campaigns:launch", ...byRunning },
  "campaigns.updateKpis": {
    permission: "campaigns:write",
    args: ({ draft }) => [draft, { reach: 7 }],
    elsewhere: "NOT_FOUND",
  },
  "campaigns.markMilestone": {
    permission: "campaigns:write",
    args: ({ draft, milestone }) => [draft, milestone],
    elsewhere: "NOT_FOUND",
    mixed: [{ args: (foreign, mine) => [mine.draft, foreign.milestone], comesTo: "NOT_FOUND" }],
  },
  "campaigns.archive": { permission: "campaigns:write", ...byCampaign },
  "campaigns.unarchive": { permission: "campaigns:write", ...byCampaign },
  "campaigns.softDelete": { permission: "campaigns:write", ...byCampaign },
  "campaigns.restore": { permission: "campaigns:write", ...byCampaign },
  "campaigns.folders.create": {
    permission: "campaigns:write",
    args: () => [{ name: "Neutral" }],
    elsewhere: "own",
    mixed: [{ args: (foreign) => [{ name: "x", parentId: foreign.folder }], comesTo: "NOT_FOUND" }],
  },
  "campaigns.folders.get": {
    permission: "campaigns:read",
    args: ({ folder }) => [folder],
    elsewhere: "NOT_FOUND",
  },
  "campaigns.folders.tree": {
    permission: "campaigns:read",
    ...own,
    mixed: [{ args: (foreign) => [foreign.folder], comesTo: "NOT_FOUND" }],
  },
  "campaigns.folders.rename": {
    permission: "campaigns:write",
    args: ({ folder }) => [folder, "Renamed"],
    elsewhere: "NOT_FOUND",
  },
  "campaigns.folders.move": {
    permission: "campaigns:write",
    args: ({ folder }) => [folder, null],
    elsewhere: "NOT_FOUND",
    mixed: [{ args: (foreign, mine) => [mine.folder, foreign.folder], comesTo: "NOT_FOUND" }],
  },
  "campaigns.folders.delete": {
    permission: "campaigns:write",
    args: ({ folder }) => [folder],
    elsewhere: "NOT_FOUND",
  },

  "posts.create": {
    permission: "content:write",
    besides: "content:read",
    args: ({ draft }) => [draft, { channel: "wall", content: { text: "Neutral" } }],
    elsewhere: "NOT_FOUND",
    mixed: [
      {
        args: ({ topic }, mine) => [mine.draft, { channel: "news", content: { text: "x" }, topic }],
        comesTo: "VALIDATION_FAILED",
      },
    ],
  },
  "posts.get": { permission: "content:read", ...byPost },
  "posts.list": { permission: "content:read", ...byCampaign },
  "posts.update": {
    permission: "content:write",
    besides: "content:read",
    args: ({ draftPost, draftPostVersion }) => [draftPost, { version: draftPostVersion, sequence: 9 }],
    elsewhere: "NOT_FOUND",
  },
  "posts.plan": { permission: "content:write", ...byPost },
  "posts.cancel": { permission: "content:write", ...byPost },
  "posts.approve": {
    permission: "content:approve",
    args: ({ draftPost }) => [draftPost, 1],
    elsewhere: "NOT_FOUND",
  },
  "posts.resume": { permission: "delivery:operate", args: ({ post }) => [post], elsewhere: "NOT_FOUND" },
  "posts.progress": { permission: "delivery:read", args: ({ post }) => [post], elsewhere: "NOT_FOUND" },
  "posts.preview": {
    permission: "content:read",
    ...byPost,
    mixed: [
      { args: (foreign, mine) => [mine.post, { for: { contactId: foreign.ann } }], comesTo: "NOT_FOUND" },
    ],
  },
  "posts.testSend": {
    permission: "content:write",
    args: ({ draftPost }) => [draftPost, { to: "me@shop.example" }],
    elsewhere: "NOT_FOUND",
    mixed: [
      {
        args: (foreign, mine) => [mine.post, { to: "me@shop.example", as: { contactId: foreign.ann } }],
        comesTo: "NOT_FOUND",
      },
    ],
  },

  "deliveries.list": {
    permission: "delivery:read",
    args: ({ post }) => [{ postId: post }],
    elsewhere: "own",
    mixed: [
      { args: (foreign) => [{ contactId: foreign.ann }], comesTo: "own" },
      { args: (foreign, mine) => [{ postId: mine.post, contactId: foreign.ann }], comesTo: "own" },
    ],
  },
  "deliveries.get": { permission: "delivery:read", args: ({ sent }) => [sent], elsewhere: "NOT_FOUND" },
  "deliveries.progress": { permission: "delivery:read", ...byRunning },
  "deliveries.resolve": {
    permission: "delivery:operate",
    args: ({ uncertain }) => [uncertain, "sent"],
    elsewhere: "NOT_FOUND",
  },
  "deliveries.replay": {
    permission: "delivery:operate",
    args: ({ failed }) => [failed],
    elsewhere: "NOT_FOUND",
  },

  "budgets.get": { permission: "budgets:read", ...byCampaign },
  "budgets.set": {
    permission: "budgets:write",
    args: ({ draft }) => [draft, { total: money("EUR", 700) }],
    elsewhere: "NOT_FOUND",
  },
  "budgets.reserve": {
    permission: "budgets:write",
    args: ({ draft }) => [draft, { key: "neutral-reserve", amount: EUR, kind: "tool" }],
    elsewhere: "NOT_FOUND",
  },
  "budgets.commit": {
    permission: "budgets:write",
    args: ({ reservation }) => [reservation, { key: "neutral-commit" }],
    elsewhere: "NOT_FOUND",
  },
  "budgets.release": {
    permission: "budgets:write",
    args: ({ reservation }) => [reservation, { key: "neutral-release" }],
    elsewhere: "NOT_FOUND",
  },
  "budgets.adjust": {
    permission: "budgets:write",
    args: ({ draft }) => [draft, { key: "neutral-adjust", amount: EUR, kind: "media", note: "neutral" }],
    elsewhere: "NOT_FOUND",
  },
  "budgets.recordCost": {
    permission: "budgets:write",
    args: ({ draft }) => [draft, { key: "neutral-cost", amount: EUR, kind: "labour" }],
    elsewhere: "NOT_FOUND",
  },
  "budgets.movements": { permission: "budgets:read", ...byRunning },
  "budgets.reservations": { permission: "budgets:read", ...byRunning },
  "exchangeRates.set": {
    permission: "budgets:write",
    args: () => [{ from: "EUR", to: "CHF", date: "2027-01-02", rate: "0.95" }],
    elsewhere: "own",
  },
  "exchangeRates.list": { permission: "budgets:read", ...own },
  "exchangeRates.convert": {
    permission: "budgets:read",
    args: () => [EUR, "USD", "2027-03-01"],
    elsewhere: "own",
  },
  "policies.get": { permission: "policies:read", ...own },
  "policies.set": {
    permission: "policies:write",
    // The version of a policy that was set once, as every filled workspace has.
    args: () => [{ version: 1, maxActiveCampaigns: 20 }],
    elsewhere: "own",
  },

  "contacts.upsert": {
    permission: "audience:write",
    args: () => [{ email: "neutral@people.example" }],
    elsewhere: "own",
    mixed: [
      { args: ({ host }) => [{ email: `ann@${host}.example`, externalId: `ann-${host}` }], comesTo: "own" },
    ],
  },
  "contacts.upsertMany": {
    permission: "audience:write",
    args: () => [[{ email: "neutral2@people.example" }]],
    elsewhere: "own",
    mixed: [{ args: ({ host }) => [[{ email: `bob@${host}.example` }]], comesTo: "own" }],
  },
  "contacts.import": {
    permission: "audience:write",
    args: () => [[{ email: "neutral3@people.example" }], { format: "objects" }],
    elsewhere: "own",
    mixed: [
      {
        args: (foreign) => [
          [{ email: "x@people.example" }],
          { format: "objects", segmentId: foreign.segment },
        ],
        comesTo: "NOT_FOUND",
      },
    ],
  },
  "contacts.update": {
    permission: "audience:write",
    args: ({ bob }) => [bob, { lastName: "Neutral" }],
    elsewhere: "NOT_FOUND",
  },
  "contacts.get": { permission: "audience:read", ...byContact },
  "contacts.find": {
    permission: "audience:read",
    args: () => [{ email: "nobody@people.example" }],
    elsewhere: "own",
    mixed: [{ args: ({ host }) => [{ externalId: `failing-${host}` }], comesTo: "own" }],
  },
  "contacts.list": {
    permission: "audience:read",
    ...own,
    mixed: [
      {
        args: (foreign) => [{ where: { type: "member", segmentId: foreign.segment } }],
        comesTo: "VALIDATION_FAILED",
      },
    ],
  },
  "contacts.merge": {
    permission: "audience:write",
    args: ({ ann, bob }) => [{ into: ann, from: bob }],
    elsewhere: "NOT_FOUND",
    mixed: [
      { args: (foreign, mine) => [{ into: mine.ann, from: foreign.bob }], comesTo: "NOT_FOUND" },
      { args: (foreign, mine) => [{ into: foreign.ann, from: mine.bob }], comesTo: "NOT_FOUND" },
    ],
  },
  "contacts.delete": { permission: "audience:write", ...byContact },
  "contacts.erase": { permission: "audience:write", ...byContact },
  "contacts.exportContact": { permission: "audience:export", ...byContact },
  "contacts.exportAll": { permission: "audience:export", ...own },
  "contacts.exportCsv": { permission: "audience:export", ...own },
  "contacts.imports.get": {
    permission: "audience:read",
    args: ({ import: importId }) => [importId],
    elsewhere: "NOT_FOUND",
  },
  "contacts.imports.list": { permission: "audience:read", ...own },
  "contacts.imports.refusals": {
    permission: "audience:read",
    args: ({ import: importId }) => [importId],
    elsewhere: "NOT_FOUND",
  },
  "contacts.imports.forgetRefusals": {
    permission: "audience:write",
    args: ({ import: importId }) => [importId],
    elsewhere: "NOT_FOUND",
  },
  "attributes.define": {
    permission: "audience:write",
    args: () => [{ name: "neutral", type: "text" }],
    elsewhere: "own",
  },
  "attributes.list": { permission: "audience:read", ...own },
  "attributes.remove": { permission: "audience:write", args: () => ["absent"], elsewhere: "NOT_FOUND" },
  "consents.set": {
    permission: "audience:write",
    args: ({ bob }) => [bob, { channel: "email", state: "withdrawn", source: "neutral" }],
    elsewhere: "NOT_FOUND",
  },
  "consents.list": { permission: "audience:read", ...byContact },
  "consents.request": {
    permission: "audience:write",
    args: ({ bob }) => [bob, { channel: "email", purpose: "neutral", source: "neutral" }],
    elsewhere: "NOT_FOUND",
  },
  "consents.log": { permission: "audience:read", args: ({ bob }) => [bob], elsewhere: "own" },
  "preferences.get": { permission: "audience:read", ...byContact },
  "preferences.log": { permission: "audience:read", args: ({ bob }) => [bob], elsewhere: "own" },
  "preferences.setTopic": {
    permission: "audience:write",
    args: ({ bob, topic }) => [bob, { topic, state: "opted-out", source: "neutral" }],
    elsewhere: "NOT_FOUND",
    mixed: [
      {
        args: ({ topic }, mine) => [mine.bob, { topic, state: "opted-out", source: "neutral" }],
        comesTo: "NOT_FOUND",
      },
      {
        args: ({ bob }, mine) => [bob, { topic: mine.topic, state: "opted-out", source: "neutral" }],
        comesTo: "NOT_FOUND",
      },
    ],
  },
  "preferences.setCadence": {
    permission: "audience:write",
    args: ({ bob }) => [bob, { channel: "email", maxPerWeek: 1, source: "neutral" }],
    elsewhere: "NOT_FOUND",
  },
  "preferences.topics.define": {
    permission: "audience:write",
    args: () => [{ key: "neutral", name: "Neutral" }],
    elsewhere: "own",
  },
  "preferences.topics.get": {
    permission: "audience:read",
    args: ({ topic }) => [topic],
    elsewhere: "NOT_FOUND",
  },
  "preferences.topics.list": { permission: "audience:read", ...own },
  "preferences.topics.remove": {
    permission: "audience:write",
    args: ({ topic }) => [topic],
    elsewhere: "NOT_FOUND",
  },
  "suppressions.add": {
    permission: "audience:write",
    args: () => [{ channel: "email", address: "n@people.example", reason: "manual", source: "neutral" }],
    elsewhere: "own",
    mixed: [
      {
        args: ({ host }) => [
          { channel: "email", address: `bob@${host}.example`, reason: "manual", source: "neutral" },
        ],
        comesTo: "own",
      },
    ],
  },
  "suppressions.remove": {
    permission: "audience:write",
    args: ({ host }) => [{ channel: "email", address: `gone@${host}.example`, reason: "manual" }],
    elsewhere: "own",
  },
  "suppressions.has": {
    permission: "audience:read",
    args: ({ host }) => ["email", `gone@${host}.example`],
    elsewhere: "own",
  },
  "suppressions.list": { permission: "audience:read", ...own },
  "segments.create": {
    permission: "audience:write",
    args: () => [{ kind: "static", name: "Neutral" }],
    elsewhere: "own",
    mixed: [
      {
        args: (foreign) => [
          { kind: "dynamic", name: "x", criteria: { type: "member", segmentId: foreign.segment } },
        ],
        comesTo: "VALIDATION_FAILED",
      },
    ],
  },
  "segments.get": { permission: "audience:read", ...bySegment },
  "segments.list": { permission: "audience:read", ...own },
  "segments.update": {
    permission: "audience:write",
    args: ({ segment, segmentVersion }) => [segment, { version: segmentVersion, name: "Neutral" }],
    elsewhere: "NOT_FOUND",
  },
  "segments.delete": {
    permission: "audience:write",
    args: ({ dynamic }) => [dynamic],
    elsewhere: "NOT_FOUND",
  },
  "segments.addMembers": {
    permission: "audience:write",
    args: ({ segment, bob }) => [segment, [bob]],
    elsewhere: "NOT_FOUND",
    mixed: [
      { args: (foreign, mine) => [mine.segment, [foreign.ann, foreign.bob]], comesTo: "own", echoes: true },
      { args: (foreign, mine) => [foreign.segment, [mine.ann]], comesTo: "NOT_FOUND" },
    ],
  },
  "segments.removeMembers": {
    permission: "audience:write",
    args: ({ segment, bob }) => [segment, [bob]],
    elsewhere: "NOT_FOUND",
    mixed: [{ args: (foreign, mine) => [mine.segment, [foreign.ann]], comesTo: "own" }],
  },
  "segments.members": { permission: "audience:read", ...bySegment },
  "segments.sample": {
    permission: "audience:read",
    args: ({ segment }) => [segment, { size: 2, seed: 1 }],
    elsewhere: "NOT_FOUND",
  },
  "segments.size": { permission: "audience:read", ...bySegment },
  "segments.count": {
    permission: "audience:read",
    args: () => [{ type: "everyone" }],
    elsewhere: "own",
    mixed: [
      { args: (foreign) => [{ type: "member", segmentId: foreign.segment }], comesTo: "VALIDATION_FAILED" },
    ],
  },
  "segments.refresh": {
    permission: "audience:write",
    args: ({ dynamic }) => [dynamic],
    elsewhere: "NOT_FOUND",
  },
  "segments.moves": { permission: "audience:read", args: ({ dynamic }) => [dynamic], elsewhere: "NOT_FOUND" },

  "events.track": {
    permission: "events:write",
    args: () => [{ id: "neutral-1", type: "open" }],
    elsewhere: "own",
    mixed: [
      { args: (foreign) => [{ type: "open", campaignId: foreign.running }], comesTo: "VALIDATION_FAILED" },
      { args: (foreign) => [{ type: "open", contactId: foreign.ann }], comesTo: "VALIDATION_FAILED" },
      { args: (foreign) => [{ type: "open", postId: foreign.post }], comesTo: "VALIDATION_FAILED" },
    ],
  },
  "events.trackMany": {
    permission: "events:write",
    args: () => [[{ id: "neutral-2", type: "open" }]],
    elsewhere: "own",
    mixed: [
      { args: (foreign) => [[{ type: "open", contactId: foreign.ann }]], comesTo: "own", echoes: true },
      { args: (foreign) => [[{ type: "open", campaignId: foreign.running }]], comesTo: "own", echoes: true },
    ],
  },
  "events.list": {
    permission: "analytics:read",
    args: ({ ann }) => [{ contactId: ann }],
    elsewhere: "own",
    mixed: [{ args: (foreign) => [{ campaignId: foreign.running, type: "conversion" }], comesTo: "own" }],
  },
  "events.forgetRequests": {
    permission: "events:write",
    args: () => [{ before: new Date("2027-01-01T00:00:00Z") }],
    elsewhere: "own",
  },
  "events.reclassify": { permission: "events:write", ...own },
  "analytics.metrics": {
    permission: "analytics:read",
    ...own,
    mixed: [
      { args: (foreign) => [{ campaignIds: [foreign.running] }], comesTo: "NOT_FOUND" },
      { args: (foreign) => [{ postId: foreign.post }], comesTo: "NOT_FOUND" },
    ],
  },
  "analytics.trends": {
    permission: "analytics:read",
    args: () => [{ interval: "day" }],
    elsewhere: "own",
    mixed: [
      { args: (foreign) => [{ interval: "day", campaignIds: [foreign.running] }], comesTo: "NOT_FOUND" },
    ],
  },
  "analytics.funnel": {
    permission: "analytics:read",
    args: () => [{ stages: ["sent", "open"] }],
    elsewhere: "own",
    mixed: [
      {
        args: (foreign) => [{ stages: ["sent", "open"], campaignIds: [foreign.running] }],
        comesTo: "NOT_FOUND",
      },
    ],
  },
  "analytics.roi": { permission: "analytics:read", ...byRunning },
  "analytics.report": { permission: "analytics:read", ...byRunning },
  "analytics.verifyRollups": {
    permission: "analytics:read",
    args: () => [null],
    elsewhere: "own",
    mixed: [{ args: (foreign) => [foreign.running], comesTo: "NOT_FOUND" }],
  },

  "team.list": { permission: "team:read", ...own },
  "team.setMember": { permission: "team:write", args: () => ["neutral", "owner"], elsewhere: "own" },
  "team.removeMember": { permission: "team:write", args: () => ["absent"], elsewhere: "NOT_FOUND" },
  "activity.list": {
    permission: "activity:read",
    ...own,
    mixed: [{ args: (foreign) => [{ subject: { type: "campaign", id: foreign.running } }], comesTo: "own" }],
  },
  "activity.verify": { permission: "activity:read", ...own },
  "jobs.listDead": { permission: "delivery:read", ...own },
  "jobs.replay": { permission: "delivery:operate", args: ({ deadJob }) => [deadJob], elsewhere: "NOT_FOUND" },
};

type Method = (...args: readonly unknown[]) => unknown;

function isMethodHolder(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) !== Object.prototype;
}

/** Every public method that hangs on a workspace's services, by its path. Plug-ins are the host's own business. */
export function publicMethods(workspace: object, prefix = ""): ReadonlyMap<string, Method> {
  const found = new Map<string, Method>();
  for (const [name, part] of Object.entries(workspace)) {
    if (name === "plugins" || !isMethodHolder(part)) continue;
    const path = `${prefix}${name}`;
    for (const method of Object.getOwnPropertyNames(Object.getPrototypeOf(part))) {
      if (method === "constructor") continue;
      const call = (part as Record<string, Method>)[method];
      if (typeof call === "function")
        found.set(`${path}.${method}`, (...args) => call.apply(part, [...args]));
    }
    for (const [inner, each] of publicMethods(part, `${path}.`)) found.set(inner, each);
  }
  return found;
}

/** Calls a method and waits for all of it: promises, and what generators bring. */
export async function outcomeOf(method: Method, args: readonly unknown[]): Promise<unknown> {
  const result: unknown = await method(...args);
  if (typeof result !== "object" || result === null || !(Symbol.asyncIterator in result)) return result;
  const all: unknown[] = [];
  for await (const piece of result as AsyncIterable<unknown>) all.push(piece);
  return all;
}
