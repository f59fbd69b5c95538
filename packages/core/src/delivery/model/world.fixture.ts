/** The world of one history: a shop, a far side that knows the truth, and workers that stall, get lost and come back. */
import { type CampaignKit, createCampaignKit, money, type SqlDriver } from "@campaignkit/core";
import {
  type ScriptedChannel,
  type SendAttempt,
  type SendStep,
  scriptedChannel,
  type VirtualTime,
  virtualTime,
} from "@campaignkit/testing";
import type { UnknownPolicy } from "../delivery.ts";
import type { FaultyDriver } from "./faults.fixture.ts";

/** What a message costs, in micros. */
export const COST = 10_000;
/** E-mails a contact may get in a week. */
export const CAP = 2;
/** Messages that each channel may send in a day. */
export const PER_DAY = 40;

/** The people in the beginning: five who consented, one who said nothing, one without an address. The last joins later. */
export const PEOPLE = ["p1", "p2", "p3", "p4", "p5", "silent", "nowhere", "late"] as const;
export type Person = (typeof PEOPLE)[number];

const CHANNEL_OF = { hold: "plain", retry: "plain", idempotent: "native", lookup: "askable" } as const;

const FOUNDED_AT = new Date("2027-03-01T08:00:00Z");

const WEATHER: ReadonlySet<string> = new Set(["auth", "rate-limited"]);

type Channels = Readonly<Record<"plain" | "native" | "askable", ScriptedChannel>>;
type Kit = CampaignKit<Channels>;

/** A worker's round that nobody waits for. */
class Round {
  readonly done: Promise<void>;
  over = false;
  worked = false;

  constructor(kit: Kit) {
    this.done = kit.tick().then(({ worked }) => {
      this.worked = worked;
      this.over = true;
    });
  }
}

/** A worker in the middle of its calls, of whom nothing is heard. */
interface Stall {
  readonly round: Round;
  /** The deliveries that it has in hand. */
  readonly claimed: ReadonlySet<string>;
}

export class World {
  readonly time: VirtualTime;
  readonly driver: FaultyDriver;
  readonly channels: Channels;
  readonly shop: ReturnType<Kit["workspace"]>;
  readonly contactIds = new Map<Person, string>();
  readonly campaignIds: string[] = [];
  /** In the order of their making; their text carries the number. */
  readonly postIds: string[] = [];
  /** The numbers of the posts that need no consent and count under no cap. */
  readonly transactional = new Set<number>();
  /** Campaigns, contacts, and contacts who want no marketing: nothing may be sent any more but what was under way at that time. */
  readonly closed = new Map<string, ReadonlySet<string>>();
  /** Promises broken in the middle of a round. */
  readonly broken: string[] = [];
  /** How often the far side may have taken a delivery without the engine's hearing of it. */
  readonly faults = new Map<string, number>();
  /** Deliveries whose call may have gone on while another worker took them over. */
  readonly zombies = new Set<string>();
  /** Deliveries whose call has no answer yet. */
  readonly #waiting = new Set<string>();
  readonly #steps: readonly SendStep[];
  #segmentId = "";
  /** The worker that is there; another takes its place when it stalls. */
  #engine: Kit;
  #stalling = false;
  /** Whether the worker stalls as soon as it has something to send. */
  stallsNext = false;
  stall: Stall | null = null;
  /** Accounts are mended, and nobody is throttled any more. */
  fine = false;

  /** `later`: the world goes on from a database in which another has been; its ids and its time come after that one's. */
  constructor(driver: FaultyDriver, steps: readonly SendStep[], later = false) {
    this.driver = driver;
    this.time = virtualTime({
      calm: () => driver.calm(() => false),
      ...(later ? { startAt: new Date(FOUNDED_AT.getTime() + 1_000), seed: 2 } : { startAt: FOUNDED_AT }),
    });
    driver.onFault = () => this.time.jumpTo(new Date(this.time.now().getTime() + 1));
    this.#steps = steps;
    const channel = (idempotency: "none" | "native" | "lookup") =>
      scriptedChannel({
        reach: "direct",
        idempotency,
        costMicros: COST,
        limits: { concurrency: 3, perDay: { timeZone: "UTC", max: PER_DAY } },
        script: (attempt) => this.#answer(attempt, idempotency === "native"),
      });
    this.channels = { plain: channel("none"), native: channel("native"), askable: channel("lookup") };
    this.#engine = this.#start();
    this.shop = this.#engine.workspace("shop");
  }

