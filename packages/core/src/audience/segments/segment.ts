/** A segment: a set of contacts, listed or by criteria. */
import { z } from "zod";
import { cleanLine, storableText } from "../addresses/text.ts";
import type { Criteria } from "./criteria/criteria.ts";

/** `static`: members are added and removed by hand. `dynamic`: members follow from criteria. */
export type SegmentKind = "static" | "dynamic";

/** A set of contacts. */
export interface Segment {
  readonly id: string;
  /** Unique in the workspace. */
  readonly name: string;
  readonly description: string | null;
  readonly kind: SegmentKind;
  /** Who belongs to it; `null` for a static segment. */
  readonly criteria: Criteria | null;
  /** How many members there are now; for a dynamic segment, as it was last brought up to date. */
  readonly memberCount: number;
  /** Rises with each change of the segment itself. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When a dynamic segment was last evaluated as a whole. */
  readonly refreshedAt: Date | null;
}

/** What a segment is made from. */
export type SegmentInput =
  | { readonly kind: "static"; readonly name: string; readonly description?: string | null }
  | {
      readonly kind: "dynamic";
      readonly name: string;
      readonly description?: string | null;
      readonly criteria: Criteria;
    };

/** What can be changed of a segment, and the version that was read. What is absent stays. */
export interface SegmentChanges {
  readonly version: number;
  readonly name?: string;
  readonly description?: string | null;
  /** For a dynamic segment. */
  readonly criteria?: Criteria;
}

const name = z.string().overwrite(cleanLine).min(1).max(200);
const description = z.string().overwrite(storableText).max(2_000).nullish();

/** The shape of `SegmentInput`; the criteria are read apart, with the workspace's attributes at hand. */
export const segmentSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("static"), name, description }),
  z.strictObject({ kind: z.literal("dynamic"), name, description, criteria: z.unknown() }),
]);

/** The shape of `SegmentChanges`. */
export const changesSchema = z.strictObject({
  version: z.int({ error: "Give the version that you read." }),
  name: name.optional(),
  description,
  criteria: z.unknown().optional(),
});

/** What adding members came to. */
export interface MembersAdded {
  readonly added: number;
  /** Were members before. */
  readonly already: number;
  /** Ids that name no contact of this workspace, or an erased one. */
  readonly unknown: readonly string[];
}

/** Who joined and who left. */
export interface MembersMoved {
  readonly joined: number;
  readonly left: number;
}

/** One contact that joined or left a dynamic segment. */
export interface SegmentMove {
  readonly contactId: string;
  readonly move: "joined" | "left";
  readonly at: Date;
}
