import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recipient, renderContext, TRACKED, UNTRACKED } from "../../test/delivery.ts";
import { LinkTable } from "../compile/links.ts";
import { compilePart, renderByLiquid, renderPart } from "./part.ts";
import { mergeScope } from "./scope.ts";
import type { MessageState } from "./tags.ts";

const table = new LinkTable("utm_source=news");
table.add("https://shop.example/{{ contact.city | url_encode }}?a=1&b=<2>", true);
table.add("{{ contact.link }}", true);
table.add("https://shop.example/{% if contact.tier %}gold{% endif %}", false);

const field = fc.constantFrom(
  "contact.firstName",
  "contact.city",
  "contact.tier",
  "contact.attributes.city",
  "contact.link",
  "contact.list",
  "contact.list.first",
  "contact.list[0]",
  "contact.deep.er",
  "contact.deep.er.still",
  "contact.gone",
  "contact.gone.too",
  'contact["city"]',
  "contact",
  "contact.attributes",
  "campaign.name",
  "campaign.title",
  "unsubscribeUrl",
  "customer",
  "nil",
  "empty",
  "true",
  "7",
  "'quoted'",
  "(1..3)",
  "contact.city == contact.tier",
);
const filter = fc.constantFrom(
  "",
  "",
  " | default: 'a <b> & \"c\"'",
  ' | default: "it\'s"',
  " | default: ''",
  " | default: 7",
  " | default: contact.tier",
  " | default: 'x', allow_false: true",
  " | url_encode",
  " | default: 'a b/c' | url_encode",
  " | url_encode | default: 'x'",
  " | upcase",
  " | escape",
  " | raw",
  " | size",
);
const output = fc
  .tuple(field, filter, fc.boolean(), fc.boolean())
  .map(([name, filters, left, right]) => `{{${left ? "-" : ""} ${name}${filters} ${right ? "-" : ""}}}`);
const words = fc.oneof(
  fc.constantFrom("Dear ", " \n", '<a href="x">', "&amp;", "{", "}", "\u2028", ""),
  fc.string({ maxLength: 8 }).map((text) => text.replaceAll(/[{}%]/g, "")),
);
const ours = fc.constantFrom(
  "{% campaignkit_link 0 %}",
  "{% campaignkit_link 1 %}",
  "{% campaignkit_link 2 %}",
  "{% campaignkit_link 9 %}",
  "{% campaignkit_open %}",
  "{% campaignkit_unsubscribe %}",
);
const branch = fc.constantFrom(
  "{% if contact.tier == 'gold' %}gold{% endif %}",
  "{% assign city = contact.city %}",
  "{% for x in contact.list %}{{ x }}{% endfor %}",
  "{% comment %}x{% endcomment %}",
  "{% raw %}{{ x }}{% endraw %}",
);
const template = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: output },
      { weight: 4, arbitrary: words },
      { weight: 2, arbitrary: ours },
      { weight: 1, arbitrary: branch },
    ),
    { maxLength: 8 },
  )
  .map((pieces) => pieces.join(""));

const value = fc.oneof(
  fc.constantFrom(
    "gold",
    "",
    " ",
    "Zoë & <b>\"'",
    "a b?c#d",
    "\ud800",
    "https://a.example/?x=1",
    "javascript:x",
  ),
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.constantFrom<unknown>("x", 1, null), { maxLength: 2 }),
  fc.record({ er: fc.constantFrom<unknown>("deep", 3, null, { still: "deeper" }) }),
  fc.constant(new Date("2027-03-01T08:00:00Z")),
);
const attributes = fc.dictionary(fc.constantFrom("city", "tier", "link", "list", "deep"), value);

/** What rendering comes to, an error included. */
function outcomeOf(render: () => unknown): unknown {
  try {
    return render();
  } catch (error) {
    return { error: String(error) };
  }
}

describe("CHN-2: a template put together straight", () => {
  it("comes out as Liquid renders it, whatever it holds and whoever it is for", () => {
    let straight = 0;
    fc.assert(
      fc.property(
        template,
        attributes,
        fc.constantFrom("html" as const, "text" as const),
        fc.boolean(),
        fc.boolean(),
        (source, given, kind, strict, tracked) => {
          const part = outcomeOf(() => compilePart("the part", source, kind));
          if (typeof part !== "object" || part === null || !("templates" in part)) return;
          const compiled = part as ReturnType<typeof compilePart>;
          const urls = tracked ? TRACKED : UNTRACKED;
          const context = renderContext({ urls, recipient: recipient({ attributes: given }) });
          const state: MessageState = {
            links: table.all,
            urls,
            footer: { text: "You <too>", link: "Leave" },
          };
          const quick = outcomeOf(() => renderPart(compiled, mergeScope(context), state, strict));
          const slow = outcomeOf(() => renderByLiquid(compiled, mergeScope(context), state, strict));
          expect(quick).toEqual(slow);
          if (compiled.straight !== null) straight += 1;
        },
      ),
      { numRuns: 3_000 },
    );
    // Otherwise nothing would have been compared.
    expect(straight).toBeGreaterThan(300);
  });

  it.each([
    [
      "html",
      "Dear {{ contact.firstName | default: 'you' }}, {{ contact.attributes.city }} {% campaignkit_link 0 %}",
    ],
    [
      "text",
      "{{ contact.city | default: 'x' | url_encode }}{% campaignkit_unsubscribe %}{% campaignkit_open %}",
    ],
  ] as const)("is one, for %s, where it has neither branches nor loops", (kind, source) => {
    expect(compilePart("the part", source, kind).straight).not.toBeNull();
  });

  it.each(["{% if contact.city %}x{% endif %}", "{{ contact.city | upcase }}", "{{ contact.list.first }}"])(
    "is none where only Liquid can tell: %s",
    (source) => {
      expect(compilePart("the part", source, "html").straight).toBeNull();
    },
  );
});
