/** Random lives of a campaign, by people and by time, against a model that fits on a page. */
import { CampaignKitError } from "@campaignkit/core";
import { describeEachDatabase } from "@campaignkit/test-support/each-database";
import { hours, openCampaigns, START } from "@campaignkit/test-support/open-campaigns";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Campaign, CampaignState } from "./campaign.ts";
import { LIFECYCLE, type LifecycleEvent } from "./lifecycle.ts";

const HOUR = 3_600_000;
const GRACE = 2 * HOUR;

interface Model {
  state: CampaignState;
  reason: string | null;
  asks: boolean;
  startsAt: number;
  endsAt: number | null;
  policy: "send" | "skip" | "ask";
  version: number;
  archived: boolean;
  now: number;
  history: string[];
}

interface Real {
  readonly opened: Awaited<ReturnType<typeof openCampaigns>>;
  readonly shop: ReturnType<Real["opened"]["kit"]["workspace"]>;
  readonly id: string;
}

type Step = fc.AsyncCommand<Model, Real>;

const PAST = {
  schedule: "scheduled",
  launch: "launched",
  pause: "paused",
  resume: "resumed",
  complete: "completed",
  cancel: "cancelled",
} as const;

function moved(model: Model, event: LifecycleEvent, reason: string | null): void {
  const moves: Partial<Record<LifecycleEvent, { readonly to: CampaignState }>> = LIFECYCLE[model.state];
  model.state = moves[event]?.to ?? model.state;
  model.reason = reason;
  model.version += 1;
  model.history.push(PAST[event]);
  if (event === "launch" || event === "cancel") model.asks = false;
}

/** What time alone does to the campaign, at the model's present instant. */
function elapse(model: Model): void {
  const { state, startsAt, endsAt, policy, now } = model;
  if (state === "scheduled" && !model.asks && startsAt <= now) {
    const late = now - startsAt > GRACE;
    const over = endsAt !== null && endsAt <= now;
    if (policy === "ask" && (late || over)) {
      model.asks = true;
      model.reason = "missed-start";
      model.version += 1;
      model.history.push("misfired");
    } else if (over || (late && policy === "skip")) {
      model.history.push("misfired");
      moved(model, "cancel", over ? "ended-before-launch" : "missed-start");
    } else {
      if (late) model.history.push("misfired");
      moved(model, "launch", late ? "missed-start" : "start-reached");
    }
  }
  const live = model.state === "active" || model.state === "paused";
  if (live && endsAt !== null && endsAt <= now) moved(model, "complete", "end-reached");
}

async function compare(model: Model, { shop, id }: Real): Promise<Campaign> {
  const campaign = await shop.campaigns.get(id);
  expect({
    state: campaign.state,
    reason: campaign.stateReason,
    asks: campaign.needsDecision !== null,
    startsAt: campaign.startsAt.getTime(),
    endsAt: campaign.endsAt?.getTime() ?? null,
    version: campaign.version,
    archived: campaign.archivedAt !== null,
  }).toEqual({
    state: model.state,
    reason: model.reason,
    asks: model.asks,
    startsAt: model.startsAt,
    endsAt: model.endsAt,
    version: model.version,
    archived: model.archived,
  });
  expect(campaign.pausedAt !== null).toBe(model.state === "paused");
  expect(campaign.completedAt !== null).toBe(model.state === "completed");
  expect(campaign.cancelledAt !== null).toBe(model.state === "cancelled");
  return campaign;
}

async function codeOf(work: Promise<unknown>): Promise<string | null> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error === null) return null;
  if (CampaignKitError.is(error)) return error.code;
  throw error;
}

const command = (text: string, run: (model: Model, real: Real) => Promise<void>): Step => ({
  check: () => true,
  run: async (model, real) => {
    await run(model, real);
    await compare(model, real);
  },
  toString: () => text,
});

const move = (event: LifecycleEvent): Step =>
  command(event, async (model, { shop, id }) => {
    const reason = `because of ${event}`;
    const code = await codeOf(shop.campaigns[event](id, { reason }));
    const ended = model.endsAt !== null && model.endsAt <= model.now;
    if (model.archived) expect(code).toBe("CONFLICT");
    else if (!(event in LIFECYCLE[model.state])) expect(code).toBe("ILLEGAL_TRANSITION");
    else if (event === "launch" && ended) expect(code).toBe("VALIDATION_FAILED");
    else if (event === "schedule" && (ended || model.startsAt <= model.now))
      expect(code).toBe("VALIDATION_FAILED");
    else {
      expect(code).toBeNull();
      moved(model, event, reason);
    }
  });

const pass = (ms: number): Step =>
  command(`${ms / HOUR} hours pass`, async (model, { opened }) => {
    const until = model.now + ms;
    await opened.time.advance(ms, opened.kit);
    // In between, time stops at each instant that matters.
    for (const at of [model.startsAt, model.endsAt ?? until]
      .filter((instant) => instant > model.now && instant < until)
      .toSorted((a, b) => a - b)) {
      model.now = at;
      elapse(model);
    }
    model.now = until;
    elapse(model);
  });

const jump = (ms: number): Step =>
  command(`the host is down for ${ms / HOUR} hours`, async (model, { opened }) => {
    model.now += ms;
    opened.time.jumpTo(new Date(model.now));
    await opened.time.settle(opened.kit);
    elapse(model);
  });

