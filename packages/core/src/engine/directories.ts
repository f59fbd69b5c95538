/** What analytics and tracking must know of other features, looked up for them: so that no arrow between features turns back. */
import type { EventDirectory, ReportDirectory } from "../analytics/index.ts";
import {
  changePreferences,
  confirmConsent,
  contactsByExternalIds,
  DEFAULT_PURPOSE,
  knownContacts,
  segmentNames,
  unsubscribeFromAll,
  viewConsentRequest,
  viewPreferences,
  withdrawConsent,
} from "../audience/index.ts";
import { campaignFacts, loadCampaign } from "../campaigns/index.ts";
import {
  addressedSegments,
  deliveryFacts,
  deliveryOfToken,
  deliverySummary,
  postFacts,
} from "../delivery/index.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { loadPolicies } from "../policies/index.ts";
import { countLinks, readClickToken, type TrackingDirectory } from "../tracking/index.ts";

/** Wires tracking to deliveries and consent. */
export const trackingDirectory: TrackingDirectory = {
  deliveryOf: deliveryOfToken,
  withdrawConsent: async (unit, withdrawal) => {
    await withdrawConsent(unit, { ...withdrawal, purpose: DEFAULT_PURPOSE });
  },
  unsubscribeFromAll: async (unit, withdrawal) => {
    await unsubscribeFromAll(unit, withdrawal);
  },
  async preferencesOf(db, workspaceId, { contactId, channel, now }) {
    const view = await viewPreferences(db, workspaceId, { contactId, channel });
    if (view === null) return null;
    const { maxEmailsPerContactPerWeek } = await loadPolicies(db, workspaceId);
    const { snoozedUntil } = view;
    return {
      ...view,
      snoozedUntil: snoozedUntil !== null && snoozedUntil.getTime() > now ? snoozedUntil : null,
      policyPerWeek: channel === "email" ? maxEmailsPerContactPerWeek : null,
    };
  },
  changePreferences: async (unit, changes) => {
    await changePreferences(unit, changes);
  },
  askedConsent: viewConsentRequest,
  confirmConsent: (unit, { requestId, ...proof }) => confirmConsent(unit, requestId, proof),
};

/** Wires analytics to campaigns, posts, contacts and click tokens. */
export function eventDirectory(kernel: Kernel): EventDirectory {
  return {
    campaigns: campaignFacts,
    posts: postFacts,
    contacts: knownContacts,
    contactsByExternalId: contactsByExternalIds,
    clicks: deliveryFacts,
    addressedSegments,
    linkCounts: countLinks,
    async readClickTokens(tokens) {
      const keys = await kernel.tracking.verificationKeys();
      return new Map(
        tokens.flatMap((token) => {
          const deliveryId = readClickToken(keys, token);
          return deliveryId === null ? [] : [[token, deliveryId] as const];
        }),
      );
    },
  };
}

/** Wires reports to campaigns, deliveries and segments. */
export const reportDirectory: ReportDirectory = {
  async campaign(db, workspaceId, campaignId) {
    const { id, name, state, timeZone, currency, startsAt, endsAt } = await loadCampaign(
      db,
      workspaceId,
      campaignId,
    );
    return { id, name, state, timeZone, currency, startsAt, endsAt };
  },
  delivery: deliverySummary,
  segmentNames,
};
