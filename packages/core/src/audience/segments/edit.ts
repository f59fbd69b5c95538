/** Creating, changing and deleting segments, each in one unit. */
import type { Unit } from "../../kernel/unit.ts";
import { parse, validationError } from "../../kernel/validate.ts";
import { CampaignKitError } from "../../ports/errors.ts";
import { attributeTypes } from "../attributes/store.ts";
import { markMembers } from "./changes.ts";
import type { Criteria } from "./criteria/criteria.ts";
import { readCriteria } from "./criteria/parse.ts";
import { usesOf } from "./criteria/uses.ts";
import { circleThrough } from "./graph.ts";
import { clearSegment } from "./members.ts";
import { refreshSegments } from "./refresh.ts";
import { CLOCK_MS, clockJob, LATE_MS, segmentJob } from "./refresh-job.ts";
import {
  changesSchema,
  type Segment,
  type SegmentChanges,
  type SegmentInput,
  segmentSchema,
} from "./segment.ts";
import {
  deleteSegment,
  insertSegment,
  isNameTaken,
  lockSegment,
  lockSegments,
  type SegmentValues,
  segmentLinks,
  updateSegment,
} from "./store.ts";

/** Creates a segment and fills a dynamic one. @throws {VALIDATION_FAILED} {ALREADY_EXISTS} */
export async function createSegment(unit: Unit, input: SegmentInput): Promise<string> {
  const checked = parse(segmentSchema, input, "segment");
  const values: SegmentValues = {
    id: unit.newId(),
    name: checked.name,
    description: checked.description ?? null,
    kind: checked.kind,
    criteria: checked.kind === "dynamic" ? await readable(unit, checked.criteria) : null,
  };
  if (!(await insertSegment(unit, values))) throw nameTaken(values.name);
  unit.record("segment.created", {
    subject: { type: "segment", id: values.id },
    data: { segmentId: values.id, kind: values.kind },
  });
  if (values.criteria !== null) {
    await refreshSegments(unit, [values.id]);
    // A change that is under way now can't know of the segment yet, and marks nobody for it.
    unit.enqueue(segmentJob, {
      payload: { segmentId: values.id },
      runAt: unit.now + LATE_MS,
      key: values.id,
    });
    orderClock(unit, values.criteria);
  }
  return values.id;
}

/**
 * Changes a segment; new criteria take effect at once.
 *
 * @throws {VALIDATION_FAILED} {ALREADY_EXISTS} {STALE_VERSION} {NOT_FOUND} {CONFLICT} when the criteria would look at themselves.
 */
export async function changeSegment(unit: Unit, id: string, changes: SegmentChanges): Promise<void> {
  const checked = parse(changesSchema, changes, "segment");
  const all = await lockSegments(unit, "all");
  const segment = all.find((one) => one.id === id) ?? (await lockSegment(unit, id));
  if (segment.version !== checked.version) throw stale(segment, checked.version);
  if (checked.criteria !== undefined && segment.kind === "static")
    throw validationError("segment", [
      { path: ["criteria"], message: "A static segment has no criteria; its members are added by hand." },
    ]);
  const criteria = checked.criteria === undefined ? segment.criteria : await readable(unit, checked.criteria);
  if (criteria !== null) await assertNoCircle(unit, id, criteria);
  const name = checked.name ?? segment.name;
  if (await isNameTaken(unit.db, unit.workspaceId, name, id)) throw nameTaken(name);
  const description = checked.description === undefined ? segment.description : checked.description;
  const changed = [
    ...(name === segment.name ? [] : ["name"]),
    ...(description === segment.description ? [] : ["description"]),
    ...(JSON.stringify(criteria) === JSON.stringify(segment.criteria) ? [] : ["criteria"]),
  ];
  if (changed.length === 0) return;
  await updateSegment(unit, { id, name, description, kind: segment.kind, criteria });
  unit.record("segment.updated", { subject: { type: "segment", id }, data: { segmentId: id, changed } });
  if (!changed.includes("criteria") || criteria === null) return;
  await refreshSegments(unit, [id]);
  orderClock(unit, criteria);
}

/** Starts the hourly evaluation where criteria look at the time. It ends by itself with the last such segment. */
function orderClock(unit: Unit, criteria: Criteria): void {
  if (usesOf(criteria).clock)
    unit.enqueue(clockJob, { payload: {}, runAt: unit.now + CLOCK_MS, key: unit.workspaceId });
}

/** Deletes a segment with its members; the contacts stay. @throws {NOT_FOUND} {CONFLICT} when another segment looks at it. */
export async function removeSegment(unit: Unit, id: string): Promise<void> {
  const segment = await lockSegment(unit, id);
  const links = await segmentLinks(unit.db, unit.workspaceId);
  const user = [...links].find(([, uses]) => uses.has(id));
  if (user !== undefined) {
    throw new CampaignKitError(
      "CONFLICT",
      `The segment "${segment.name}" can't be deleted: the criteria of segment ${user[0]} look at it. Change those first.`,
      { entity: "segment", id, reason: `segment ${user[0]} looks at it` },
    );
  }
  await markMembers(unit, id);
  await clearSegment(unit, id);
  await deleteSegment(unit, id);
  unit.record("segment.deleted", { subject: { type: "segment", id }, data: { segmentId: id } });
}

/** Passes a static segment on. @throws {CONFLICT} for a dynamic one. */
export function assertStatic(segment: Segment): Segment {
  if (segment.kind === "static") return segment;
  throw new CampaignKitError(
    "CONFLICT",
    `The members of "${segment.name}" follow from its criteria; change those, or use a static segment.`,
    { entity: "segment", id: segment.id, reason: "the segment is dynamic" },
  );
}

/** Reads criteria with the workspace's attributes and segments at hand; the segments stay locked, so that none goes away meanwhile. */
async function readable(unit: Unit, input: unknown): Promise<Criteria> {
  const types = await attributeTypes(unit.db, unit.workspaceId);
  const segments = new Set((await lockSegments(unit, "all")).map(({ id }) => id));
  const reading = readCriteria(input, { types, segments });
  if (reading.outcome === "read") return reading.criteria;
  throw validationError(
    "segment",
    reading.issues.map((issue) => ({ ...issue, path: ["criteria", ...issue.path] })),
  );
}

async function assertNoCircle(unit: Unit, id: string, criteria: Criteria): Promise<void> {
  const links = new Map(await segmentLinks(unit.db, unit.workspaceId));
  links.set(id, usesOf(criteria).segments);
  const circle = circleThrough(links, id);
  if (circle === null) return;
  throw new CampaignKitError(
    "CONFLICT",
    `The criteria would look at themselves, by way of ${circle.join(" → ")}. Leave one of these memberships out.`,
    { entity: "segment", id, reason: `its criteria go in a circle: ${circle.join(" → ")}` },
  );
}

function nameTaken(name: string): CampaignKitError<"ALREADY_EXISTS"> {
  return new CampaignKitError("ALREADY_EXISTS", `A segment is called "${name}" already; take another name.`, {
    entity: "segment",
    field: "name",
    value: name,
  });
}

function stale(segment: Segment, expected: number): CampaignKitError<"STALE_VERSION"> {
  return new CampaignKitError(
    "STALE_VERSION",
    `The segment "${segment.name}" changed since version ${expected}; it is at ${segment.version}. Read it again and repeat the change.`,
    { entity: "segment", id: segment.id, expected, actual: segment.version },
  );
}
