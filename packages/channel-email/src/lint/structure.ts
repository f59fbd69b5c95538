/** What assistive technology needs of a mail: a language, a title, layout tables that say so. And the size that Gmail shows. */
import { attributeText } from "../compile/links.ts";
import type { OpenTag } from "../html/scan.ts";
import { walkElements } from "./elements.ts";
import type { Finding, LintSubject } from "./finding.ts";

/** Where Gmail cuts a mail off ("Message clipped"): 102 KB, less what filling in adds. */
const CLIPPED_BYTES = 100_000;

/** The document as a whole. */
export function lintStructure({ body }: LintSubject): Finding[] {
  if (body === null) return [];
  const { html } = body;
  const findings: Finding[] = [];
  const bytes = Buffer.byteLength(html);
  if (bytes > CLIPPED_BYTES) {
    const message = `The HTML has ${bytes} bytes; Gmail cuts mails after about ${CLIPPED_BYTES}, pixel and footer with them.`;
    findings.push({ code: "html-large", message });
  }
  return [...findings, ...lintDocument(body), ...lintTables(body)];
}

type Body = NonNullable<LintSubject["body"]>;

/** A fragment gets a document around it, whose head is not the author's. */
function lintDocument({ html, parts, sourceAt }: Body): Finding[] {
  if (sourceAt > 0) return [];
  const root = parts.find((part) => part.type === "open" && part.name === "html");
  const findings: Finding[] = [];
  const language = root?.type === "open" ? attributeText(html, root, "lang") : undefined;
  if (language === undefined || language === null || /^(?:und)?$/i.test(language)) {
    const message =
      "The document has no language; screen readers then guess how to speak it. Give <html> or <mjml> a lang.";
    findings.push({ code: "lang-missing", message, at: root?.begin ?? 0 });
  }
  const title = parts.findIndex((part) => part.type === "open" && part.name === "title");
  const words = parts[title + 1];
  if (title === -1 || words?.type !== "text" || html.slice(words.begin, words.end).trim() === "") {
    const message =
      "The document has no title; it is what assistive technology and browsers name the mail by. Give it <title> or <mj-title>.";
    findings.push({ code: "title-missing", message, at: parts[title]?.begin ?? root?.begin ?? 0 });
  }
  return findings;
}

/** Tables without a head or a caption only lay things out. */
function lintTables({ html, parts }: Body): Finding[] {
  const open: OpenTag[] = [];
  const ofData = new Set<OpenTag>();
  const findings: Finding[] = [];
  walkElements(parts, {
    open(tag) {
      const table = open.at(-1);
      if (tag.name === "table") open.push(tag);
      else if (table !== undefined && (tag.name === "th" || tag.name === "caption")) ofData.add(table);
    },
    close(tag) {
      if (tag.name !== "table") return;
      open.pop();
      const role = attributeText(html, tag, "role")?.toLowerCase();
      if (ofData.has(tag) || role === "presentation" || role === "none") return;
      const message =
        'A table lays things out without role="presentation"; screen readers then announce rows and columns. A table of data needs <th>.';
      findings.push({ code: "table-without-role", message, at: tag.begin });
    },
  });
  return findings;
}
