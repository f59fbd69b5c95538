/** What a contact wishes to receive, and how it came to that. */
import type { AddressKind } from "../../ports/channel.ts";
import type { Cadence } from "./cadence.ts";
import type { TopicChoice, TopicState } from "./choice.ts";

/** What a contact said of topics and of how often. */
export interface Preferences {
  /** By key; topics of which the contact said nothing are not among them. */
  readonly topics: readonly TopicChoice[];
  readonly cadences: readonly Cadence[];
}

/** What one entry of the log is about. */
type PreferenceChange =
  | { readonly kind: "topic"; readonly topic: string; readonly state: TopicState }
  | {
      readonly kind: "cadence";
      readonly channel: AddressKind;
      readonly maxPerWeek: number | null;
      readonly snoozedUntil: Date | null;
    };

/** One entry of the log of preferences. */
export type PreferenceLogEntry = PreferenceChange & {
  /** Where it came from. */
  readonly source: string;
  /** Who recorded it. */
  readonly actor: string;
  readonly at: Date;
};

/** Those of a contact who never said anything. */
export const NO_PREFERENCES: Preferences = { topics: [], cadences: [] };
