/** `shop.segments`: sets of contacts. */
import { idKey, type Page, type PageRequest, pageOf, toPage } from "../../kernel/page.ts";
import type { Scope } from "../../kernel/scope.ts";
import type { Unit } from "../../kernel/unit.ts";
import { notFound, requireId, validationError } from "../../kernel/validate.ts";
import type { Db } from "../../storage/db.ts";
import { attributeTypes } from "../attributes/store.ts";
import type { Contact } from "../contacts/contact.ts";
import { contactsByIds, toContact } from "../contacts/store.ts";
import { markChanged } from "./changes.ts";
import type { Criteria } from "./criteria/criteria.ts";
import { readCriteria } from "./criteria/parse.ts";
import { assertStatic, changeSegment, createSegment, removeSegment } from "./edit.ts";
import { countMeeting } from "./evaluate.ts";
import { addMembers, removeMembers } from "./members.ts";
import { type MoveKey, memberIds, membersAtRanks, moveKey, movePage } from "./members-queries.ts";
import { refreshSegments } from "./refresh.ts";
import { drawRanks } from "./sample.ts";
import type {
  MembersAdded,
  MembersMoved,
  Segment,
  SegmentChanges,
  SegmentInput,
  SegmentKind,
  SegmentMove,
} from "./segment.ts";
import { findSegment, lockSegment, segmentIds, segmentPage } from "./store.ts";

/** How many members one call adds or removes at most. */
const MAX_MEMBERS = 10_000;
const MAX_SAMPLE = 1_000;

