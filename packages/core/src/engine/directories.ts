/** What analytics and tracking must know of other features, looked up for them: so that no arrow between features turns back. */
import type { EventDirectory } from "../analytics/index.ts";
import { contactsByExternalIds, DEFAULT_PURPOSE, knownContacts, withdrawConsent } from "../audience/index.ts";
import { campaignFacts } from "../campaigns/index.ts";
import { deliveryFacts, deliveryOfToken, postFacts } from "../delivery/index.ts";
import type { Kernel } from "../kernel/kernel.ts";
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
    campaigns: campaignFacts,
    posts: postFacts,
    contacts: knownContacts,
    contactsByExternalId: contactsByExternalIds,
    clicks: deliveryFacts,
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
