/** Renders a post for one reader, outside any delivery: for previews and tests. */
import { loadRecipients } from "../audience/index.ts";
import { loadCampaign } from "../campaigns/index.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Scope } from "../kernel/scope.ts";
import { requireId, validationError } from "../kernel/validate.ts";
import type { Channel, MessageUrls, Recipient, RenderContext } from "../ports/channel.ts";
import { CampaignKitError } from "../ports/errors.ts";
import { fromJson } from "../storage/columns.ts";
import type { Db } from "../storage/db.ts";
import { messageUrls } from "../tracking/index.ts";
import { selectPost } from "./posts-store.ts";
import { channelNamed, prepareContent } from "./prepared-posts.ts";

/** Who a preview or a test is made for: a contact, or somebody made up. */
export type PreviewRecipient =
  | { readonly contactId: string }
  | { readonly recipient: Partial<Recipient> & { readonly address: string } };

/** A message that belongs to no delivery. */
export interface LooseMessage {
  readonly message: unknown;
  readonly channel: Channel;
  readonly config: unknown;
  readonly key: string;
}

const NOBODY: Recipient = {
  contactId: "",
  address: "someone@example.com",
  externalId: null,
  firstName: null,
  lastName: null,
  locale: null,
  timeZone: null,
  attributes: {},
};

/** @throws {NOT_FOUND} {VALIDATION_FAILED} naming the fields that the reader lacks. {CHANNEL_FAILED} {FORBIDDEN} */
export async function renderPost(
  scope: Scope,
  permission: "content:read" | "content:write",
  postId: string,
  who: PreviewRecipient | null,
  to?: string,
): Promise<LooseMessage> {
  const { kernel, workspaceId } = scope;
  const { post, campaign, reader } = await scope.read(permission, async (db) => {
    const post = await selectPost(db, workspaceId, postId);
    const campaign = await loadCampaign(db, workspaceId, post.campaign_id);
    return { post, campaign, reader: await readerOf(db, scope, post.channel, who) };
  });
  const { channel, config, prepared } = await prepareContent(
    kernel,
    post.channel,
    fromJson(post.content),
    campaign,
  );
  const key = kernel.runtime.ids.next();
  const context: RenderContext = {
    recipient: reader === null || to === undefined ? reader : { ...reader, address: to },
    campaign: { id: campaign.id, name: campaign.name },
    urls: await looseUrls(kernel, channel, key),
    idempotencyKey: key,
  };
  const rendered = prepared.render(context);
  if (rendered.outcome === "rendered") return { message: rendered.message, channel, config, key };
  throw validationError(
    "preview",
    rendered.fields.map((field) => ({ path: ["for", field], message: "The recipient lacks this field." })),
  );
}

/**
 * The URLs of a message that belongs to no delivery: links lead straight to where they lead, the pages are signed as in a real message, and say
 * that there is nobody to unsubscribe.
 */
async function looseUrls({ tracking }: Kernel, { capabilities }: Channel, key: string): Promise<MessageUrls> {
  return messageUrls({
    baseUrl: tracking.baseUrl,
    key: await tracking.signingKey(),
    deliveryId: key,
    links: [],
    capabilities: { ...capabilities, links: false, opens: false },
  });
}

async function readerOf(
  db: Db,
  scope: Scope,
  channelName: string,
  who: PreviewRecipient | null,
): Promise<Recipient | null> {
  const { address } = channelNamed(scope.kernel, channelName);
  if (address === undefined) return null;
  if (who === null) return NOBODY;
  if ("recipient" in who) return { ...NOBODY, ...who.recipient };
  const contactId = requireId("contact", who.contactId);
  const found = await loadRecipients(db, {
    workspaceId: scope.workspaceId,
    contactIds: [contactId],
    address,
    purpose: "transactional",
    requireConsent: false,
    wishes: null,
  });
  const known = found.get(contactId);
  if (known?.recipient) return known.recipient;
  const reason = known?.skip ?? "deleted";
  throw new CampaignKitError("NOT_FOUND", `The contact "${contactId}" can't be written to: ${reason}.`, {
    entity: "contact",
    id: contactId,
  });
}
