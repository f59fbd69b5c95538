/** Merge fields that no contact has. */
import { textEngine } from "../liquid/engine.ts";
import { CAMPAIGN_FIELDS, MERGE_ROOTS } from "../liquid/scope.ts";
import { liquidSpans } from "../liquid/spans.ts";
import type { Finding, LintSubject } from "./finding.ts";

/** Beyond so many pieces of Liquid a source is not searched. */
const MAX_ANALYSED = 1_000;

/** Variables that begin with nothing that there is. */
export function lintMergeFields({ texts }: LintSubject): Finding[] {
  const unknown = new Set<string>();
  for (const source of [texts.subject, texts.preheader, texts.html, texts.mjml, texts.text]) {
    // The analysis looks for the line of every variable from the beginning: too slow for a source that a program wrote.
    if (source === undefined || liquidSpans(source).length > MAX_ANALYSED) continue;
    for (const [root, field] of textEngine.globalVariableSegmentsSync(textEngine.parse(source))) {
      if (!MERGE_ROOTS.includes(String(root))) unknown.add(String(root));
      else if (root === "campaign" && !CAMPAIGN_FIELDS.includes(String(field)))
        unknown.add(`campaign.${String(field)}`);
    }
  }
  return [...unknown].map((name) => ({
    code: "unknown-merge-field",
    message: `The merge field ${name} does not exist; there are contact.…, campaign.id, campaign.name, unsubscribeUrl and preferencesUrl.`,
  }));
}
