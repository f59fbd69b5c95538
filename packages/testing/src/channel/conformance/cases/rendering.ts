/** From content to a message: compiled once, rendered for each recipient, always the same. */
import { strict as assert } from "node:assert";
import { isDeepStrictEqual } from "node:util";
import { type ChannelBench, deepFreeze, TRACKED, UNTRACKED } from "../bench.ts";
import type { ChannelCase } from "../case.ts";

/** Names and attributes as people with bad intentions fill them in. */
const HOSTILE = [
  "Ann\r\nBcc: all@shop.example",
  "<script>alert(1)</script>",
  "{{ secrets }}{% include 'x' %}",
  '"><img src=x onerror=alert(1)>',
  "\u0000\u202e\ud800",
  "x".repeat(5_000),
];

function sample({ subject }: ChannelBench): { readonly content: unknown; readonly links: readonly string[] } {
  assert.ok(subject.linked);
  return subject.linked;
}

export const RENDERING_CASES: readonly ChannelCase[] = [
  {
    id: "prepare.accepts",
    title: "all valid content can be prepared, and says its links and warnings",
    async run(bench) {
      for (const content of bench.subject.content.valid) {
        const { links, warnings } = await bench.prepare(content);
        assert.ok(
          Array.isArray(links) && links.every((link) => typeof link === "string"),
          "links must be texts",
        );
        assert.ok(Array.isArray(warnings), "warnings must be a list");
      }
    },
  },
  {
    id: "prepare.deterministic",
    title: "content prepared twice, as in two processes, gives the same messages",
    async run(bench) {
      const [one, other] = [await bench.prepare(), await bench.prepare()];
      assert.deepStrictEqual(one.links, other.links);
      assert.deepStrictEqual(one.render(bench.renderContext()), other.render(bench.renderContext()));
    },
  },
  {
    id: "render.pure",
    title: "rendering twice gives the same message, and changes nothing that it was given",
    async run(bench) {
      const { render } = await bench.prepare();
      const context = deepFreeze(bench.renderContext());
      const first = render(context);
      assert.equal(
        first.outcome,
        "rendered",
        `render() must give a message, but gave ${JSON.stringify(first)}.`,
      );
      const kept = structuredClone(first);
      render(
        bench.renderContext({
          idempotencyKey: bench.newKey(),
          recipient: bench.recipient({ firstName: "Bob" }),
        }),
      );
      assert.deepStrictEqual(
        structuredClone(first),
        kept,
        "a message must not change when the next is rendered",
      );
      assert.deepStrictEqual(structuredClone(render(context)), kept);
    },
  },
  {
    id: "render.all-at-once",
    title: "messages of one post do not mix when many are rendered before the first is sent",
    obstacle: ({ reach }) => (reach === "public" ? "a public channel has one message" : undefined),
    async run(bench) {
      const { render } = await bench.prepare();
      const people = ["a", "b", "c"].map((name) => bench.recipient({ firstName: name, contactId: name }));
      const keys = people.map(() => bench.newKey());
      const contextOf = (n: number) =>
        bench.renderContext({ recipient: people[n] ?? null, idempotencyKey: keys[n] ?? "" });
      const messages = people.map((_, n) => structuredClone(render(contextOf(n))));
      for (const n of [2, 0, 1]) assert.deepStrictEqual(structuredClone(render(contextOf(n))), messages[n]);
    },
  },
  {
    id: "render.hostile",
    title: "no name or attribute of a recipient makes rendering throw",
    obstacle: ({ reach }) => (reach === "public" ? "a public channel has no recipient" : undefined),
    async run(bench) {
      const { render } = await bench.prepare();
      for (const text of HOSTILE) {
        const fields = { firstName: text, lastName: text, locale: text, timeZone: text, externalId: text };
        const recipient = bench.recipient({
          ...fields,
          attributes: { [text]: text, plan: text, nested: { a: [text] } },
        });
        render(bench.renderContext({ recipient }));
      }
    },
  },
  {
    id: "render.links",
    title: "links are found in the order of their index, and stand in the message as click() gives them",
    sample: "linked",
    async run(bench) {
      const { content, links } = sample(bench);
      const prepared = await bench.prepare(content, true);
      assert.deepStrictEqual([...prepared.links], [...links]);
      const asked: [number, string][] = [];
      const urls = {
        ...TRACKED,
        click: (index: number, url: string) => {
          asked.push([index, url]);
          return TRACKED.click(index);
        },
      };
      const rendered = prepared.render(bench.renderContext({ urls }));
      assert.equal(
        rendered.outcome,
        "rendered",
        `render() must give a message, but gave ${JSON.stringify(rendered)}.`,
      );
      const text = bench.textOf((rendered as { readonly message: unknown }).message);
      for (const [index, link] of links.entries()) {
        assert.ok(
          asked.some((pair) => isDeepStrictEqual(pair, [index, link])),
          `click(${index}, "${link}") must be asked for, but these were: ${JSON.stringify(asked)}.`,
        );
        assert.ok(text.includes(TRACKED.click(index)), `The message must hold ${TRACKED.click(index)}.`);
        assert.ok(!text.includes(link), `The message must not hold the untracked ${link}.`);
      }
    },
  },
  {
    id: "render.untracked-links",
    title: "links that are not tracked stand in the message as they were written",
    sample: "linked",
    async run(bench) {
      const { content, links } = sample(bench);
      const text = bench.textOf(await bench.message({ urls: UNTRACKED }, content));
      for (const link of links) assert.ok(text.includes(link), `The message must hold ${link}.`);
    },
  },
  {
    id: "render.opens",
    title: "a message of a channel that shows opens carries the pixel where there is one",
    obstacle: ({ capabilities }) => (capabilities.opens ? undefined : "the channel does not show opens"),
    sample: "linked",
    async run(bench) {
      const rendered = (await bench.prepare(sample(bench).content, true)).render(
        bench.renderContext({ urls: TRACKED }),
      );
      assert.ok(rendered.outcome === "rendered");
      assert.ok(bench.textOf(rendered.message).includes(TRACKED.open), "The message must hold the pixel.");
    },
  },
  {
    id: "render.unsubscribe",
    title: "a message of a channel that carries an unsubscribe carries it where there is one",
    obstacle: ({ capabilities }) =>
      capabilities.unsubscribe ? undefined : "the channel carries no unsubscribe",
    async run(bench) {
      const rendered = (await bench.prepare(undefined, true)).render(bench.renderContext({ urls: TRACKED }));
      assert.ok(rendered.outcome === "rendered");
      assert.ok(
        bench.textOf(rendered.message).includes(TRACKED.unsubscribe),
        "The message must hold the way out.",
      );
    },
  },
  {
    id: "render.missing-fields",
    title: "a recipient who lacks a field gets no broken message: the fields are named, with what to do",
    sample: "missing",
    async run(bench) {
      const { missing } = bench.subject;
      assert.ok(missing);
      const rendered = (await bench.prepare(missing.content)).render(bench.renderContext());
      assert.ok(
        rendered.outcome === "missing-fields",
        `render() must name what is missing, but gave ${JSON.stringify(rendered)}.`,
      );
      assert.deepStrictEqual([...rendered.fields].sort(), [...missing.fields].sort());
      assert.equal(rendered.policy, missing.policy);
    },
  },
  {
    id: "preview.shows",
    title: "a message can be shown as text, again and again",
    obstacle: ({ preview }) => (preview === undefined ? "the channel has no preview" : undefined),
    async run(bench) {
      const message = await bench.message();
      const preview = bench.channel.preview?.(message);
      assert.ok(preview !== undefined && preview.text.trim() !== "", "The preview must have a text.");
      assert.deepStrictEqual(bench.channel.preview?.(message), preview);
    },
  },
];
