/** An engine with one delivery of one post to one contact, and the URLs of its message. */
import {
  createCampaignKit,
  definePlugin,
  type Scope,
  type SqlDriver,
  StorageError,
  type TrackingOptions,
} from "@campaignkit/core";
import type { TestDatabase } from "@campaignkit/test-support/each-database";
import { virtualTime } from "@campaignkit/testing";
import { verifyRollups } from "../analytics/recount.ts";
import type { TrackedFrom } from "./handler.ts";
import { registerLinks } from "./links.ts";
import { messageUrls } from "./urls.ts";

export const BASE = "https://shop.example/t";
export const SIGNING_KEY = "a key of the host's own, at least 32 bytes long";
export const KEY = new TextEncoder().encode(SIGNING_KEY);
export const TARGETS = [
  "https://shop.example/spring?a=1&b=2",
  "https://shop.example/for/{{ firstName }}",
] as const;

export const uuid = (n: number): string => `00000000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
export const CAMPAIGN = uuid(1);
export const POST = uuid(2);
export const CONTACT = uuid(3);
export const DELIVERY = uuid(4);

/** A driver that refuses to work while `down` says so. */
function breakable(driver: SqlDriver, outage: { down: boolean }): SqlDriver {
  const refuse = (): void => {
    if (outage.down) throw new StorageError("unavailable", "The database is away.");
  };
  return {
    family: driver.family,
    execute: async (statement) => {
      refuse();
      return driver.execute(statement);
    },
    transaction: async (work) => {
      refuse();
      return driver.transaction(work);
    },
    close: () => driver.close(),
  };
}

/** How the message stands, and what it links to. */
export interface MessageFrame {
  readonly targets?: readonly string[];
  /** When it was sent, before the present of the test, in milliseconds; `null`: nobody knows. */
  readonly sentMsAgo?: number | null;
  /** To nobody in particular: a post on a public channel. */
  readonly isPublic?: boolean;
}

/** Opens it. */
export async function openMessage(
  database: TestDatabase,
  tracking: Partial<TrackingOptions> = {},
  frame: MessageFrame = {},
) {
  const { targets = TARGETS, sentMsAgo = null, isPublic = false } = frame;
  const time = virtualTime();
  const outage = { down: false };
  const probe = definePlugin<Scope>({ id: "probe", workspace: (scope) => scope });
  const kit = createCampaignKit({
    storage: breakable(database.connect(), outage),
    channels: {},
    plugins: { probe },
    runtime: time.runtime,
    tracking: { baseUrl: BASE, signingKey: SIGNING_KEY, ...tracking },
  });
  const scope = kit.workspace("shop").plugins.probe;
  const links = await scope.write("content:write", async (unit) => {
    const at = unit.now;
    await unit.db
      .insertInto("ck_contacts")
      .values({ workspace_id: "shop", id: CONTACT, attributes: "{}", created_at: at, updated_at: at })
      .execute();
    await unit.db
      .insertInto("ck_posts")
      .values({
        id: POST,
        workspace_id: "shop",
        campaign_id: CAMPAIGN,
        channel: "newsletter",
        state: "sending",
        role: "content",
        sequence: 1,
        purpose: "marketing",
        on_unknown: "hold",
        content: "{}",
        content_version: 1,
        fanned_out: true,
        version: 1,
        created_at: at,
        updated_at: at,
      })
      .execute();
    await unit.db
      .insertInto("ck_deliveries")
      .values({
        id: DELIVERY,
        workspace_id: "shop",
        campaign_id: CAMPAIGN,
        post_id: POST,
        contact_id: isPublic ? null : CONTACT,
        state: "sent",
        reason: "",
        attempts: 1,
        on_unknown: "hold",
        cost_micros: 0,
        created_at: at,
        settled_at: sentMsAgo === null ? null : at - sentMsAgo,
      })
      .execute();
    return registerLinks(unit, POST, targets);
  });
  const urls = messageUrls({
    baseUrl: BASE,
    key: KEY,
    deliveryId: DELIVERY,
    links,
    capabilities: { links: true, opens: true, unsubscribe: true },
    honeypot: tracking.honeypot ?? null,
  });
  const events = () =>
    scope.read("analytics:read", (db) =>
      db
        .selectFrom("ck_events")
        .select(["type", "campaign_id", "post_id", "contact_id", "channel", "machine"])
        .where("workspace_id", "=", "shop")
        .orderBy("type")
        .orderBy("at")
        .orderBy("id")
        .execute(),
    );
  const consents = () =>
    scope.read("audience:read", (db) =>
      db.selectFrom("ck_consents").select(["contact_id", "channel", "purpose", "state"]).execute(),
    );
  const verify = () => scope.read("analytics:read", (db) => verifyRollups(db, "shop", CAMPAIGN));
  const get = (url: string | null, init?: RequestInit, from?: TrackedFrom) =>
    kit.trackingHandler(new Request(url ?? "", init), from);
  return { kit, scope, time, outage, urls, events, consents, verify, get };
}
