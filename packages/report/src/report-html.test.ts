import { parseHTML } from "linkedom";
import { expect, it } from "vitest";
import { GERMAN } from "./german.ts";
import { exampleMetrics, exampleReport } from "./report.fixture.ts";
import { reportHtml } from "./report-html.ts";
import { ENGLISH } from "./words.ts";

const dom = (text: string) => parseHTML(text).document;

it("ANA-3: stands alone: it loads nothing and runs nothing", () => {
  const text = reportHtml(exampleReport());
  expect(text).not.toMatch(/<script|<link|<img|<iframe|<object|@import|url\(|\son\w+=/i);
  expect(
    text.match(/https?:\/\/[^"'\s<]+/g)?.filter((url) => !url.startsWith("http://www.w3.org/")),
  ).toBeFalsy();
  expect(text).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
});

it("keeps every text from becoming markup, in the page and in the pictures", () => {
  const evil = `</title></svg><script>alert("x")</script><b onclick='x'>&amp;`;
  const report = exampleReport();
  const part = { key: evil, name: evil, metrics: exampleMetrics({ clickRate: 0.5 }) };
  const text = reportHtml(
    {
      ...report,
      campaign: { ...report.campaign, name: evil, state: evil },
      channels: [part],
      posts: [{ ...part, channel: evil }],
      segments: [part],
      machines: { opens: 1, clicks: 1, reasons: [{ type: evil, reason: evil, count: 1 }] },
      delivery: { ...report.delivery, reasons: { failed: { [evil]: 30 }, skipped: {}, uncertain: {} } },
      funnel: {
        withinMs: 1,
        stages: [{ type: evil, channel: evil, postId: null, people: 1, ofFirst: 1, ofPrevious: null }],
      },
    },
    { notes: [{ title: evil, lines: [evil] }], words: { people: evil, moneyTitle: evil } },
  );
  expect(text).not.toMatch(/<script|<b onclick/);
  const page = dom(text);
  expect(page.querySelector("h1")?.textContent).toBe(evil);
  expect(page.querySelectorAll("script, b[onclick]")).toHaveLength(0);
});

it("says each picture in words and as a table, in a page whose parts have names", () => {
  const page = dom(reportHtml(exampleReport()));
  expect(page.documentElement?.getAttribute("lang")).toBe("en");
  const figures = [...page.querySelectorAll("figure")];
  expect(figures.map((figure) => figure.querySelector("h2")?.textContent)).toEqual([
    "What became of the audience",
    "Why people got nothing",
    "How far people went",
    "Over time",
    "People and machines",
    "By channel",
    "By post",
    "By segment",
    "What it cost, and what it brought",
  ]);
  for (const figure of figures) {
    expect(figure.querySelectorAll("table th[scope=col]").length).toBeGreaterThan(1);
    // There is one channel, and nothing to compare it with.
    const pictures = figure.querySelector("h2")?.textContent === "By channel" ? 0 : 1;
    expect(figure.querySelectorAll("svg.wide").length).toBeGreaterThanOrEqual(pictures);
    expect(figure.querySelectorAll("svg.narrow")).toHaveLength(figure.querySelectorAll("svg.wide").length);
  }
  for (const svg of page.querySelectorAll("svg")) {
    expect(svg.getAttribute("role")).toBe("img");
    expect(svg.querySelector("title")?.textContent).not.toBe("");
    expect(svg.querySelector("desc")?.textContent?.length).toBeGreaterThan(10);
    for (const id of svg.getAttribute("aria-labelledby")?.split(" ") ?? [])
      expect(page.getElementById(id)).not.toBeNull();
  }
  const ids = [...page.querySelectorAll("[id]")].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  // Headings go down one by one.
  expect(page.querySelectorAll("h1")).toHaveLength(1);
});

it("tells people and machines apart, with the reasons in words", () => {
  const text = reportHtml(exampleReport());
  expect(text).toContain("Opens: 640 by people, 310 by machines. Clicks: 180 by people, 95 by machines.");
  expect(text).toContain("Machines: Opens, Apple Mail&#39;s privacy proxy");
  expect(text).toContain("Machines: Opens, our-own-proxy");
});

it("speaks another language, in its numbers, amounts and dates, in the campaign's zone", () => {
  const text = reportHtml(exampleReport(), { locale: "de-de", words: GERMAN });
  expect(text).toContain('<html lang="de-DE" dir="ltr">');
  expect(text).toContain("Abgeschlossen. An 1.500 Menschen, 1. März 2027 bis 7. März 2027.");
  expect(text).toContain("Stand: 9. März 2027 um 11:00 (Europe/Berlin).");
  expect(text.replaceAll("\u00a0", " ")).toContain("1.234,50 €");
  expect(text).not.toMatch(/Over time|Delivered|People and machines/);
  expect(reportHtml(exampleReport(), { locale: "ar", words: { machines: "آلات" } })).toContain('dir="rtl"');
  expect(() => reportHtml(exampleReport(), { locale: "no such language" })).toThrow(/"no such language"/);
});

it("has the same texts in every language, with the same places to fill in", () => {
  const flat = (words: object, path = ""): readonly (readonly [string, string])[] =>
    Object.entries(words).flatMap(([name, value]: [string, unknown]) =>
      typeof value === "string"
        ? [[`${path}${name}`, [...value.matchAll(/\{\w+\}/g)].map(String).sort().join()] as const]
        : flat(value as object, `${path}${name}.`),
    );
  const open = /^reasons\./;
  const fixed = (words: object) => Object.fromEntries(flat(words).filter(([name]) => !open.test(name)));
  expect(fixed(GERMAN)).toEqual(fixed(ENGLISH));
});

it("is there also for a campaign in which nothing has happened, and leaves out what there is nothing to show of", () => {
  const report = exampleReport();
  const zero = { audience: 0, pending: 0, sent: 0, failed: 0, skipped: 0, uncertain: 0 };
  const page = dom(
    reportHtml({
      ...report,
      campaign: { ...report.campaign, state: "draft", endsAt: null },
      delivery: { ...zero, reasons: { failed: {}, skipped: {}, uncertain: {} } },
      summary: exampleMetrics(),
      machines: { opens: 0, clicks: 0, reasons: [] },
      funnel: {
        withinMs: 1,
        stages: [{ type: "sent", channel: null, postId: null, people: 0, ofFirst: null, ofPrevious: null }],
      },
      trend: { interval: "hour", points: [] },
      channels: [],
      posts: [],
      segments: [{ key: null, name: null, metrics: exampleMetrics() }],
      roi: { ...report.roi, roi: null, roas: null, payback: null },
    }),
  );
  expect([...page.querySelectorAll("h2")].map(({ textContent }) => textContent)).toEqual([
    "What it cost, and what it brought",
  ]);
  expect(page.querySelector(".tiles")?.textContent).toContain("–");
});

it("draws hundreds of spans and parts without growing beyond reading", () => {
  const report = exampleReport();
  const [point] = report.trend.points;
  const many = Array.from({ length: 800 }, (_, n) => ({
    ...(point ?? { until: new Date(0), label: "", metrics: exampleMetrics() }),
    from: new Date(Date.UTC(2027, 0, 1, n)),
  }));
  const parts = Array.from({ length: 500 }, (_, n) => ({
    key: `s${n}`,
    name: null,
    metrics: exampleMetrics({ clickRate: 0.1 }),
  }));
  const text = reportHtml({ ...report, trend: { interval: "hour", points: many }, segments: parts });
  expect(text).toContain("and 300 more");
  expect(text.length).toBeLessThan(1_500_000);
});
