import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judge, judgeAlone } from "./judge.ts";
import { HONEYPOT_LINK, type JudgedRequest } from "./request.ts";
import { DEFAULT_MACHINE_RULES, machineRules } from "./rules.ts";

const BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
const SENT_AT = 1_000_000;
const HOUR_MS = 3_600_000;
let number = 0;

const nextId = (): string => {
  number += 1;
  return `request-${number}`;
};
const open = (at: number, more: Partial<JudgedRequest> = {}): JudgedRequest => ({
  eventId: nextId(),
  type: "open",
  at,
  method: "GET",
  purpose: null,
  userAgent: BROWSER,
  network: "203.0.113.0/24",
  sentAt: SENT_AT,
  link: null,
  ...more,
});
const click = (at: number, link = "a", more: Partial<JudgedRequest> = {}): JudgedRequest =>
  open(at, { type: "click", link, ...more });

/** The reasons, in the order of the requests. */
const reasons = (
  requests: readonly JudgedRequest[],
  { links = 5, personal = true, rules = DEFAULT_MACHINE_RULES } = {},
): readonly (string | null)[] => {
  const verdicts = judge(requests, { links, personal }, rules);
  return requests.map(({ eventId }) => verdicts.get(eventId)?.machine ?? null);
};
const LATER = SENT_AT + HOUR_MS;

describe("what a request says by itself (CHN-11)", () => {
  it.each([
    ["a person with a browser", click(LATER), null],
    ["a person whose program says nothing", click(LATER, "a", { userAgent: null, network: null }), null],
    ["a HEAD", click(LATER, "a", { method: "HEAD" }), "head-request"],
    ["a prefetch", open(LATER, { purpose: "prefetch" }), "prefetch"],
    ["the invisible link", click(LATER, HONEYPOT_LINK), "honeypot"],
    ["Apple's proxy, for the pixel", open(LATER, { userAgent: "Mozilla/5.0" }), "apple-mail-privacy"],
    ["the same name, for a link", click(LATER, "a", { userAgent: "Mozilla/5.0" }), null],
    ["Barracuda", click(LATER, "a", { userAgent: "Barracuda Sentinel (EE)" }), "scanner-barracuda"],
    [
      "Proofpoint",
      click(LATER, "a", { userAgent: `${BROWSER} ProofPoint URL Defense` }),
      "scanner-proofpoint",
    ],
    ["Mimecast", click(LATER, "a", { userAgent: "Mimecast/1.0" }), "scanner-mimecast"],
    ["Microsoft", click(LATER, "a", { userAgent: `${BROWSER} BingPreview/1.0b` }), "scanner-microsoft"],
    ["a script", click(LATER, "a", { userAgent: "python-requests/2.32.3" }), "program"],
    ["a preview in a chat", click(LATER, "a", { userAgent: "Slackbot-LinkExpanding 1.0" }), "link-preview"],
  ])("%s", (_, request, reason) => {
    expect(judgeAlone(request, DEFAULT_MACHINE_RULES).machine).toBe(reason);
  });

  it("an open through Gmail's or Yahoo's proxy is a person's, and says whose time it is", () => {
    const gmail = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";
    const rules = machineRules({ dataCentres: ["203.0.113.0/24"] });
    expect(judgeAlone(open(LATER, { userAgent: gmail }), rules)).toEqual({
      machine: null,
      proxy: "gmail-image-proxy",
    });
    expect(
      judgeAlone(open(LATER, { userAgent: "YahooMailProxy; https://help.yahoo.com" }), rules).proxy,
    ).toBe("yahoo-mail-proxy");
  });

  it("a request from a data centre that the host names is a machine's", () => {
    const rules = machineRules({ dataCentres: ["203.0.0.0/16", "198.51.100.0/24"] });
    expect(judgeAlone(click(LATER), rules).machine).toBe("data-centre");
    expect(judgeAlone(click(LATER, "a", { network: "192.0.2.0/24" }), rules).machine).toBeNull();
    expect(judgeAlone(click(LATER, "a", { network: null }), rules).machine).toBeNull();
  });
});

