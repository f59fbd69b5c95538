/** What must hold when the demo is done. Each check names two figures that come from different places. Pure. */
import type { Results } from "./results.ts";
import { formatMoney } from "./terminal.ts";

/** One thing that must hold. */
export interface Check {
  readonly what: string;
  readonly holds: boolean;
}

/** Checks the results. `contacts`: how many people the campaign was for. `unitMicros`: what a message costs. */
export function checkResults(results: Results, contacts: number, unitMicros: number): readonly Check[] {
  const { accepted, budget, byAnybody, report, rollups } = results;
  const { delivery, machines, roi, summary } = report;
  const { audience, sent, failed, skipped, uncertain, pending } = delivery;
  const byReason = (type: string): number =>
    machines.reasons.reduce((sum, each) => sum + (each.type === type ? each.count : 0), 0);
  const parts = sent + failed + skipped + uncertain;
  const paid = roi.costs.message.amountMicros;
  return [
    {
      what: `audience ${audience} = sent ${sent} + failed ${failed} + skipped ${skipped} + uncertain ${uncertain}, none is pending (${pending})`,
      holds: audience === parts && pending === 0,
    },
    {
      what: `the audience (${audience}) is everybody in the segment (${contacts})`,
      holds: audience === contacts,
    },
    { what: `nobody got two messages (${accepted.moreThanOnce} did)`, holds: accepted.moreThanOnce === 0 },
    {
      what: `the mail server accepted what was sent (${sent}), and nothing but that and the uncertain (${uncertain}): ${accepted.messages}`,
      holds: accepted.messages >= sent && accepted.messages <= sent + uncertain,
    },
    {
      what: `what is sent or uncertain is paid for, and nothing else: ${formatMoney(roi.costs.message)}`,
      holds: paid === (sent + uncertain) * unitMicros,
    },
    {
      what: "the budget is not overspent",
      holds: budget.overspend.amountMicros === 0 && budget.reserved.amountMicros === 0,
    },
    { what: `every accepted message is an event (${summary.sent})`, holds: summary.sent === sent },
    {
      what: `people and machines together are all opens (${summary.opens} + ${machines.opens} = ${byAnybody.opens}) and clicks (${summary.clicks} + ${machines.clicks} = ${byAnybody.clicks})`,
      holds:
        summary.opens + machines.opens === byAnybody.opens &&
        summary.clicks + machines.clicks === byAnybody.clicks,
    },
    {
      what: "every act of a machine has its reason",
      holds: byReason("open") === machines.opens && byReason("click") === machines.clicks,
    },
    { what: "the sums of the results equal a recount of all events", holds: rollups.exact },
  ];
}
