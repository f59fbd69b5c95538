/** Images that some people will not see, or nobody. */
import { attributeText } from "../compile/links.ts";
import { type Finding, type LintSubject, shown } from "./finding.ts";

/** The images of a body. */
export function lintImages({ body, inlineImages }: LintSubject): Finding[] {
  if (body === null) return [];
  const { html, parts } = body;
  return parts.flatMap((part) => {
    if (part.type !== "open" || part.name !== "img") return [];
    const source = attributeText(html, part, "src") ?? "";
    const findings: Finding[] = [];
    if (!part.attributes.has("alt")) {
      const message = `The image ${shown(source)} has no alt text; give one, or alt="" if it only decorates.`;
      findings.push({ code: "image-without-alt", message });
    }
    if (/^cid:/i.test(source) && !source.includes("{{") && !inlineImages.has(source.slice(4))) {
      const message = `The image ${shown(source)} is not among the post's inline images; nobody will see it.`;
      findings.push({ code: "image-missing", message });
    }
    if (/^http:\/\//i.test(source)) {
      const message = `The image ${shown(source)} is not encrypted; some mailboxes don't load it. Use https.`;
      findings.push({ code: "image-insecure", message });
    }
    return findings.map((finding) => ({ ...finding, at: part.begin }));
  });
}