  /** The world in which a history happens: that of the beginning, whose tables are as they were left, with budgets (in messages). */
  static async after(
    founded: World,
    steps: readonly SendStep[],
    budgets: readonly (number | null)[],
  ): Promise<World> {
    const world = new World(founded.driver, steps, true);
    world.#segmentId = founded.#segmentId;
    for (const [person, id] of founded.contactIds) world.contactIds.set(person, id);
    world.campaignIds.push(...founded.campaignIds);
    for (const [index, units] of budgets.entries())
      if (units !== null)
        await world.shop.budgets.set(world.campaignIds[index] ?? "", { total: world.price(units) });
    world.closed.set(world.idOf("nowhere"), new Set());
    world.closed.set(marketingTo(world.idOf("silent")), new Set());
    for (const id of world.campaignIds) world.closed.set(id, new Set());
    return world;
  }

  /** Makes people, their segment, and two campaigns. */
  async found(): Promise<void> {
    const { shop, time } = this;
    const { version } = await shop.policies.get();
    await shop.policies.set({ version, maxEmailsPerContactPerWeek: CAP });
    const consents = [{ channel: "email" as const, state: "granted" as const, source: "form" }];
    const people = PEOPLE.map((name) => ({
      externalId: name,
      ...(name === "nowhere" ? {} : { email: `${name}@example.com` }),
      ...(name === "silent" ? {} : { consents }),
    }));
    await shop.contacts.upsertMany(people);
    for (const { id, externalId } of (await shop.contacts.list()).items) {
      const name = PEOPLE.find((person) => person === externalId);
      if (name !== undefined) this.contactIds.set(name, id);
    }
    const segment = await shop.segments.create({ name: "All", kind: "static" });
    this.#segmentId = segment.id;
    await shop.segments.addMembers(
      segment.id,
      PEOPLE.filter((name) => name !== "late").map((name) => this.idOf(name)),
    );
    for (const name of ["C0", "C1"]) {
      const campaign = await shop.campaigns.create({
        name,
        timeZone: "UTC",
        startsAt: time.now(),
        currency: "EUR",
        channels: ["plain", "native", "askable"],
        segmentIds: [segment.id],
      });
      this.campaignIds.push(campaign.id);
    }
  }

  idOf(person: Person): string {
    return this.contactIds.get(person) ?? "";
  }

  price(units: number) {
    return { ...money("EUR", 0), amountMicros: units * COST };
  }

