/** A contact, as a host gives and gets it. */
import type { ValidationIssue } from "../../ports/errors.ts";
import type { AttributeInput, AttributeValue } from "../attributes/attribute.ts";
import type { ConsentInput } from "../consents/consent.ts";
import type { TopicChoiceInput } from "../preferences/choice.ts";

/** A person who can receive direct messages. */
export interface Contact {
  readonly id: string;
  /** The host's id of the person; unique in the workspace. */
  readonly externalId: string | null;
  /** As it was given; unique in the workspace but for case and the spelling of the domain. */
  readonly email: string | null;
  /** E.164, such as `+4930123456`. */
  readonly phone: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  /** A BCP 47 tag, such as `de-AT`. */
  readonly locale: string | null;
  /** An IANA name, such as `Europe/Vienna`. */
  readonly timeZone: string | null;
  /** The workspace's typed attributes: days as `YYYY-MM-DD`, moments as ISO 8601 in UTC. */
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Set when the person was erased: everything but the id and the times is gone. */
  readonly erasedAt: Date | null;
}

/** What can be said about a contact. What is absent stays as it is; `null` takes it away. */
export interface ContactInput {
  readonly externalId?: string | null;
  readonly email?: string | null;
  /** International with `+`, or national together with `phoneCountry` of the options. */
  readonly phone?: string | null;
  readonly firstName?: string | null;
  readonly lastName?: string | null;
  /** An unknown one is left out, and reported. */
  readonly locale?: string | null;
  /** An unknown one is left out, and reported: the contact stays reachable, in the campaign's zone. */
  readonly timeZone?: string | null;
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
  /** Statements of consent; an older one never replaces a newer one. */
  readonly consents?: readonly ConsentInput[];
  /** Choices among the workspace's topics; an older one never replaces a newer one. */
  readonly topics?: readonly TopicChoiceInput[];
}

/** How contacts are written. */
export interface ContactWriteOptions {
  /** `refuse` (the default): an attribute that is not defined is an error. `define`: its first value defines it. */
  readonly unknownAttributes?: "refuse" | "define";
  /**
   * What happens when the external id names one contact and the e-mail address another.
   *
   * `refuse` (the default): nothing is written. `merge`: the contact of the address goes into that of the external id. Where the contact with
   * the address has another external id, it takes on the new one.
   */
  readonly onConflict?: "refuse" | "merge";
  /** The country that national phone numbers are read in, ISO 3166-1 alpha-2 such as `DE`. */
  readonly phoneCountry?: string;
}

/** Something that was left out without refusing the contact. */
export interface ContactWarning {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What an upsert came to. */
export interface UpsertResult {
  readonly outcome: "created" | "updated" | "unchanged";
  readonly contact: Contact;
  readonly warnings: readonly ContactWarning[];
}

/** What became of one of many contacts. */
export type UpsertManyItem = (
  | {
      readonly outcome: "created" | "updated" | "unchanged";
      readonly contactId: string;
    }
  | { readonly outcome: "refused"; readonly issues: readonly ValidationIssue[] }
  | {
      /** External id and address belong to two contacts; `otherId` has the address. */
      readonly outcome: "conflict";
      readonly otherId: string;
      readonly reason: string;
    }
) & { readonly warnings: readonly ContactWarning[] };

/** What an upsert of many came to. */
export interface UpsertManyResult {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Refused and in conflict. */
  readonly refused: number;
  /** One for each input, in its order. */
  readonly items: readonly UpsertManyItem[];
}
