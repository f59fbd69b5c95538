/** From what a host says to what is recorded: names become ids, and what names nothing of this workspace is refused. */
import { survivorsOf } from "../audience/index.ts";
import type { ValidationIssue } from "../ports/errors.ts";
import type { Db } from "../storage/db.ts";
import type { AddressedQuery, EventDirectory } from "./directory.ts";
import type { NewEvent } from "./event.ts";
import type { CheckedEvent } from "./event-schema.ts";

/** One checked event, recorded or refused. */
export type Resolution =
  | { readonly event: NewEvent; readonly issues?: undefined }
  | { readonly event?: undefined; readonly issues: readonly ValidationIssue[] };

/** Whose events, and what stands in for what they leave out. */
export interface ResolveContext {
  readonly workspaceId: string;
  readonly directory: EventDirectory;
  readonly now: number;
  /** The delivery of each click token that we signed. */
  readonly clickTokens: ReadonlyMap<string, string>;
  newId(): string;
}

const present = (values: readonly (string | null | undefined)[]): string[] => [
  ...new Set(values.filter((value) => value != null)),
];

/** Resolves a batch: a fixed number of look-ups, however many events. */
export async function resolveEvents(
  db: Db,
  events: readonly CheckedEvent[],
  context: ResolveContext,
): Promise<readonly Resolution[]> {
  const { workspaceId, directory, now } = context;
  const clicked = await directory.clicks(db, workspaceId, present([...context.clickTokens.values()]));
  const campaigns = await directory.campaigns(db, workspaceId, present(events.map((e) => e.campaignId)));
  const posts = await directory.posts(db, workspaceId, present(events.map((e) => e.postId)));
  const named = present([...events, ...clicked.values()].map((e) => e.contactId));
  const survivors = await survivorsOf(db, workspaceId, named);
  const meant = (id: string): string => survivors.get(id) ?? id;
  const contacts = await directory.contacts(
    db,
    workspaceId,
    present(events.map((e) => e.contactId)).map(meant),
  );
  const externals = await directory.contactsByExternalId(
    db,
    workspaceId,
    present(events.map((e) => e.externalId)),
  );

  const resolutions = events.map((given): Resolution => {
    const issues: ValidationIssue[] = [];
    const unknown = (field: string, what: string, id: string): void =>
      void issues.push({ path: [field], message: `There is no ${what} "${id}" in this workspace.` });
    const click =
      given.clickToken == null ? undefined : clicked.get(context.clickTokens.get(given.clickToken) ?? "");
    if (given.clickToken != null && click === undefined) {
      issues.push({
        path: ["clickToken"],
        message: "The token is not one of this workspace's tracked links.",
      });
    }
    const post = given.postId == null ? undefined : posts.get(given.postId);
    if (given.postId != null && post === undefined) unknown("postId", "post", given.postId);
    if (given.campaignId != null && !campaigns.has(given.campaignId)) {
      unknown("campaignId", "campaign", given.campaignId);
    }
    if (given.contactId != null && !contacts.has(meant(given.contactId)))
      unknown("contactId", "contact", given.contactId);
    const external = given.externalId == null ? undefined : externals.get(given.externalId);
    if (given.externalId != null && external === undefined) {
      unknown("externalId", "contact with the external id", given.externalId);
    }
    const campaignId = given.campaignId ?? post?.campaignId ?? click?.campaignId ?? null;
    if (post != null && given.campaignId != null && post.campaignId !== given.campaignId) {
      issues.push({ path: ["postId"], message: `The post "${given.postId}" is not one of that campaign's.` });
    }
    if (issues.length > 0) return { issues };
    const contactId = given.contactId ?? external ?? click?.contactId ?? null;
    // What the delivery was addressed to says nothing of another campaign or person.
    const follows = click !== undefined && click.campaignId === campaignId;
    const same =
      contactId !== null && click?.contactId != null && meant(contactId) === meant(click.contactId);
    return {
      event: {
        id: given.id ?? context.newId(),
        type: given.type,
        at: given.at?.getTime() ?? now,
        campaignId,
        postId: given.postId ?? click?.postId ?? null,
        deliveryId: click?.deliveryId ?? null,
        contactId: contactId === null ? null : meant(contactId),
        channel: given.channel ?? post?.channel ?? click?.channel ?? null,
        variant: given.variant ?? click?.variant ?? null,
        segment: given.segment ?? null,
        segmentSet: follows && same ? click.segmentSet : null,
        count: given.count ?? 1,
        value: given.value ?? null,
        machine: given.machine ?? null,
        properties: given.properties ?? null,
      },
    };
  });
  return addressed(db, resolutions, context);
}

/** Adds the segments that people had been addressed as members of, where the event does not say it by itself. */
async function addressed(
  db: Db,
  resolutions: readonly Resolution[],
  { workspaceId, directory }: ResolveContext,
): Promise<readonly Resolution[]> {
  const queries = new Map<NewEvent, AddressedQuery>();
  for (const { event } of resolutions) {
    if (event?.campaignId == null || event.contactId == null || event.segment != null) continue;
    const { campaignId, contactId, postId = null, at } = event;
    if (event.segmentSet == null) queries.set(event, { campaignId, contactId, postId, at });
  }
  if (queries.size === 0) return resolutions;
  const found = await directory.addressedSegments(db, workspaceId, [...queries.values()]);
  const sets = new Map([...queries.keys()].map((event, place) => [event, found[place] ?? null]));
  return resolutions.map((resolution) => {
    const segmentSet = resolution.event === undefined ? undefined : sets.get(resolution.event);
    return resolution.event === undefined || segmentSet == null
      ? resolution
      : { event: { ...resolution.event, segmentSet } };
  });
}
