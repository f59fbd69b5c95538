/** An engine that records tracked requests of messages, and what came of them. */
import {
  createCampaignKit,
  DEFAULT_MACHINE_RULES,
  definePlugin,
  type MachineRules,
  type Scope,
} from "@campaignkit/core";
import type { TestDatabase } from "@campaignkit/test-support/each-database";
import { virtualTime } from "@campaignkit/testing";
import type { NewEvent } from "../event.ts";
import { recordEvents } from "../record.ts";
import { verifyRollups } from "../recount.ts";
import type { JudgedRequest } from "./request.ts";

const START: number = Date.parse("2027-03-01T08:00:00Z");
export const BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const CAMPAIGN_ID = "00000000-0000-7000-8000-00000000c001";
const POST_ID = "00000000-0000-7000-8000-00000000b001";

const uuid = (kind: string, n: number): string =>
  `00000000-0000-7000-8000-${kind}${n.toString(16).padStart(8, "0")}`;

/** The id of a delivery, by its number. */
const deliveryId = (n: number): string => uuid("de11", n);
/** The id of its contact. */
export const contactId = (n: number): string => uuid("c0a0", n);

/** A request of a message. */
export interface MadeRequest {
  readonly delivery: number;
  /** Milliseconds after the start. */
  readonly after: number;
  /** `null`: the pixel. */
  readonly link: string | null;
  readonly userAgent?: string | null;
  readonly method?: string;
  readonly network?: string | null;
}

/** It as an event. The same request has the same id. */
export function requestEvent(request: MadeRequest): NewEvent {
  const { delivery, after, link, userAgent = BROWSER, method = "GET", network = null } = request;
  const type = link === null ? "open" : "click";
  return {
    id: [type, delivery, link, after, userAgent, method].join(":"),
    type,
    at: START + after,
    campaignId: CAMPAIGN_ID,
    postId: POST_ID,
    deliveryId: deliveryId(delivery),
    contactId: contactId(delivery),
    channel: "mail",
    properties: { link },
    request: { method, purpose: null, userAgent, network, sentAt: START - 60_000, link },
  };
}

/** What the judge is given of it. */
export function judgedRequest(request: MadeRequest): JudgedRequest {
  const { id, type, at, request: facts } = requestEvent(request);
  if (facts == null) throw new Error("It has facts.");
  return { ...facts, eventId: id, type, at };
}

/** Opens it. */
export function openJudged(database: TestDatabase, rules: MachineRules = DEFAULT_MACHINE_RULES) {
  const time = virtualTime({ startAt: new Date(START) });
  const probe = definePlugin<Scope>({ id: "probe", workspace: (scope) => scope });
  const kit = createCampaignKit({
    storage: database.connect(),
    channels: {},
    plugins: { probe },
    runtime: time.runtime,
  });
  const judging = { rules, linkCounts: async () => new Map<string, number>() };
  const of = (workspace: string) => kit.workspace(workspace);
  const read = <Result>(workspace: string, work: Parameters<typeof Scope.prototype.read<Result>>[1]) =>
    of(workspace).plugins.probe.read("analytics:read", work);
  return {
    kit,
    shop: of("shop"),
    workspace: of,
    record: (requests: readonly MadeRequest[], workspace = "shop") =>
      of(workspace).plugins.probe.write("events:write", (unit) =>
        recordEvents(unit, requests.map(requestEvent), judging),
      ),
    verify: (workspace = "shop") => read(workspace, (db) => verifyRollups(db, workspace, CAMPAIGN_ID)),
    /** By event, what it is taken for. */
    machines: (workspace = "shop") =>
      read(workspace, async (db) => {
        const rows = await db
          .selectFrom("ck_events")
          .select(["id", "machine"])
          .where("workspace_id", "=", workspace)
          .execute();
        return new Map(rows.map(({ id, machine }) => [id, machine]));
      }),
    kept: (workspace = "shop") =>
      read(workspace, (db) =>
        db.selectFrom("ck_event_requests").selectAll().where("workspace_id", "=", workspace).execute(),
      ),
    /** The sums as they stand, without those of nothing. */
    sums: (workspace = "shop") =>
      read(workspace, async (db) => {
        const rollups = await db
          .selectFrom("ck_event_rollups")
          .selectAll()
          .where("workspace_id", "=", workspace)
          .execute();
        const touches = await db
          .selectFrom("ck_first_touches")
          .selectAll()
          .where("workspace_id", "=", workspace)
          .execute();
        return [...rollups, ...touches].map((row) => JSON.stringify(row)).sort();
      }),
  };
}
