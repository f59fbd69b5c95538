/** What can happen in a history: each operation as data, so that a failing history shrinks and can be read. */
import { CampaignKitError } from "@campaignkit/core";
import type { SendStep } from "@campaignkit/testing";
import fc from "fast-check";
import type { UnknownPolicy } from "../delivery.ts";
import type { WriteFault } from "./faults.fixture.ts";
import { look, type Memory } from "./laws.fixture.ts";
import { marketingTo, type Person, type World } from "./world.fixture.ts";

/** One thing that happens. Campaigns go by number, deliveries by their place among those that the operation can be done to. */
export type Operation =
  | {
      readonly do: "post";
      readonly campaign: number;
      readonly policy: UnknownPolicy;
      readonly purpose: "marketing" | "transactional";
      readonly inMs: number;
    }
  | {
      readonly do: "move";
      readonly campaign: number;
      readonly move: "launch" | "pause" | "resume" | "cancel" | "complete";
    }
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "jump"; readonly ms: number }
  | { readonly do: "withdraw" | "suppress" | "erase"; readonly person: Person }
  | { readonly do: "join" | "stall" | "mend" }
  | { readonly do: "release"; readonly step: Exclude<SendStep, "hold"> }
  | { readonly do: "top up"; readonly campaign: number; readonly units: number }
  | { readonly do: "resolve"; readonly nth: number; readonly decision: "sent" | "failed" | "retry" }
  | { readonly do: "replay"; readonly nth: number }
  | { readonly do: "break a write"; readonly fault: WriteFault };

/** What a delivery's calls come to, by person, post and attempt. */
const step = fc.constantFrom<SendStep>(
  "accept",
  "accept",
  "accept",
  { fail: "transient" },
  { fail: "rate-limited", retryAfterMs: 60_000 },
  { fail: "auth" },
  { fail: "rejected-recipient" },
  { fail: "rejected-content" },
  { unknown: "accepted" },
  { unknown: "accepted" },
  { unknown: "lost" },
  { unknown: "lost" },
  { hang: "accepted" },
  { hang: "lost" },
  { crash: new Error("a bug in the channel") },
);
export const steps = fc.array(step, { maxLength: 11 });

