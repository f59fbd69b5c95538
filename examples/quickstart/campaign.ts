/** The campaign: found where an earlier run has made it, made where not. Each step can be repeated. */
import { type Money, micros, money } from "@campaignkit/core";
import { MESSAGE_COST_MICROS, type ShopWorkspace } from "./engine.ts";
import { type NewsletterOptions, newsletter } from "./newsletter.ts";

/** What the texts and pictures cost, which a return on investment must not forget. */
const CREATION_COST: Money = money("EUR", 25);
/** The budget has room for so much more than is planned. */
const SLACK = 1.25;
const CENT_MICROS = 10_000;
const SEGMENT = "Everybody in the file";

/** A launched campaign with one post. */
export interface Launch {
  readonly campaignId: string;
  readonly postId: string;
  readonly name: string;
  readonly budget: Money;
  /** How many people it is for. */
  readonly audience: number;
}

/** Everybody, as a segment. */
async function everybody(
  shop: ShopWorkspace,
): Promise<{ readonly id: string; readonly memberCount: number }> {
  const known = (await shop.segments.list()).items.find(({ name }) => name === SEGMENT);
  return known ?? shop.segments.create({ name: SEGMENT, kind: "dynamic", criteria: { type: "everyone" } });
}

/** The campaign and its post, launched. */
export async function launchCampaign(shop: ShopWorkspace, content: NewsletterOptions): Promise<Launch> {
  const { id: segmentId, memberCount: audience } = await everybody(shop);
  const budget = budgetFor(audience);
  const [known] = (await shop.campaigns.list({ limit: 1 })).items;
  const campaign =
    known ??
    (await shop.campaigns.create({
      name: "Spring newsletter",
      type: "email",
      objectives: ["sales"],
      timeZone: "Europe/Berlin",
      startsAt: new Date(),
      channels: ["newsletter"],
      segmentIds: [segmentId],
      budget: { total: budget },
    }));
  await shop.budgets.recordCost(campaign.id, { key: "creation", kind: "labour", amount: CREATION_COST });
  const [written] = await shop.posts.list(campaign.id);
  const post =
    written ??
    (await shop.posts.create(campaign.id, {
      channel: "newsletter",
      content: newsletter(content),
      onUnknown: "hold",
    }));
  if (campaign.state === "draft") await shop.campaigns.launch(campaign.id);
  return { campaignId: campaign.id, postId: post.id, name: campaign.name, budget, audience };
}

/** Enough for a message to everybody and the creation, in whole cents. */
function budgetFor(audience: number): Money {
  const needed = audience * MESSAGE_COST_MICROS + CREATION_COST.amountMicros;
  return micros("EUR", Math.ceil((needed * SLACK) / CENT_MICROS) * CENT_MICROS);
}
