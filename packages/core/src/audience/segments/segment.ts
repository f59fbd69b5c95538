/** A segment: a set of contacts, listed or by criteria. */

/** `static`: members are added and removed by hand. `dynamic`: members follow from criteria. */
export type SegmentKind = "static" | "dynamic";

/** A set of contacts. */
export interface Segment {
  readonly id: string;
  /** Unique in the workspace. */
  readonly name: string;
  readonly description: string | null;
  readonly kind: SegmentKind;
  /** How many members there are now; for a dynamic segment, as it was last brought up to date. */
  readonly memberCount: number;
  /** Rises with each change of the segment itself. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** When a dynamic segment was last evaluated as a whole. */
  readonly refreshedAt: Date | null;
}

/** What adding members came to. */
export interface MembersAdded {
  readonly added: number;
  /** Were members before. */
  readonly already: number;
  /** Ids that name no contact of this workspace, or an erased one. */
  readonly unknown: readonly string[];
}
