/** What analytics and tracking must know of other features, looked up for them: so that no arrow between features turns back. */
import type { ClickFacts, EventDirectory } from "../analytics/index.ts";
import { DEFAULT_PURPOSE, withdrawConsent } from "../audience/index.ts";
import { deliveryOfToken } from "../delivery/index.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { toInteger } from "../storage/columns.ts";
import { idsAs, textsAs } from "../storage/sets.ts";
import { readClickToken, type TrackingDirectory } from "../tracking/index.ts";

/** Wires tracking to deliveries and consent. */
export const trackingDirectory: TrackingDirectory = {
  deliveryOf: deliveryOfToken,
  withdrawConsent: async (unit, withdrawal) => {
    await withdrawConsent(unit, { ...withdrawal, purpose: DEFAULT_PURPOSE });
  },
};

/** Wires analytics to campaigns, posts, contacts and click tokens. */
export function eventDirectory(kernel: Kernel): EventDirectory {
  return {
    async campaigns(db, workspaceId, ids) {
      let query = db
        .selectFrom("ck_campaigns")
        .select(["id", "currency", "time_zone", "starts_at"])
        .where("workspace_id", "=", workspaceId);
      if (ids !== null) query = query.where("id", "in", idsAs(db, ids));
      const rows = await query.execute();
      return new Map(
        rows.map(({ id, currency, time_zone: timeZone, starts_at }) => [
          id,
          { currency, timeZone, startsAt: toInteger(starts_at) },
        ]),
      );
    },
    async posts(db, workspaceId, ids) {
      if (ids.length === 0) return new Map();
      const rows = await db
        .selectFrom("ck_posts")
        .select(["id", "campaign_id", "channel"])
        .where("workspace_id", "=", workspaceId)
        .where("id", "in", idsAs(db, ids))
        .execute();
      return new Map(rows.map((row) => [row.id, { campaignId: row.campaign_id, channel: row.channel }]));
    },
    async contacts(db, workspaceId, ids) {
      if (ids.length === 0) return new Set();
      const rows = await db
        .selectFrom("ck_contacts")
        .select("id")
        .where("workspace_id", "=", workspaceId)
        .where("id", "in", idsAs(db, ids))
        .execute();
      return new Set(rows.map(({ id }) => id));
    },
    async contactsByExternalId(db, workspaceId, externalIds) {
      if (externalIds.length === 0) return new Map();
      const rows = await db
        .selectFrom("ck_contacts")
        .select(["id", "external_id"])
        .where("workspace_id", "=", workspaceId)
        .where("external_id", "in", textsAs(db, externalIds))
        .execute();
      return new Map(rows.map((row) => [row.external_id ?? "", row.id]));
    },
    async readClickTokens(tokens) {
      const keys = await kernel.tracking.verificationKeys();
      return new Map(
        tokens.flatMap((token) => {
          const deliveryId = readClickToken(keys, token);
          return deliveryId === null ? [] : [[token, deliveryId] as const];
        }),
      );
    },
    async clicks(db, workspaceId, deliveryIds) {
      const clicks = new Map<string, ClickFacts>();
      for (const deliveryId of deliveryIds) {
        const delivery = await deliveryOfToken(db, deliveryId);
        if (delivery?.workspaceId === workspaceId) clicks.set(deliveryId, delivery);
      }
      return clicks;
    },
  };
}
