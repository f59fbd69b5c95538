/** What a campaign came to: read from the engine, and from the far sides that it dealt with. */
import type { BudgetStand, CampaignReport, RollupVerdict } from "@campaignkit/core";
import type { ShopWorkspace } from "./engine.ts";
import type { AcceptedMail, Maildir } from "./mail/maildir.ts";

/** Everything that the summary and the report show. */
export interface Results {
  readonly report: CampaignReport;
  /** Opens and clicks by whomever, people and machines together. */
  readonly byAnybody: { readonly opens: number; readonly clicks: number };
  /** The budget's total. */
  readonly budget: Pick<BudgetStand, "overspend" | "reserved">;
  readonly rollups: RollupVerdict;
  readonly accepted: AcceptedMail;
  /** Whose mail was read: everybody's who got one, or a sample's. */
  readonly readers: number;
}

/** What share of those who read their mail did it; `null` where nobody read any. */
export function ofReaders(people: number, { readers }: Pick<Results, "readers">): number | null {
  return readers === 0 ? null : people / readers;
}

/** Whether only a sample of those who got a mail read it. */
export function isSample({ readers, accepted }: Results): boolean {
  return readers < accepted.messages;
}

/** Reads the results of a campaign. */
export async function readResults(shop: ShopWorkspace, campaignId: string, mail: Maildir): Promise<Results> {
  const report = await shop.analytics.report(campaignId);
  const all = await shop.analytics.metrics({ campaignIds: [campaignId], includeMachines: true });
  const { opens = 0, clicks = 0 } = all.rows[0]?.metrics ?? {};
  return {
    report,
    byAnybody: { opens, clicks },
    budget: (await shop.budgets.get(campaignId)).total,
    rollups: await shop.analytics.verifyRollups(campaignId),
    accepted: await mail.accepted(),
    readers: await mail.readCount(),
  };
}
