import { describe, expect, it } from "vitest";
import { prepare, recipient, renderContext, rendered, UNTRACKED } from "../../test/delivery.ts";
import { email, smtp } from "../index.ts";

const channel = email({
  transport: smtp({ host: "unused.example" }),
  from: "hello@shop.example",
  unsubscribeFooter: false,
});

async function textOf(html: string, contact: Parameters<typeof recipient>[0] = {}): Promise<string> {
  const post = await prepare(channel, { subject: "S", html });
  const urls = { ...UNTRACKED, unsubscribe: "https://t.example/u" };
  return rendered(post.render(renderContext({ recipient: recipient(contact), urls }))).text;
}

describe("CHN-2: the text derived from HTML", () => {
  it("reads like the page: headings as written, lists, alternative texts, no styles", async () => {
    const html =
      "<html><head><style>p{color:red}</style><title>T</title></head><body><h1>Spring is here</h1>" +
      '<ul><li>Lamps</li><li>Rugs</li></ul><img src="https://shop.example/x.png" alt="A lamp"><img src="y.png" alt=""></body></html>';
    expect(await textOf(html)).toBe("Spring is here\n\n * Lamps\n * Rugs\n\nA lamp");
  });

  it("gives addresses behind their links, once, and none for anchors", async () => {
    const html =
      '<p><a href="https://shop.example/a">Lamps</a>, <a href="https://shop.example/">https://shop.example/</a>, ' +
      '<a href="#top">top</a>, <a href="mailto:help@shop.example">help</a>, <a href="{{ unsubscribeUrl }}">leave</a></p>';
    expect(await textOf(html)).toBe(
      "Lamps <https://shop.example/a>, https://shop.example/, top, help <help@shop.example>, leave <https://t.example/u>",
    );
  });

  it("keeps merge fields, branches and loops, and shows values unescaped", async () => {
    const html =
      "<p>Dear {{ contact.firstName }},</p>{% if contact.tier == 'gold' %}<p>Gold &amp; more</p>{% else %}<p>No gold</p>{% endif %}" +
      "<table>{% for item in contact.items %}<tr><td>{{ item }}</td></tr>{% endfor %}</table>";
    const attributes = { tier: "gold", items: ["Lamp", "Rug <big>"] };
    expect(await textOf(html, { firstName: "A & B", attributes })).toBe(
      "Dear A & B,\n\nGold & more\n\nLamp\n\nRug <big>",
    );
  });

  it("sets the cells of a row apart", async () => {
    const html = "<table><tr><td>Lamp</td><td>12.50</td></tr><tr><th><p>Rug</p></th><td>80</td></tr></table>";
    expect(await textOf(html)).toBe("Lamp 12.50\n\nRug\n\n80");
  });

  it("does not leave gaps where a branch was not taken", async () => {
    const html =
      "<p>One</p>{% if contact.nick %}<p>x</p>{% endif %}{% if contact.nick %}<p>y</p>{% endif %}<p>Two</p>";
    expect(await textOf(html)).toBe("One\n\nTwo");
  });

  it("keeps assignments and branches that stand where text has no place", async () => {
    const html =
      "<html><head>{% assign city = contact.city %}<style>{% if true %}p{}{% endif %}</style></head><body>" +
      '<!-- {% assign tier = contact.tier %} --><p {% if tier %}class="x"{% endif %}>{{ city }} {{ tier }}</p></body></html>';
    expect(await textOf(html)).toBe("London gold");
  });

  it("keeps a branch that begins in the head and ends in the body", async () => {
    const html =
      "<html><head>{% if contact.nick %}</head><body><p>Secret</p>{% endif %}<p>Public</p></body></html>";
    expect(await textOf(html)).toBe("Public");
  });

  it("is safe from words that look like its own placeholders", async () => {
    expect(await textOf("<p>ckq0x CKQ1X {{ contact.firstName }} ckqq0x</p>")).toBe("ckq0x CKQ1X Ada ckqq0x");
  });
});