const reschedule = (startIn: number, lasts: number | null, stale: boolean): Step =>
  command(
    `starts in ${startIn / HOUR} h, lasts ${lasts}${stale ? ", stale" : ""}`,
    async (model, { shop, id }) => {
      const startsAt = model.now + startIn;
      const endsAt = lasts === null ? null : startsAt + lasts;
      const version = stale ? model.version - 1 : model.version;
      const live = model.state === "active" || model.state === "paused";
      const change = live
        ? { endsAt: endsAt === null ? null : new Date(endsAt) }
        : { startsAt: new Date(startsAt), endsAt: endsAt === null ? null : new Date(endsAt) };
      const code = await codeOf(shop.campaigns.update(id, { version, ...change }));
      const same = startsAt === model.startsAt && endsAt === model.endsAt;
      if (model.archived) expect(code).toBe("CONFLICT");
      else if (stale) expect(code).toBe("STALE_VERSION");
      else if (model.state === "completed" || model.state === "cancelled")
        expect(code).toBe(same ? null : "VALIDATION_FAILED");
      else if (
        live &&
        endsAt !== null &&
        endsAt !== model.endsAt &&
        (endsAt <= model.now || endsAt <= model.startsAt)
      )
        expect(code).toBe("VALIDATION_FAILED");
      else if (model.state === "scheduled" && startsAt !== model.startsAt && startsAt <= model.now)
        expect(code).toBe("VALIDATION_FAILED");
      else {
        expect(code).toBeNull();
        if (live ? endsAt === model.endsAt : same) return;
        if (!live && startsAt !== model.startsAt && model.asks) {
          model.asks = false;
          model.reason = null;
        }
        if (!live) model.startsAt = startsAt;
        model.endsAt = endsAt;
        model.version += 1;
      }
    },
  );

const shelve = (away: boolean): Step =>
  command(away ? "archive" : "unarchive", async (model, { shop, id }) => {
    const code = await codeOf(away ? shop.campaigns.archive(id) : shop.campaigns.unarchive(id));
    const atRest = ["draft", "completed", "cancelled"].includes(model.state);
    if (away && !model.archived && !atRest) expect(code).toBe("CONFLICT");
    else {
      expect(code).toBeNull();
      if (model.archived === away) return;
      model.archived = away;
      model.version += 1;
    }
  });

const EVENTS: readonly LifecycleEvent[] = ["schedule", "launch", "pause", "resume", "complete", "cancel"];
const halfHours = (min: number, max: number) => fc.integer({ min, max }).map((half) => half * (HOUR / 2));

/** Lives of thirty steps, of which the common ones stand several times. */
const commands = fc.commands(
  [
    fc.constantFrom(...EVENTS).map(move),
    fc.constantFrom<LifecycleEvent>("schedule", "schedule", "launch", "pause", "resume").map(move),
    fc.constant(move("schedule")),
    halfHours(0, 6).map(pass),
    halfHours(1, 10).map(jump),
    halfHours(0, 3).map(pass),
    ...[0, 1, 2].map(() =>
      fc
        .tuple(halfHours(-1, 12), fc.option(halfHours(1, 16), { freq: 6 }))
        .map(([startIn, lasts]) => reschedule(startIn, lasts, false)),
    ),
    fc.constant(reschedule(HOUR, null, true)),
    fc.boolean().map(shelve),
    fc.constant(shelve(false)),
  ],
  { maxCommands: 30, size: "max" },
);

describeEachDatabase("the life of a campaign", (database, family) => {
  const numRuns = Number(process.env["MODEL_RUNS"] ?? (family === "sqlite" ? 1_800 : 200));

  it("CAM-3: is what the model says, whatever people and time do", { timeout: 1_800_000 }, async () => {
    const opened = await openCampaigns(await database("memory"));
    let lives = 0;
    await fc.assert(
      fc.asyncProperty(
        commands,
        fc.constantFrom<Model["policy"]>("send", "skip", "ask"),
        async (steps, policy) => {
          lives += 1;
          opened.time.jumpTo(START);
          const shop = opened.kit.workspace(`shop-${lives}`);
          const { id } = await shop.campaigns.create({
            name: "A life",
            timeZone: "Europe/Berlin",
            startsAt: hours(1),
            endsAt: hours(8),
            channels: ["wall"],
            misfire: { policy, graceMs: GRACE },
          });
          const model: Model = {
            state: "draft",
            reason: null,
            asks: false,
            startsAt: hours(1).getTime(),
            endsAt: hours(8).getTime(),
            policy,
            version: 1,
            archived: false,
            now: START.getTime(),
            history: [],
          };
          await fc.asyncModelRun(() => ({ model, real: { opened, shop, id } }), steps);
          const { items } = await shop.activity.list({ subject: { type: "campaign", id }, limit: 500 });
          const told = items
            .map(({ type }) => type.slice("campaign.".length))
            .filter((type) => type === "misfired" || (Object.values(PAST) as string[]).includes(type));
          expect(told.toReversed()).toEqual(model.history);
          // Ends every life, so that none of its jobs falls due in another.
          await codeOf(shop.campaigns.unarchive(id));
          await codeOf(shop.campaigns.cancel(id));
        },
      ),
      { numRuns },
    );
    await opened.kit.stop();
  });
});
