import { describe, expect, it } from "vitest";
import { prepare, recipient, renderContext, rendered, UNTRACKED } from "../../test/delivery.ts";
import { type EmailContentInput, type EmailOptions, email, smtp } from "../index.ts";

function channelWith(options: Partial<EmailOptions> = {}) {
  return email({
    transport: smtp({ host: "unused.example" }),
    from: "hello@shop.example",
    unsubscribeFooter: false,
    ...options,
  });
}

/** Renders a text for a contact, through the channel. */
async function render(
  content: Partial<EmailContentInput>,
  contact: Parameters<typeof recipient>[0] = {},
  options: Partial<EmailOptions> = {},
) {
  const post = await prepare(channelWith(options), {
    subject: "S",
    ...(content.html ? {} : { text: "T" }),
    ...content,
  });
  return post.render(
    renderContext({
      recipient: recipient(contact),
      urls: { ...UNTRACKED, unsubscribe: "https://t.example/u" },
    }),
  );
}

async function textOf(text: string, contact: Parameters<typeof recipient>[0] = {}): Promise<string> {
  return rendered(await render({ text }, contact)).text;
}

async function missingOf(
  text: string,
  contact: Parameters<typeof recipient>[0] = {},
): Promise<readonly string[]> {
  const result = await render({ text }, contact);
  return result.outcome === "missing-fields" ? result.fields : [];
}

const NAMELESS = { firstName: null };

describe("CHN-2: merge fields", () => {
  it("fill in what is known of contact and campaign, in every part", async () => {
    const message = rendered(
      await render({
        subject: "{{ contact.firstName }}: {{ campaign.name }}",
        html: "<p>{{ contact.lastName }} {{ contact.email }} {{ contact.externalId }} {{ contact.locale }}</p>",
        text: "{{ contact.city }} {{ contact.attributes.city }} {{ campaign.id }} {{ unsubscribeUrl }}",
      }),
    );
    expect(message.subject).toBe("Ada: Spring refresh");
    expect(message.html).toContain("<p>Lovelace ada@people.example crm-1 en-GB</p>");
    expect(message.text).toBe("London London campaign-1 https://t.example/u");
  });

  it("are escaped in HTML, and only there", async () => {
    const contact = { firstName: `<b>"Tom" & 'Jerry'</b>` };
    const message = rendered(
      await render(
        {
          subject: "{{ contact.firstName }}",
          html: "<p title='{{ contact.firstName }}'>{{ contact.firstName }}</p>",
        },
        contact,
      ),
    );
    expect(message.subject).toBe(contact.firstName);
    expect(message.html).toContain(
      "<p title='&lt;b&gt;&#34;Tom&#34; &amp; &#39;Jerry&#39;&lt;/b&gt;'>&lt;b&gt;&#34;Tom&#34;",
    );
    expect(message.text).toBe(contact.firstName);
  });

  it("are not templates themselves: Liquid in a contact's field stays text", async () => {
    expect(await textOf("{{ contact.firstName }}", { firstName: "{{ contact.email }}{% raw %}" })).toBe(
      "{{ contact.email }}{% raw %}",
    );
  });

  it("of an attribute never hide a field of the contact's own", async () => {
    expect(await textOf("{{ contact.email }}", { attributes: { email: "other@people.example" } })).toBe(
      "ada@people.example",
    );
    expect(
      await textOf("{{ contact.attributes.email }}", { attributes: { email: "other@people.example" } }),
    ).toBe("other@people.example");
  });

  it("work in loops, branches and filters", async () => {
    const attributes = {
      orders: [
        { name: "Lamp", total: 12.5 },
        { name: "Rug", total: 80 },
      ],
    };
    const text =
      "{% for order in contact.orders %}{{ forloop.index }}. {{ order.name | upcase }} {{ order.total }}\n{% endfor %}";
    expect(await textOf(text, { attributes })).toBe("1. LAMP 12.5\n2. RUG 80\n");
  });

  it("reach nothing but what is listed", async () => {
    for (const path of [
      "constructor",
      "__proto__",
      "toString",
      "constructor.name",
      "attributes.constructor",
      "firstName.constructor",
    ]) {
      expect(await missingOf(`{{ contact.${path} }}`)).toEqual([`contact.${path}`]);
    }
    expect(await missingOf("{{ process.env.HOME }}{{ global }}")).toEqual(["global", "process.env.HOME"]);
    const attributes = JSON.parse('{ "__proto__": { "polluted": "yes" }, "constructor": "mine" }') as Record<
      string,
      unknown
    >;
    expect(await textOf("{{ contact.constructor }}", { attributes })).toBe("mine");
    expect(await missingOf("{{ contact.polluted }}", { attributes })).toEqual(["contact.polluted"]);
  });

  it.each(["{% include 'x' %}", "{% render 'x' %}", "{% layout 'x' %}", "{% block x %}{% endblock %}"])(
    "load nothing: %s is refused",
    async (text) => {
      await expect(textOf(text)).rejects.toMatchObject({
        details: { kind: "rejected-content", outcome: "not-sent" },
      });
    },
  );

  it.each([
    "{{ contact.firstName",
    "{% if contact.firstName %}",
    "{{ contact.firstName | nosuchfilter }}",
    "{% nosuchtag %}",
    "{{ contact.orders | sample }}",
    "{% endif %}",
    "{% campaignkit_link 0 %}",
  ])("that can't be read are refused when the post is prepared: %s", async (text) => {
    await expect(prepare(channelWith(), { subject: "S", text })).rejects.toMatchObject({
      details: { kind: "rejected-content", outcome: "not-sent" },
    });
  });

  it.each([
    "{% for i in (1..100000000) %}x{% endfor %}",
    "{% for i in (1..4000) %}{% for j in (1..4000) %}{% for k in (1..4000) %}{% assign x = i | times: j %}{% endfor %}{% endfor %}{% endfor %}",
    "{% assign x = 'aaaaaaaaaa' %}{% for i in (1..60) %}{% assign x = x | append: x %}{% endfor %}{{ x }}",
  ])("that would run for ever are stopped: %s", async (text) => {
    const post = await prepare(channelWith(), { subject: "S", text });
    expect(() => post.render(renderContext())).toThrowError(
      expect.objectContaining({
        details: { kind: "rejected-content", outcome: "not-sent", retryAfterMs: null },
      }),
    );
  });
});

