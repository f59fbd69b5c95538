/** Compiles a scripted post: finds its links and merge fields once, and fills them in for each recipient. Pure. */
import type { PrepareContext, PreparedPost, Recipient } from "@campaignkit/core";
import type { ScriptedConfig, ScriptedContent, ScriptedMessage } from "./script.ts";

const LINK = /https?:\/\/[^\s"<>]+/g;
const FIELD = /\{\{\s*(\w+)\s*\}\}/g;

function fieldOf(recipient: Recipient | null, name: string): string {
  const { firstName, lastName, address, attributes } = recipient ?? {};
  const value = { ...attributes, firstName, lastName, address }[name];
  return value === undefined || value === null ? "" : String(value);
}

export function prepareScripted(
  { text, whenMissing = "skip" }: ScriptedContent,
  { tracked }: PrepareContext<ScriptedConfig>,
): PreparedPost<ScriptedMessage> {
  const links = text.match(LINK) ?? [];
  const fields = [...new Set([...text.matchAll(FIELD)].map(([, name = ""]) => name))];
  return {
    links,
    warnings: [],
    render({ recipient, campaign, urls }) {
      const missing = fields.filter((name) => fieldOf(recipient, name) === "");
      if (missing.length > 0 && whenMissing !== "blank")
        return { outcome: "missing-fields", policy: whenMissing, fields: missing };
      const merge = (part: string): string =>
        part.replace(FIELD, (_, name: string) => fieldOf(recipient, name));
      const targets = links.map((link, index) => (tracked ? urls.click(index, merge(link)) : merge(link)));
      const parts = text.split(LINK).map(merge);
      const message = {
        to: recipient && { contactId: recipient.contactId, address: recipient.address },
        text: parts.map((part, index) => `${part}${targets[index] ?? ""}`).join(""),
        links: targets,
        openUrl: tracked ? urls.open : null,
        unsubscribeUrl: tracked ? urls.unsubscribe : null,
        preferencesUrl: tracked ? urls.preferences : null,
        campaignId: campaign.id,
      };
      return { outcome: "rendered", message };
    },
  };
}