const campaign = fc.constantFrom(0, 0, 0, 1);
const person = fc.constantFrom<Person>("p1", "p2", "p3");
const post = fc.record({
  do: fc.constant("post" as const),
  campaign,
  policy: fc.constantFrom<UnknownPolicy>("hold", "retry", "idempotent", "lookup"),
  purpose: fc.constantFrom("marketing" as const, "marketing" as const, "transactional" as const),
  inMs: fc.constantFrom(0, 0, 3_600_000),
});
const launch = fc.record({
  do: fc.constant("move" as const),
  campaign,
  move: fc.constant("launch" as const),
});

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 5, arbitrary: post },
  { weight: 1, arbitrary: launch },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("move" as const),
      campaign,
      move: fc.constantFrom(
        "pause" as const,
        "pause" as const,
        "resume" as const,
        "resume" as const,
        "cancel" as const,
        "complete" as const,
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      ms: fc.constantFrom(5_000, 20_000, 70_000, 3_600_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("jump" as const), ms: fc.constantFrom(40_000, 3_600_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("withdraw" as const, "suppress" as const, "erase" as const),
      person,
    }),
  },
  { weight: 4, arbitrary: fc.constant({ do: "stall" as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("join" as const, "mend" as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("release" as const),
      step: fc.constantFrom<Exclude<SendStep, "hold">>(
        "accept",
        "accept",
        { unknown: "accepted" },
        { fail: "transient" },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("top up" as const), campaign, units: fc.constantFrom(2, 5, 40) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("resolve" as const),
      nth: fc.nat(5),
      decision: fc.constantFrom("sent" as const, "failed" as const, "retry" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("replay" as const), nth: fc.nat(5) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("break a write" as const),
      fault: fc.constantFrom<WriteFault>("refused", "answer-lost"),
    }),
  },
);

export const history = fc
  .tuple(post, launch, fc.array(operation, { maxLength: 12, size: "max" }))
  .map(([first, second, rest]): readonly Operation[] => [first, second, ...rest]);

/** Does it, and what follows at once. */
export async function perform(world: World, memory: Memory, operation: Operation): Promise<void> {
  const before = await world.claimed();
  await act(world, memory, operation, before);
  await closeDoors(world, before);
  await world.settle();
  await closeDoors(world, await world.claimed());
}

/** What a person asks for and cannot be done is refused, and changes nothing. */
async function allowed(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (CampaignKitError.is(error, "CONFLICT") || CampaignKitError.is(error, "ILLEGAL_TRANSITION"))
      return false;
    throw error;
  }
}

async function act(
  world: World,
  memory: Memory,
  operation: Operation,
  before: ReadonlySet<string>,
): Promise<void> {
  const { shop } = world;
  switch (operation.do) {
    case "post": {
      const { policy, purpose, inMs } = operation;
      return void (await allowed(
        world.post(world.campaignIds[operation.campaign] ?? "", policy, purpose, inMs),
      ));
    }
    case "move":
      return void (await allowed(
        shop.campaigns[operation.move](world.campaignIds[operation.campaign] ?? "", {}),
      ));
    case "pass":
      return world.pass(operation.ms);
    case "jump":
      return world.jump(operation.ms);
    case "withdraw":
    case "suppress":
    case "erase":
      return forget(world, memory, operation.do, operation.person, before);
    case "join":
      memory.joined.add(world.idOf("late"));
      return world.join();
    case "stall":
      world.stallsNext = true;
      return;
    case "mend":
      for (const postId of world.postIds) await allowed(shop.posts.resume(postId));
      return;
    case "release":
      return world.release(operation.step);
    case "top up":
      return topUp(world, operation.campaign, operation.units);
    case "resolve":
      return resolve(world, memory, operation.nth, operation.decision);
    case "replay": {
      const failed = (await look(world)).filter(({ state }) => state === "failed");
      const row = failed[operation.nth % failed.length];
      if (row !== undefined) await allowed(shop.deliveries.replay(row.id));
      return;
    }
    case "break a write":
      world.driver.fault = operation.fault;
  }
}

async function forget(
  world: World,
  memory: Memory,
  how: "withdraw" | "suppress" | "erase",
  person: Person,
  before: ReadonlySet<string>,
): Promise<void> {
  const contactId = world.idOf(person);
  const { contacts, consents, suppressions } = world.shop;
  if (memory.erased.has(contactId)) return;
  if (how === "withdraw") {
    memory.withdrawn.add(contactId);
    await consents.set(contactId, { channel: "email", state: "withdrawn", source: "form" });
  } else if (how === "suppress") {
    memory.suppressed.add(contactId);
    await suppressions.add({
      channel: "email",
      address: `${person}@example.com`,
      reason: "complaint",
      source: "form",
    });
  } else {
    memory.erased.add(contactId);
    await contacts.erase(contactId);
  }
  const door = how === "withdraw" ? marketingTo(contactId) : contactId;
  if (!world.closed.has(door)) world.closed.set(door, before);
}

async function topUp(world: World, campaign: number, units: number): Promise<void> {
  const campaignId = world.campaignIds[campaign] ?? "";
  const { total } = await world.shop.budgets.get(campaignId);
  if (total.limit === null) return;
  const more = { ...total.limit, amountMicros: total.limit.amountMicros + world.price(units).amountMicros };
  await allowed(world.shop.budgets.set(campaignId, { total: more }));
}

async function resolve(
  world: World,
  memory: Memory,
  nth: number,
  decision: "sent" | "failed" | "retry",
): Promise<void> {
  const uncertain = (await look(world)).filter(({ state }) => state === "uncertain");
  const row = uncertain[nth % uncertain.length];
  if (row === undefined || !(await allowed(world.shop.deliveries.resolve(row.id, decision)))) return;
  if (decision === "sent") memory.declaredSent.add(row.id);
  if (decision === "retry") memory.risked.set(row.id, (memory.risked.get(row.id) ?? 0) + 1);
  if (decision === "failed") {
    memory.declaredFailed.add(row.id);
    memory.written += 1;
  }
}

/** Campaigns that a person has stopped, or that are over, send no more than was under way; those that go on may. */
async function closeDoors(world: World, underWay: ReadonlySet<string>): Promise<void> {
  const campaigns = await world.driver.execute({
    sql: "select id, state, state_reason, completing_since from ck_campaigns",
    parameters: [],
  });
  for (const { id, state, state_reason, completing_since } of campaigns.rows) {
    const waits = state === "paused" && state_reason === "budget-exhausted";
    if ((state === "active" && completing_since === null) || waits) world.closed.delete(String(id));
    else if (!world.closed.has(String(id))) world.closed.set(String(id), underWay);
  }
}

/** Ends a history well: campaigns go on, accounts are mended, there is money, and time enough. */
export async function bringToAnEnd(world: World, memory: Memory, check: () => Promise<void>): Promise<void> {
  world.fine = true;
  world.stallsNext = false;
  await world.release("accept");
  for (let round = 0; round < 120; round++) {
    for (const campaign of world.campaignIds.keys()) {
      await act(world, memory, { do: "top up", campaign, units: 40 }, new Set());
      await act(world, memory, { do: "move", campaign, move: "resume" }, new Set());
    }
    await closeDoors(world, new Set());
    await act(world, memory, { do: "mend" }, new Set());
    await perform(world, memory, { do: "pass", ms: 2 * 3_600_000 });
    await check();
    const { rows } = await world.driver.execute({
      sql: "select count(*) as n from ck_dispatches",
      parameters: [],
    });
    if (Number(rows[0]?.["n"]) === 0) return;
  }
  throw new Error("Something is stuck: after ten days of good weather a post is still under way.");
}