describe("a missing field", () => {
  it("is one that is not there, null, empty or blank", async () => {
    const attributes = { a: null, b: "", c: "  ", d: 0, e: false };
    const text = ["nothing", "a", "b", "c", "d", "e"].map((name) => `{{ contact.${name} }}`).join("");
    expect(await missingOf(text, { attributes })).toEqual([
      "contact.a",
      "contact.b",
      "contact.c",
      "contact.nothing",
    ]);
  });

  it("is named exactly: all that are asked for, wherever, and none other", async () => {
    const result = await render(
      {
        subject: "{{ contact.firstName }}",
        preheader: "{{ contact.pre }}",
        html: '<p>{{ contact.one | append: contact.two }} <a href="https://shop.example/{{ contact.three }}">x</a></p>',
        text: "{{ contact.four.five }}{% for x in contact.six %}{% endfor %}{% echo contact.seven %}",
      },
      NAMELESS,
    );
    expect(result).toEqual({
      outcome: "missing-fields",
      policy: "skip",
      fields: [
        "contact.firstName",
        "contact.four.five",
        "contact.one",
        "contact.pre",
        "contact.seven",
        "contact.six",
        "contact.three",
        "contact.two",
      ],
    });
  });

  it("is not one that a default filter stands for, at any place of the chain", async () => {
    expect(await textOf('Hi {{ contact.firstName | default: "friend" }}', NAMELESS)).toBe("Hi friend");
    expect(await textOf('Hi {{ contact.firstName | capitalize | default: "friend" }}', NAMELESS)).toBe(
      "Hi friend",
    );
    expect(await textOf('Hi {{contact.firstName|upcase|default:"friend"|append:"!"}}', NAMELESS)).toBe(
      "Hi friend!",
    );
    expect(await textOf('{% assign n = contact.firstName | default: "friend" %}{{ n }}', NAMELESS)).toBe(
      "friend",
    );
    expect(
      await textOf('Hi {{ contact.firstName | capitalize | default: "friend" }}', { firstName: "ada" }),
    ).toBe("Hi Ada");
    expect(
      await textOf('{% assign n = contact.firstName | capitalize | default: "friend" %}{{ n }}', NAMELESS),
    ).toBe("friend");
    expect(await textOf('{% echo contact.firstName | capitalize | default: "friend" %}', NAMELESS)).toBe(
      "friend",
    );
  });

  it("is not one in a condition, nor in a branch that is not taken", async () => {
    const text =
      "{% if contact.firstName %}{{ contact.firstName }}{% elsif contact.nick == 'x' %}{{ contact.nick }}{% else %}Hello{% endif %}";
    expect(await textOf(text, NAMELESS)).toBe("Hello");
    expect(await textOf("{% unless contact.firstName %}Hello{% endunless %}", NAMELESS)).toBe("Hello");
    expect(await textOf("{% case contact.nick %}{% when 'x' %}X{% else %}Hello{% endcase %}")).toBe("Hello");
    expect(await textOf("{% assign n = contact.nick %}{% if n %}{{ n }}{% else %}Hello{% endif %}")).toBe(
      "Hello",
    );
    expect(await missingOf("{% if true %}{{ contact.nick }}{% endif %}")).toEqual(["contact.nick"]);
  });

  it("is named where a default reveals it", async () => {
    expect(await missingOf("{{ contact.nick | default: contact.firstName }}", NAMELESS)).toEqual([
      "contact.firstName",
    ]);
  });

  it("is found in loops and assignments", async () => {
    const attributes = { orders: [{ name: "Lamp" }, {}] };
    expect(
      await missingOf("{% for order in contact.orders %}{{ order.name }}{% endfor %}", { attributes }),
    ).toEqual(["order.name"]);
    expect(await missingOf("{% assign x = contact.nick %}{% assign y = x | upcase %}{{ y }}")).toEqual([
      "contact.nick",
    ]);
    expect(
      rendered(await render({ text: "{% assign x = contact.nick %}{{ x }}", fallbacks: { nick: "you" } }))
        .text,
    ).toBe("you");
  });

  describe("by policy", () => {
    const content = { text: "Hi {{ contact.firstName }}! {{ contact.orders.first.name }}" };
    const contact = { firstName: null, attributes: { orders: [] } };

    it("skips the message, which is the default", async () => {
      expect(await render(content, contact)).toEqual({
        outcome: "missing-fields",
        policy: "skip",
        fields: ["contact.firstName", "contact.orders.first.name"],
      });
    });

    it("fails it", async () => {
      expect(await render(content, contact, { missingField: "fail" })).toMatchObject({
        outcome: "missing-fields",
        policy: "fail",
      });
    });

    it("sends it with nothing there", async () => {
      expect(rendered(await render(content, contact, { missingField: "empty" })).text).toBe("Hi ! ");
    });

    it("of the post over the campaign's over the channel's", async () => {
      const channel = channelWith({ missingField: "fail" });
      const context = renderContext({ recipient: recipient(contact) });
      const body = { subject: "S", ...content };
      expect((await prepare(channel, body)).render(context)).toMatchObject({ policy: "fail" });
      expect(
        (await prepare(channel, body, { config: { missingField: "skip" } })).render(context),
      ).toMatchObject({ policy: "skip" });
      const own = { ...body, missingField: "empty" as const };
      expect(
        (await prepare(channel, own, { config: { missingField: "skip" } })).render(context).outcome,
      ).toBe("rendered");
    });
  });

  describe("with a fallback", () => {
    const fallbacks = {
      "contact.firstName": "friend",
      city: "your <town>",
      "contact.address.street": "the street",
    };

    it("gets it, escaped where needed", async () => {
      const message = rendered(
        await render(
          {
            subject: "{{ contact.firstName }}",
            html: "<p>{{ contact.city }} {{ contact.attributes.city }} {{ contact.address.street }}</p>",
            fallbacks,
          },
          { firstName: " ", attributes: {} },
        ),
      );
      expect(message.subject).toBe("friend");
      expect(message.html).toContain("<p>your &lt;town&gt; your &lt;town&gt; the street</p>");
    });

    it("keeps what the contact has, and what a default filter says", async () => {
      const text = "{{ contact.firstName }} {{ contact.city | default: 'somewhere' }}";
      expect(rendered(await render({ text, fallbacks }, { attributes: {} })).text).toBe("Ada somewhere");
    });

    it("is missing still when another field has none", async () => {
      const text = "{{ contact.firstName }} {{ contact.nick }}";
      expect(await render({ text, fallbacks }, NAMELESS)).toMatchObject({ fields: ["contact.nick"] });
    });

    it("does not change which branches are taken for others", async () => {
      const text = "{% if contact.city %}In {{ contact.city }}{% else %}Nowhere{% endif %}";
      expect(rendered(await render({ text, fallbacks }, { attributes: {} })).text).toBe("Nowhere");
    });

    it("never carries over to the next recipient", async () => {
      const post = await prepare(channelWith(), {
        subject: "S",
        text: "{{ contact.firstName }} {{ contact.city }}",
        fallbacks,
      });
      const shared = { city: "London" };
      const to = (firstName: string | null) =>
        rendered(post.render(renderContext({ recipient: recipient({ firstName, attributes: shared }) })))
          .text;
      expect([to(null), to("Ada"), to(null)]).toEqual(["friend London", "Ada London", "friend London"]);
      expect(shared).toEqual({ city: "London" });
    });
  });
});
