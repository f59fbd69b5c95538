/** `shop.segments`: sets of contacts. */
import { z } from "zod";
import type { Scope } from "../../kernel/scope.ts";
import { notFound, parse, requireId, validationError } from "../../kernel/validate.ts";
import { CampaignKitError } from "../../ports/errors.ts";
import { markChanged } from "./changes.ts";
import { addMembers, removeMembers } from "./members.ts";
import type { MembersAdded, Segment } from "./segment.ts";
import { findSegment, insertSegment, lockSegment } from "./store.ts";

const createSchema = z.strictObject({
  name: z.string().trim().min(1).max(200),
  description: z.string().max(2_000).nullish(),
  kind: z.literal("static"),
});

/** How many members one call adds or removes at most. */
const MAX_MEMBERS = 10_000;

/** `shop.segments`: sets of contacts, listed by hand or following from criteria. */
export class SegmentsService {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** Creates a segment. @throws {VALIDATION_FAILED} {ALREADY_EXISTS} when the name is taken. {FORBIDDEN} */
  create(input: z.input<typeof createSchema>): Promise<Segment> {
    return this.#scope.write("audience:write", async (unit) => {
      const { name, kind, description } = parse(createSchema, input, "segment");
      const id = unit.newId();
      const free = await insertSegment(unit, { id, name, kind, description: description ?? null });
      if (!free)
        throw new CampaignKitError(
          "ALREADY_EXISTS",
          `A segment is called "${name}" already; take another name.`,
          {
            entity: "segment",
            field: "name",
            value: name,
          },
        );
      unit.record("segment.created", { subject: { type: "segment", id }, data: { segmentId: id, kind } });
      const segment = await findSegment(unit.db, unit.workspaceId, id);
      if (segment === null) throw notFound("segment", id);
      return segment;
    });
  }

  /** One segment. @throws {NOT_FOUND} {FORBIDDEN} */
  get(segmentId: string): Promise<Segment> {
    return this.#scope.read("audience:read", async (db) => {
      const segment = await findSegment(db, this.#scope.workspaceId, requireId("segment", segmentId));
      if (segment === null) throw notFound("segment", segmentId);
      return segment;
    });
  }

  /**
   * Adds members to a static segment, up to 10,000 a call. Idempotent.
   *
   * @throws {NOT_FOUND} {CONFLICT} for a dynamic segment. {VALIDATION_FAILED} {FORBIDDEN}
   */
  addMembers(segmentId: string, contactIds: readonly string[]): Promise<MembersAdded> {
    return this.#scope.write("audience:write", async (unit) => {
      const segment = assertStatic(await lockSegment(unit, requireId("segment", segmentId)));
      assertCount(contactIds);
      const result = await addMembers(unit, segment.id, contactIds);
      if (result.added > 0) {
        await markChanged(
          unit,
          contactIds.filter((id) => !result.unknown.includes(id)),
        );
        unit.record("segment.members-changed", {
          subject: { type: "segment", id: segment.id },
          data: { segmentId: segment.id, joined: result.added, left: 0 },
        });
      }
      return result;
    });
  }

  /**
   * Removes members from a static segment, up to 10,000 a call. Idempotent; ids that are no members are passed over.
   *
   * @returns how many were members. @throws {NOT_FOUND} {CONFLICT} for a dynamic segment. {VALIDATION_FAILED} {FORBIDDEN}
   */
  removeMembers(segmentId: string, contactIds: readonly string[]): Promise<number> {
    return this.#scope.write("audience:write", async (unit) => {
      const segment = assertStatic(await lockSegment(unit, requireId("segment", segmentId)));
      assertCount(contactIds);
      const removed = await removeMembers(unit, segment.id, contactIds);
      if (removed > 0) {
        await markChanged(unit, contactIds);
        unit.record("segment.members-changed", {
          subject: { type: "segment", id: segment.id },
          data: { segmentId: segment.id, joined: 0, left: removed },
        });
      }
      return removed;
    });
  }
}

function assertStatic(segment: Segment): Segment {
  if (segment.kind === "static") return segment;
  throw new CampaignKitError(
    "CONFLICT",
    `The members of "${segment.name}" follow from its criteria; change those, or use a static segment.`,
    { entity: "segment", id: segment.id, reason: "the segment is dynamic" },
  );
}

function assertCount(contactIds: readonly string[]): void {
  if (contactIds.length <= MAX_MEMBERS) return;
  throw validationError("members", [
    { path: [], message: `${contactIds.length} ids in one call; give at most ${MAX_MEMBERS}.` },
  ]);
}