  async join(): Promise<void> {
    await this.shop.segments.addMembers(this.#segmentId, [this.idOf("late")]);
  }

  async post(
    campaignId: string,
    policy: UnknownPolicy,
    purpose: "marketing" | "transactional",
    inMs: number,
  ): Promise<void> {
    const post = await this.shop.posts.create(campaignId, {
      channel: CHANNEL_OF[policy],
      content: { text: `Post ${this.postIds.length}` },
      purpose,
      ...(policy === "hold" || policy === "retry" ? { onUnknown: policy } : {}),
      ...(inMs === 0 ? {} : { scheduledAt: new Date(this.time.now().getTime() + inMs) }),
    });
    if (purpose === "transactional") this.transactional.add(this.postIds.length);
    this.postIds.push(post.id);
  }

  /** Does what is due. */
  async settle(): Promise<void> {
    if (this.stallsNext && this.stall === null) await this.#stallWhatIsDue();
    await this.time.settle(this.#engine);
    await this.#calm();
  }

  /** Lets time pass. A worker that is stalled may be taken for dead meanwhile. */
  async pass(ms: number): Promise<void> {
    this.#suspect();
    if (this.stallsNext && this.stall === null) {
      this.time.pass(ms);
      return this.settle();
    }
    await this.time.advance(ms, this.#engine);
    await this.#calm();
    if (this.stall?.round.over) this.stall = null;
  }

  /** Waits for the worker that was stalled, as far as it gets without more time. */
  async #calm(): Promise<void> {
    await this.driver.calm(() => false);
    await this.time.settle();
  }

  /** Sets the clock on, without any time for the workers to keep what they hold. */
  async jump(ms: number): Promise<void> {
    this.#suspect();
    this.time.jumpTo(new Date(this.time.now().getTime() + ms));
    await this.settle();
  }

  /** The worker starts calls that do not end, and is not heard of any more; another takes its place. */
  async #stallWhatIsDue(): Promise<void> {
    for (let worked = true; worked; ) {
      this.#stalling = true;
      const round = new Round(this.#engine);
      await this.driver.calm(() => round.over);
      this.#stalling = false;
      if (!round.over) {
        this.stall = { round, claimed: await this.claimed() };
        this.#engine = this.#start();
        this.stallsNext = false;
        return;
      }
      worked = round.worked;
    }
  }

  /** The worker that was stalled gets its answers, or loses them, and goes on until its round is over. */
  async release(step: Exclude<SendStep, "hold">): Promise<void> {
    if (this.stall === null) return;
    // Of those that it may have lost meanwhile it is known already.
    const unheard = typeof step === "object" && "unknown" in step;
    for (const id of this.#waiting) if (unheard && !this.zombies.has(id)) this.#blame(id);
    this.#waiting.clear();
    for (const channel of Object.values(this.channels)) channel.release(step);
    await this.stall.round.done;
    this.stall = null;
  }

  /** What workers have in hand. */
  async claimed(): Promise<ReadonlySet<string>> {
    const { rows } = await this.driver.execute({
      sql: "select delivery_ids from ck_delivery_claims",
      parameters: [],
    });
    return new Set(rows.flatMap((row) => idsIn(row["delivery_ids"])));
  }

  #start(): Kit {
    const storage: SqlDriver = this.driver;
    return createCampaignKit({
      storage,
      channels: this.channels,
      runtime: this.time.runtime,
      workers: { batchSize: 4, sendTimeoutMs: 20_000 },
    });
  }

  /** From here on the calls of the stalled worker may end without anybody's hearing of it. */
  #suspect(): void {
    if (this.stall === null) return;
    for (const id of this.stall.claimed) {
      this.#blame(id);
      this.zombies.add(id);
    }
  }

  #blame(id: string): void {
    this.faults.set(id, (this.faults.get(id) ?? 0) + 1);
  }

  /** Follows from who is written to, of what, and how often before: the same in whatever order the calls come. */
  #answer({ message, idempotencyKey, attempt }: SendAttempt, repeats: boolean): SendStep {
    const contactId = message.to?.contactId ?? "";
    const post = Number(message.text.replace("Post ", ""));
    const doors = [
      message.campaignId,
      contactId,
      ...(this.transactional.has(post) ? [] : [marketingTo(contactId)]),
    ];
    for (const door of doors) {
      if (this.closed.get(door)?.has(idempotencyKey) === false) {
        this.broken.push(`${message.to?.address} was sent "${message.text}" in spite of a closed door`);
      }
    }
    const person = PEOPLE.findIndex((name) => this.idOf(name) === contactId);
    // Some of the calls end, others do not.
    if (this.#stalling && person % 2 === 0) {
      if (!repeats) this.#waiting.add(idempotencyKey);
      return "hold";
    }
    const step = this.#step(person, post, attempt);
    const unheard = typeof step === "object" && ("unknown" in step || "hang" in step || "crash" in step);
    if (unheard && !repeats) this.#blame(idempotencyKey);
    return step;
  }

  #step(person: number, post: number, attempt: number): SendStep {
    const step = this.#steps[(person + 17 * post + 13 * attempt) % (this.#steps.length || 1)] ?? "accept";
    if (typeof step !== "object") return step;
    if (this.fine && "fail" in step && WEATHER.has(step.fail)) return "accept";
    // No time passes while a worker is stalled.
    return this.#stalling && "hang" in step ? { unknown: step.hang } : step;
  }
}

/** The door of a contact who wants no marketing. */
export function marketingTo(contactId: string): string {
  return `marketing to ${contactId}`;
}

/** The ids in a column of JSON. */
export function idsIn(value: unknown): readonly string[] {
  const ids: unknown = typeof value === "string" ? JSON.parse(value) : value;
  return Array.isArray(ids) ? ids.map(String) : [];
}