describe("what requests show together (CHN-11)", () => {
  it("a click within seconds of the send was no person's, a later one and an open may be", () => {
    expect(reasons([click(SENT_AT + 500), open(SENT_AT + 600), click(SENT_AT + 4_000)])).toEqual([
      "soon-after-send",
      null,
      null,
    ]);
    expect(reasons([click(SENT_AT - 50)])).toEqual(["soon-after-send"]);
    expect(reasons([click(SENT_AT + 500, "a", { sentAt: null })])).toEqual([null]);
  });

  it("many links in a second are a machine's, the first of them too, and a person's click an hour later is not", () => {
    const burst = [click(LATER, "a"), click(LATER + 300, "b"), click(LATER + 900, "c")];
    expect(reasons([open(LATER - 9_000), ...burst, click(LATER + HOUR_MS, "a")])).toEqual([
      null,
      "link-burst",
      "link-burst",
      "link-burst",
      null,
    ]);
  });

  it("all links in a second are a burst in a message with two; one link twice never is", () => {
    const two = [open(LATER - 9_000), click(LATER, "a"), click(LATER + 400, "b")];
    expect(reasons(two, { links: 2 })).toEqual([null, "link-burst", "link-burst"]);
    expect(reasons(two, { links: 3 })).toEqual([null, null, null]);
    expect(reasons([open(LATER - 9_000), click(LATER), click(LATER + 400)], { links: 1 })).toEqual([
      null,
      null,
      null,
    ]);
  });

  it("a burst may be slower where nobody had opened the message", () => {
    const slow = [click(LATER, "a"), click(LATER + 2_000, "b"), click(LATER + 4_500, "c")];
    expect(reasons(slow)).toEqual(["unopened-burst", "unopened-burst", "unopened-burst"]);
    expect(reasons([open(LATER - 60_000), ...slow])).toEqual([null, null, null, null]);
    // Both links of a message with two are soon clicked, also by who loads no images.
    expect(reasons(slow.slice(0, 2), { links: 2 })).toEqual([null, null]);
    // A proxy's open counts as one: its reader may be a person.
    expect(reasons([open(LATER - 60_000, { userAgent: "Mozilla/5.0" }), ...slow]).slice(1)).toEqual([
      null,
      null,
      null,
    ]);
  });

  it("whoever follows the invisible link is caught with all that it did at the time, and nobody else", () => {
    const mine = { userAgent: BROWSER, network: "198.51.100.0/24" };
    expect(
      reasons([
        open(LATER - 2_000, mine),
        click(LATER - 1_500, "a", mine),
        click(LATER, HONEYPOT_LINK, mine),
        click(LATER + 1_000, "a"),
        click(LATER + HOUR_MS, "a", mine),
      ]),
    ).toEqual(["honeypot", "honeypot", "honeypot", null, null]);
  });

  it("what many people do at once with a public post is no burst", () => {
    const many = ["a", "b", "c", "a", "b"].map((link, n) => click(LATER + n, link));
    expect(reasons(many, { personal: false })).toEqual(many.map(() => null));
  });

  it("every rule can be switched off", () => {
    const off = machineRules({ agents: [], soonAfterSendMs: 0, burst: null, unopenedBurst: null });
    const all = [
      click(SENT_AT, "a"),
      click(SENT_AT + 1, "b"),
      click(SENT_AT + 2, "c", { userAgent: "curl/8" }),
    ];
    expect(reasons(all, { rules: off })).toEqual([null, null, null]);
  });
});

it("CHN-11: the verdicts follow from the set of requests, not from their order", () => {
  const aRequest = fc.record({
    at: fc.integer({ min: 0, max: 20_000 }).map((ms) => SENT_AT + ms),
    link: fc.constantFrom(null, "a", "b", "c", HONEYPOT_LINK),
    userAgent: fc.constantFrom(null, BROWSER, "Mimecast"),
    method: fc.constantFrom("GET", "GET", "HEAD"),
  });
  fc.assert(
    fc.property(fc.array(aRequest, { maxLength: 14 }), fc.infiniteStream(fc.nat()), (given, order) => {
      const all = given.map((request, n) => ({
        ...open(request.at),
        ...request,
        eventId: `e${n}`,
        type: request.link === null ? "open" : "click",
      }));
      const shuffled = all
        .map((request) => ({ request, place: order.next().value ?? 0 }))
        .sort((a, b) => a.place - b.place);
      const message = { links: 3, personal: true };
      const sorted = (of: readonly JudgedRequest[]) => [...judge(of, message, DEFAULT_MACHINE_RULES)].sort();
      expect(sorted(shuffled.map(({ request }) => request))).toEqual(sorted(all));
    }),
  );
});

describe("rules (CHN-11)", () => {
  it("have the version of the default as long as they are the default, and another for each change", () => {
    expect(machineRules()).toBe(DEFAULT_MACHINE_RULES);
    expect(machineRules({})).toBe(DEFAULT_MACHINE_RULES);
    const [one, two] = [machineRules({ soonAfterSendMs: 1_000 }), machineRules({ soonAfterSendMs: 2_000 })];
    expect(new Set([DEFAULT_MACHINE_RULES.version, one.version, two.version]).size).toBe(3);
    expect(machineRules({ version: "spring-2027", burst: null })).toMatchObject({
      version: "spring-2027",
      burst: null,
    });
  });

  it("are refused with everything that is wrong with them", () => {
    const wrong = {
      dataCentres: ["10.0.0.0/8", "10.0.0.1"],
      agents: [{ reason: "everybody" }],
      burst: { links: 1, withinMs: 0 },
    };
    expect(() => machineRules(wrong)).toThrow(
      expect.objectContaining({
        code: "VALIDATION_FAILED",
        details: expect.objectContaining({
          issues: expect.arrayContaining([
            expect.objectContaining({ path: ["dataCentres", 1] }),
            expect.objectContaining({ path: ["agents", 0] }),
            expect.objectContaining({ path: ["burst", "links"] }),
          ]),
        }),
      }),
    );
  });
});