/** `shop.segments`: sets of contacts, listed by hand or following from criteria. */
export class SegmentsService {
  readonly #scope: Scope;

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /**
   * Creates a segment. A dynamic one is filled at once, and kept up to date from then on: a few moments after contacts change while workers
   * run, hourly where its criteria look at the time, and before a campaign is sent.
   *
   * @throws {VALIDATION_FAILED} with a path for each problem. {ALREADY_EXISTS} when the name is taken. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   * import { createCampaignKit } from "@campaignkit/core";
   *
   * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
   * const shop = kit.workspace("shop-42");
   * await shop.attributes.define({ name: "plan", type: "text" });
   * const segment = await shop.segments.create({
   *   kind: "dynamic",
   *   name: "Paying, but not in Vienna",
   *   criteria: {
   *     type: "and",
   *     of: [
   *       { type: "attribute", name: "plan", test: { is: "one-of", values: ["pro", "team"] } },
   *       { type: "not", of: { type: "field", field: "timeZone", test: { is: "equals", value: "Europe/Vienna" } } },
   *     ],
   *   },
   * });
   * console.log(segment.memberCount);
   * await kit.stop();
   * ```
   */
  create(input: SegmentInput): Promise<Segment> {
    return this.#scope.write("audience:write", async (unit) =>
      this.#get(unit.db, await createSegment(unit, input)),
    );
  }

  /**
   * One segment.
   *
   * @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function sizeAtLastRefresh(shop: Workspace, segmentId: string) {
   *   return (await shop.segments.get(segmentId)).memberCount;
   * }
   * ```
   */
  get(segmentId: string): Promise<Segment> {
    return this.#scope.read("audience:read", (db) => this.#get(db, segmentId));
  }

  /**
   * The segments, in the order of their creation.
   *
   * @throws {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function segmentNames(shop: Workspace) {
   *   const { items } = await shop.segments.list({ kind: "static", limit: 100 });
   *   return items.map(({ name }) => name);
   * }
   * ```
   */
  list(request: PageRequest & { readonly kind?: SegmentKind } = {}): Promise<Page<Segment>> {
    return this.#scope.read("audience:read", async (db) => {
      const { limit, after } = pageOf(request, idKey);
      const filter = request.kind === undefined ? {} : { kind: request.kind };
      const rows = await segmentPage(db, this.#scope.workspaceId, { after, limit: limit + 1 }, filter);
      return toPage(
        rows,
        limit,
        ({ id }) => id,
        (segment) => segment,
      );
    });
  }

  /**
   * Changes name, description or criteria, on the version that was read. New criteria take effect at once.
   *
   * @throws {STALE_VERSION} {VALIDATION_FAILED} {ALREADY_EXISTS} {NOT_FOUND} {CONFLICT} when the criteria would look at themselves. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function rename(shop: Workspace, segmentId: string) {
   *   const { version } = await shop.segments.get(segmentId);
   *   await shop.segments.update(segmentId, { version, name: "Regulars" });
   * }
   * ```
   */
  update(segmentId: string, changes: SegmentChanges): Promise<Segment> {
    return this.#scope.write("audience:write", async (unit) => {
      await changeSegment(unit, requireId("segment", segmentId), changes);
      return this.#get(unit.db, segmentId);
    });
  }

  /**
   * Deletes a segment; its members stay contacts.
   *
   * @throws {NOT_FOUND} {CONFLICT} when another segment looks at it. {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function remove(shop: Workspace, segmentId: string) {
   *   await shop.segments.delete(segmentId);
   * }
   * ```
   */
  delete(segmentId: string): Promise<void> {
    return this.#scope.write("audience:write", (unit) =>
      removeSegment(unit, requireId("segment", segmentId)),
    );
  }

  /**
   * Adds members to a static segment, up to 10,000 a call. Idempotent.
   *
   * @throws {NOT_FOUND} {CONFLICT} for a dynamic segment. {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function invite(shop: Workspace, segmentId: string, contactIds: readonly string[]) {
   *   const { added, unknown } = await shop.segments.addMembers(segmentId, contactIds);
   *   return { added, unknown };
   * }
   * ```
   */
  addMembers(segmentId: string, contactIds: readonly string[]): Promise<MembersAdded> {
    return this.#scope.write("audience:write", async (unit) => {
      const segment = await lockStatic(unit, segmentId, contactIds);
      const result = await addMembers(unit, segment.id, contactIds);
      const unknown = new Set(result.unknown);
      await afterMoving(
        unit,
        segment.id,
        contactIds.filter((id) => !unknown.has(id)),
        { joined: result.added, left: 0 },
      );
      return result;
    });
  }

  /**
   * Removes members from a static segment, up to 10,000 a call. Idempotent; ids that are no members are passed over.
   *
   * @returns how many were members. @throws {NOT_FOUND} {CONFLICT} for a dynamic segment. {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function uninvite(shop: Workspace, segmentId: string, contactId: string) {
   *   await shop.segments.removeMembers(segmentId, [contactId]);
   * }
   * ```
   */
  removeMembers(segmentId: string, contactIds: readonly string[]): Promise<number> {
    return this.#scope.write("audience:write", async (unit) => {
      const segment = await lockStatic(unit, segmentId, contactIds);
      const removed = await removeMembers(unit, segment.id, contactIds);
      await afterMoving(unit, segment.id, removed.ids, { joined: 0, left: removed.ids.length });
      return removed.ids.length;
    });
  }

  /**
   * The members, in the order of their ids.
   *
   * @throws {NOT_FOUND} {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function firstMembers(shop: Workspace, segmentId: string) {
   *   const { items } = await shop.segments.members(segmentId, { limit: 20 });
   *   return items.map(({ firstName, email }) => firstName ?? email);
   * }
   * ```
   */
  members(segmentId: string, request: PageRequest = {}): Promise<Page<Contact>> {
    return this.#scope.read("audience:read", async (db) => {
      const { limit, after } = pageOf(request, idKey);
      await this.#get(db, segmentId);
      const { workspaceId } = this.#scope;
      const ids = await memberIds(db, { workspaceId, segmentId }, { after, limit: limit + 1 });
      const known = new Map((await contactsByIds(db, workspaceId, ids)).map((record) => [record.id, record]));
      const page = toPage(
        ids,
        limit,
        (id) => id,
        (id) => known.get(id),
      );
      // A membership can outlive its contact for a moment, when both change at once.
      return { ...page, items: page.items.filter((record) => record !== undefined).map(toContact) };
    });
  }

  /**
   * A random sample of the members, up to 1,000, in the order of their ids. The same seed draws the same sample while the members stay the
   * same.
   *
   * @throws {NOT_FOUND} {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function forReview(shop: Workspace, segmentId: string) {
   *   return shop.segments.sample(segmentId, { size: 20, seed: 7 });
   * }
   * ```
   */
  sample(
    segmentId: string,
    request: { readonly size: number; readonly seed: number },
  ): Promise<readonly Contact[]> {
    return this.#scope.read("audience:read", async (db) => {
      const { size, seed } = request;
      if (!Number.isInteger(size) || size < 1 || size > MAX_SAMPLE)
        throw validationError("sample", [
          {
            path: ["size"],
            message: `${size} is out of range; give a whole number from 1 to ${MAX_SAMPLE}.`,
          },
        ]);
      const { memberCount } = await this.#get(db, segmentId);
      const place = { workspaceId: this.#scope.workspaceId, segmentId };
      return (await membersAtRanks(db, place, drawRanks(memberCount, size, seed))).map(toContact);
    });
  }

  /**
   * How many contacts belong to the segment at this moment, by its criteria and not by its last refresh.
   *
   * @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function sizeNow(shop: Workspace, segmentId: string) {
   *   return shop.segments.size(segmentId);
   * }
   * ```
   */
  size(segmentId: string): Promise<number> {
    return this.#scope.read("audience:read", async (db) => {
      const { criteria, memberCount } = await this.#get(db, segmentId);
      return criteria === null ? memberCount : this.#count(db, criteria);
    });
  }

  /**
   * How many contacts would belong to a segment with these criteria.
   *
   * @throws {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function howManyInVienna(shop: Workspace) {
   *   return shop.segments.count({ type: "field", field: "timeZone", test: { is: "equals", value: "Europe/Vienna" } });
   * }
   * ```
   */
  count(criteria: Criteria): Promise<number> {
    return this.#scope.read("audience:read", async (db) => {
      const { workspaceId } = this.#scope;
      const types = await attributeTypes(db, workspaceId);
      const reading = readCriteria(criteria, { types, segments: await segmentIds(db, workspaceId) });
      if (reading.outcome === "refused") throw validationError("criteria", reading.issues);
      return this.#count(db, reading.criteria);
    });
  }

  /**
   * Brings a dynamic segment up to date now.
   *
   * @returns who joined and left. @throws {NOT_FOUND} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function refresh(shop: Workspace, segmentId: string) {
   *   const { joined, left } = await shop.segments.refresh(segmentId);
   *   return `${joined} joined, ${left} left`;
   * }
   * ```
   */
  refresh(segmentId: string): Promise<MembersMoved> {
    return this.#scope.write("audience:write", async (unit) => {
      const moved = await refreshSegments(unit, [requireId("segment", segmentId)]);
      return moved.get(segmentId) ?? { joined: 0, left: 0 };
    });
  }

  /**
   * Who joined and left a dynamic segment since it was first filled, the oldest first; kept for 90 days. Keep the last cursor to go on from
   * there.
   *
   * @throws {NOT_FOUND} {VALIDATION_FAILED} {FORBIDDEN}
   *
   * @example
   * ```ts
   * import type { Workspace } from "@campaignkit/core";
   *
   * export async function whoMoved(shop: Workspace, segmentId: string, cursor?: string) {
   *   const page = await shop.segments.moves(segmentId, cursor === undefined ? {} : { cursor });
   *   for (const { contactId, move, at } of page.items) console.log(at, contactId, move);
   *   return page.nextCursor;
   * }
   * ```
   */
  moves(segmentId: string, request: PageRequest = {}): Promise<Page<SegmentMove>> {
    return this.#scope.read("audience:read", async (db) => {
      const { limit, after } = pageOf<MoveKey>(request, moveKey);
      await this.#get(db, segmentId);
      const place = { workspaceId: this.#scope.workspaceId, segmentId };
      return toPage(
        await movePage(db, place, { after, limit: limit + 1 }),
        limit,
        ({ runId, contactId }) => ({ runId, contactId }),
        ({ contactId, move, at }) => ({ contactId, move, at }),
      );
    });
  }

  async #get(db: Db, segmentId: string): Promise<Segment> {
    const segment = await findSegment(db, this.#scope.workspaceId, requireId("segment", segmentId));
    if (segment === null) throw notFound("segment", segmentId);
    return segment;
  }

  async #count(db: Db, criteria: Criteria): Promise<number> {
    const { workspaceId, kernel } = this.#scope;
    const types = await attributeTypes(db, workspaceId);
    return countMeeting({ db, workspaceId, now: kernel.runtime.clock.now() }, { criteria, types });
  }
}

async function lockStatic(unit: Unit, segmentId: string, contactIds: readonly string[]): Promise<Segment> {
  if (contactIds.length > MAX_MEMBERS)
    throw validationError("members", [
      { path: [], message: `${contactIds.length} ids in one call; give at most ${MAX_MEMBERS}.` },
    ]);
  return assertStatic(await lockSegment(unit, requireId("segment", segmentId)));
}

async function afterMoving(
  unit: Unit,
  segmentId: string,
  contactIds: readonly string[],
  moved: MembersMoved,
): Promise<void> {
  if (moved.joined + moved.left === 0) return;
  await markChanged(unit, contactIds);
  unit.record("segment.members-changed", {
    subject: { type: "segment", id: segmentId },
    data: { segmentId, joined: moved.joined, left: moved.left },
  });
}
