/** `createCampaignKit`: one call wires the engine; nothing in it is global. */
import { ChannelsService } from "../delivery/index.ts";
import { MailReceiver, type ReceivedMail, type ReceiveOptions } from "../inbound/index.ts";
import { BUILT_IN_ROLES, type RoleTable } from "../kernel/access.ts";
import { Sealer } from "../kernel/activity/sealer.ts";
import { type SubscriberHandler, Subscription } from "../kernel/activity/subscribers.ts";
import type { ActivityType } from "../kernel/activity/types.ts";
import { type AnyEventHandler, EventBus, type EventHandler } from "../kernel/events.ts";
import { ENGINE_WORKSPACE, Scheduler } from "../kernel/jobs/schedules.ts";
import { JobsService } from "../kernel/jobs/service.ts";
import { JobWorker } from "../kernel/jobs/worker.ts";
import type { Kernel, WakeTopic } from "../kernel/kernel.ts";
import type { Loop } from "../kernel/loop.ts";
import { reactionTable } from "../kernel/reactions.ts";
import { Scope } from "../kernel/scope.ts";
import { Telemetry } from "../kernel/telemetry.ts";
import { isStorable } from "../kernel/text.ts";
import type { ChannelRecord } from "../ports/channel.ts";
import { CampaignKitError } from "../ports/errors.ts";
import type { Runtime } from "../ports/runtime.ts";
import type { SqlDriver, SqlExecutor } from "../ports/storage.ts";
import { systemRuntime } from "../runtime/system.ts";
import { DbFactory } from "../storage/db.ts";
import { Migrator, type PendingMigration } from "../storage/migrate.ts";
import { CORE_MIGRATIONS } from "../storage/migrations/index.ts";
import { checkSchema } from "../storage/schema/check.ts";
import type { SchemaDifference } from "../storage/schema/compare.ts";
import { readSchema } from "../storage/schema/introspect.ts";
import type { SchemaShape } from "../storage/schema/manifest-type.ts";
import { pageSettings, type TrackedFrom, TrackingHandler, TrackingRecorder } from "../tracking/index.ts";
import { Announcer } from "./announcer.ts";
import { trackingDirectory } from "./directories.ts";
import { FEATURE_JOBS, FEATURE_REACTIONS, FEATURE_SCHEDULES, featureLoops } from "./features.ts";
import { NOTIFY_TOPIC, Notifier } from "./notifier.ts";
import { assertPlugins, type PluginRecord, pluginOf } from "./plugin.ts";
import { Runner, type TickResult } from "./runner.ts";
import { type TrackingOptions, trackingSettings } from "./tracking-settings.ts";
import { checkedWorkers, type WorkerOptions } from "./worker-options.ts";
import { Workspace } from "./workspace.ts";

/** What a host gives the engine. */
export interface CampaignKitOptions<Channels extends ChannelRecord, Plugins extends PluginRecord> {
  /** The database: `sqlite("marketing.db")`, `postgres({ connectionString })`, or any driver that passes the conformance kit. */
  readonly storage: SqlDriver;
  /** Ways out to people, by the host's own names. */
  readonly channels: Channels;
  /** Extensions with tables, jobs and services of their own, by the host's own names. */
  readonly plugins?: Plugins;
  /** Clock, ids, randomness, logger, tracer and meter; each that is absent is the real one. */
  readonly runtime?: Partial<Runtime>;
  /** Roles beside owner, editor, approver and viewer, or in place of them. */
  readonly roles?: RoleTable;
  /** Where the host serves `kit.trackingHandler`; nothing is tracked when absent. */
  readonly tracking?: TrackingOptions;
  /** How this process works in the background. */
  readonly workers?: WorkerOptions;
}

/**
 * Makes an engine.
 *
 * Nothing runs until `start()` (or `tick()`); an empty database gets its schema at the first call, an older one by `migrate()`. Two
 * engines can live in one process, and many processes can share one PostgreSQL database.
 *
 * @throws {CONFIGURATION_INVALID} naming the setting.
 *
 * @example
 * ```ts
 * import { createCampaignKit } from "@campaignkit/core";
 * import { sqlite } from "@campaignkit/adapter-sqlite";
 *
 * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
 * await kit.migrate();
 * const shop = kit.workspace("shop-42");
 * await shop.team.setMember("user-7", "owner");
 * await kit.stop();
 * ```
 */
export function createCampaignKit<
  const Channels extends ChannelRecord,
  const Plugins extends PluginRecord = Record<never, never>,
>(options: CampaignKitOptions<Channels, Plugins>): CampaignKit<Channels, Plugins> {
  return new CampaignKit(options);
}

const STOPPED = "This engine has been stopped; make a new one with createCampaignKit.";

function assertName(setting: "workspace" | "actor", name: string, allowed: boolean): void {
  if (allowed && name !== "" && name.length <= 200 && isStorable(name)) return;
  const reason = `a name of 1 to 200 characters of well-formed text${setting === "workspace" ? ', which does not start with "@"' : ""}`;
  throw new CampaignKitError("CONFIGURATION_INVALID", `"${name}" can't be the ${setting}: give ${reason}.`, {
    setting,
    reason,
  });
}

/** An engine: campaigns for any number of workspaces over one database. Made by `createCampaignKit`. */
export class CampaignKit<
  Channels extends ChannelRecord = ChannelRecord,
  Plugins extends PluginRecord = PluginRecord,
> {
  readonly #kernel: Kernel;
  readonly #migrator: Migrator;
  readonly #plugins: Plugins;
  readonly #announcer: Announcer;
  readonly #notifier: Notifier;
  readonly #recorder: TrackingRecorder;
  readonly #tracking: TrackingHandler;
  readonly #receiver: MailReceiver;
  readonly #loops: Loop[];
  readonly #leaseMs: number;
  #runner: Runner | null = null;
  #ready: Promise<void> | null = null;
  #listening: Promise<() => Promise<void>> | null = null;
  #closed = false;
  #stopping: Promise<void> | null = null;

  /** @internal */
  constructor(options: CampaignKitOptions<Channels, Plugins>) {
    const runtime = systemRuntime(options.runtime);
    const databases = new DbFactory(options.storage.family);
    const db = databases.over(options.storage);
    const events = new EventBus(runtime.logger);
    const workers = checkedWorkers(options.workers);
    this.#plugins = options.plugins ?? ({} as Plugins);
    const plugins = Object.values<PluginRecord[string]>(this.#plugins);
    assertPlugins(plugins);
    this.#leaseMs = workers.leaseMs;
    this.#announcer = new Announcer({ db, events, clock: runtime.clock, committed: () => this.#wake() });
    this.#notifier = new Notifier(options.storage, db, runtime);
    this.#kernel = {
      runtime,
      driver: options.storage,
      databases,
      db,
      channels: options.channels,
      roles: { ...BUILT_IN_ROLES, ...options.roles },
      events,
      reactions: reactionTable([
        ...FEATURE_REACTIONS,
        ...plugins.flatMap((plugin) => plugin.reactions ?? []),
      ]),
      tracking: trackingSettings(options.tracking, db, runtime),
      telemetry: new Telemetry(runtime),
      ready: (joined) => this.#ensureReady(joined),
      wake: (topic) => this.#wake(topic),
      announceLater: (held) => this.#announcer.add(held),
    };
    this.#migrator = new Migrator(options.storage, databases, [
      CORE_MIGRATIONS,
      ...plugins.map(({ id, migrations = [] }) => ({ namespace: id, migrations })),
    ]);
    const handlers = [...FEATURE_JOBS, ...plugins.flatMap(({ jobs = [] }) => jobs)];
    const schedules = [...FEATURE_SCHEDULES, ...plugins.flatMap((plugin) => plugin.schedules ?? [])];
    this.#recorder = new TrackingRecorder(this.#kernel);
    this.#tracking = new TrackingHandler({
      kernel: this.#kernel,
      directory: trackingDirectory,
      recorder: this.#recorder,
      pages: pageSettings(options.tracking?.pages, runtime.logger),
    });
    this.#receiver = new MailReceiver(this.#kernel);
    this.#loops = [
      new Scheduler(this.#kernel, schedules),
      new JobWorker(this.#kernel, handlers, {
        concurrency: workers.jobConcurrency,
        leaseMs: workers.leaseMs,
      }),
      ...featureLoops(this.#kernel, workers),
      this.#recorder,
      new Sealer(this.#kernel),
      this.#announcer,
    ];
  }

  /**
   * A workspace, as an actor sees it. Without an actor it is the host itself, which may do everything.
   *
   * @throws {CONFIGURATION_INVALID} for an id or an actor that is empty, longer than 200 characters or can't be stored, and for an id that starts
   * with `@`.
   *
   * @example
   * ```ts
   * import type { CampaignKit } from "@campaignkit/core";
   *
   * export async function activeCampaigns(kit: CampaignKit, session: { readonly shop: string; readonly user: string }) {
   *   const shop = kit.workspace(session.shop, { actor: session.user });
   *   return (await shop.campaigns.list({ state: ["active"] })).items;
   * }
   * ```
   */
  workspace(id: string, options: { readonly actor?: string } = {}): Workspace<Channels, Plugins> {
    assertName("workspace", id, !id.startsWith("@"));
    if (options.actor !== undefined) assertName("actor", options.actor, true);
    const scope = new Scope({ kernel: this.#kernel, workspaceId: id, actor: options.actor ?? null });
    return new Workspace(scope, this.#plugins);
  }

  /**
   * The engine's own background jobs, which belong to no workspace: the recurring ones of features and plug-ins.
   *
   * @example
   * ```ts
   * import type { CampaignKit } from "@campaignkit/core";
   *
   * export async function givenUp(kit: CampaignKit) {
   *   const { items } = await kit.jobs.listDead();
   *   return items.map(({ kind, error }) => `${kind}: ${error}`);
   * }
   * ```
   */
  get jobs(): JobsService {
    return new JobsService(new Scope({ kernel: this.#kernel, workspaceId: ENGINE_WORKSPACE }));
  }

  /**
   * The accounts behind the host's channels: whether they work, what they may still send today, and how fast. All workspaces share them.
   *
   * @example
   * ```ts
   * import type { CampaignKit } from "@campaignkit/core";
   *
   * export async function leftToday(kit: CampaignKit, name: string) {
   *   const today = (await kit.channels.health()).find(({ channel }) => channel === name)?.today;
   *   return today === undefined || today === null || today.limit === null ? null : today.limit - today.used;
   * }
   * ```
   */
  get channels(): ChannelsService {
    return new ChannelsService(new Scope({ kernel: this.#kernel, workspaceId: ENGINE_WORKSPACE }));
  }

  /**
   * Brings the database's schema up to date, core's and the plug-ins', in one transaction; returns what was applied. Idempotent, and safe from several
   * processes at once.
   *
   * @throws {STORAGE_FAILED} nothing was changed then. {ENGINE_STOPPED}
   *
   * @example
   * ```ts
   * import type { CampaignKit } from "@campaignkit/core";
   *
   * export async function deploy(kit: CampaignKit) {
   *   for (const { namespace, name } of await kit.migrate()) console.log(`applied ${namespace}/${name}`);
   * }
   * ```
   */
  async migrate(): Promise<readonly PendingMigration[]> {
    const applied = await this.#migrator.apply(this.#kernel.runtime.clock.now());
    this.#ready = Promise.resolve();
    return applied;
  }

  /**
   * The migrations that `migrate` would apply now, as SQL to read or to run by other means.
   *
   * @throws {STORAGE_FAILED}
   *
   * @example
   * ```ts
   * import type { CampaignKit } from "@campaignkit/core";
   *
   * export async function asSql(kit: CampaignKit) {
   *   const migrations = await kit.pendingMigrations();
   *   return migrations.flatMap(({ statements }) => statements.map((statement) => `${statement};`)).join("\n");
   * }
   * ```
   */
  async pendingMigrations(): Promise<readonly PendingMigration[]> {
    return (await this.#migrator.pending(this.#kernel.runtime.clock.now())).migrations;
  }

  /**
   * What differs between the tables in the database and those that the migrations make, columns, indexes, checks and foreign keys: nothing, unless
   * somebody changed the schema by other means or migrations are pending. Looks only. Tables of plug-ins are compared as far as those say, by
   * `schema`, what their migrations make.
   *
   * @throws {STORAGE_FAILED}
   *
   * @example
   * ```ts
   * import { createCampaignKit } from "@campaignkit/core";
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   *
   * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {} });
   * await kit.migrate();
   * for (const { kind, what, table, name } of await kit.checkSchema()) console.warn(`${kind} ${what}: ${table}.${name}`);
   * await kit.stop();
   * ```
   */
  checkSchema(): Promise<readonly SchemaDifference[]> {
    return checkSchema(this.#kernel.db, Object.values(this.#plugins));
  }

  /**
   * The tables of a plug-in, by its id, as the database has them. Read from an empty database that was just migrated they are what the plug-in's
   * `schema` says for that family.
   *
   * @throws {CONFIGURATION_INVALID} for an id of no plug-in. {STORAGE_FAILED}
   *
   * @example
   * ```ts
   * import { createCampaignKit, definePlugin } from "@campaignkit/core";
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   *
   * const points = "create table loyalty_points (id integer primary key, points integer not null check (points >= 0)) strict";
   * const loyalty = definePlugin({ id: "loyalty", migrations: [{ name: "0001-points", statements: () => [points] }] });
   * const kit = createCampaignKit({ storage: sqlite(":memory:"), channels: {}, plugins: { loyalty } });
   * await kit.migrate();
   * console.log(JSON.stringify({ sqlite: await kit.schemaOf("loyalty") })); // commit it with the plug-in, as its schema
   * await kit.stop();
   * ```
   */
  async schemaOf(pluginId: string): Promise<SchemaShape> {
    const { id } = pluginOf(Object.values(this.#plugins), pluginId);
    return readSchema(this.#kernel.db, id);
  }

  /**
   * Calls the handler after each commit that records such an activity through this engine; the returned function stops it. A handler that throws
   * harms nobody: its error is logged. For what must not be missed see `subscribe`.
   *
   * @example
   * ```ts
   * import type { CampaignKit } from "@campaignkit/core";
   *
   * export function alarmOnHeldPosts(kit: CampaignKit, alarm: (text: string) => void) {
   *   return kit.on("post.held", ({ workspaceId, postId, reason }) => alarm(`${workspaceId}: the post ${postId} is held: ${reason}`));
   * }
   * ```
   */
  on<Type extends ActivityType>(type: Type, handler: EventHandler<Type>): () => void {
    return this.#kernel.events.on(type, handler);
  }

  /**
   * Calls the handler after each commit, for every activity recorded through this engine; the returned function stops it.
   *
   * @example
   * ```ts
   * import type { CampaignKit } from "@campaignkit/core";
   *
   * export function showAll(kit: CampaignKit) {
   *   return kit.onAny(({ type, subject, at }) => console.log(at.toISOString(), type, subject.id));
   * }
   * ```
   */
  onAny(handler: AnyEventHandler): () => void {
    return this.#kernel.events.onAny(handler);
  }

  /**
   * Hands every activity of every workspace and process to the handler, at least once and in order, from the beginning of the log.
   * The name keeps the place across restarts. Call it before `start`. When the handler throws, it is called again later with the same activity.
   *
   * @throws {CONFIGURATION_INVALID} when the engine runs already, or the name is taken.
   *
   * @example
   * ```ts
   * import type { Activity, CampaignKit } from "@campaignkit/core";
   *
   * export function mirror(kit: CampaignKit, write: (activity: Activity) => Promise<void>) {
   *   kit.subscribe("warehouse", write); // idempotent by `activity.id`: one may come twice
   * }
   * ```
   */
  subscribe(name: string, handler: SubscriberHandler): void {
    const subscription = new Subscription(this.#kernel, name, handler, this.#leaseMs);
    const reason = this.#runner?.running
      ? "the engine runs already"
      : this.#loops.some((loop) => loop.name === subscription.name)
        ? "the name is taken"
        : null;
    if (reason !== null) {
      throw new CampaignKitError(
        "CONFIGURATION_INVALID",
        `The subscriber "${name}" can't be added: ${reason}.`,
        { setting: "subscribe", reason },
      );
    }
    this.#loops.push(subscription);
    this.#runner = null;
  }

  /**
   * Answers the links of messages: redirects clicks, shows the open pixel, unsubscribes, shows and keeps preferences, confirms consents. Mount it
   * at `tracking.baseUrl`, for all methods and paths below. Needs no session and no cookie; a GET changes nothing but what it records. Never
   * rejects. `from` says what only your server knows of the request.
   *
   * @example
   * ```ts
   * import { createCampaignKit } from "@campaignkit/core";
   * import { sqlite } from "@campaignkit/adapter-sqlite";
   *
   * const kit = createCampaignKit({
   *   storage: sqlite(":memory:"),
   *   channels: {},
   *   tracking: { baseUrl: "https://shop.example/t" },
   * });
   * const response = await kit.trackingHandler(new Request("https://shop.example/t/u/forged"));
   * console.log(response.status); // 404
   * await kit.stop();
   * ```
   */
  trackingHandler(request: Request, from: TrackedFrom = {}): Promise<Response> {
    return this.#tracking.handle(request, from);
  }

  /**
   * Takes in a mail that came back, as raw as the mail server has it: a bounce (RFC 3464, and the older forms), a complaint (RFC 5965) or a mail to
   * an unsubscribe address. It finds its delivery by the signed name in an address that it came to, else by what it quotes of the message; records
   * the event once, however often the mail comes; and suppresses the address where that is due (`policies.bounces`). Whatever else comes is
   * `ignored`, with the reason. Needs no session: nothing but what this engine has signed is believed. Of a large mail only the beginning is read.
   *
   * @throws {CONFIGURATION_INVALID} no channel reads mail. {STORAGE_FAILED} nothing was recorded: hand it over again. {ENGINE_STOPPED}
   * {SCHEMA_OUTDATED}
   *
   * @example
   * ```ts
   * import type { CampaignKit } from "@campaignkit/core";
   *
   * // The route that the mail server, or the provider's inbound webhook, posts each raw mail to.
   * export async function inbound(kit: CampaignKit, request: Request) {
   *   const received = await kit.receiveMail(new Uint8Array(await request.arrayBuffer()));
   *   if (received.outcome === "ignored") console.log(`ignored, because ${received.reason}`);
   *   return new Response(null, { status: 204 });
   * }
   * ```
   */
  receiveMail(raw: string | Uint8Array, options: ReceiveOptions = {}): Promise<ReceivedMail> {
    return this.#receiver.receive(raw, options);
  }

  /**
   * Starts the in-process workers. Idempotent.
   *
   * @throws {SCHEMA_OUTDATED} {ENGINE_STOPPED} {STORAGE_FAILED}
   *
   * @example
   * ```ts
   * import type { CampaignKit } from "@campaignkit/core";
   *
   * export async function work(kit: CampaignKit) {
   *   await kit.start();
   *   process.once("SIGTERM", () => void kit.stop());
   * }
   * ```
   */
  async start(): Promise<void> {
    await this.#ensureReady();
    this.#listening ??= this.#kernel.driver.listen?.(NOTIFY_TOPIC, () => this.#runner?.wake()) ?? null;
    await this.#listening?.catch((error: unknown) => {
      this.#listening = null;
      throw error;
    });
    this.#assertLive();
    this.#getRunner().start();
  }

  /**
   * One round of background work, for serverless hosts and tests: call it again while it `worked`.
   *
   * @throws {SCHEMA_OUTDATED} {ENGINE_STOPPED} {STORAGE_FAILED}
   *
   * @example
   * ```ts
   * import type { CampaignKit } from "@campaignkit/core";
   *
   * export async function onTimer(kit: CampaignKit) {
   *   for (;;) {
   *     const { worked, nextDueAt } = await kit.tick();
   *     if (!worked) return nextDueAt; // null: nothing is planned
   *   }
   * }
   * ```
   */
  async tick(): Promise<TickResult> {
    await this.#ensureReady();
    this.#assertLive();
    return this.#getRunner().tick();
  }

  /**
   * Finishes what is running, then closes channels and storage. Nothing is lost: what is not done is done by the next start. Idempotent.
   *
   * @throws what a channel or the storage throws when it is closed; the rest is closed all the same.
   *
   * @example
   * ```ts
   * import type { CampaignKit } from "@campaignkit/core";
   *
   * export async function shutDown(kit: CampaignKit) {
   *   await kit.stop();
   * }
   * ```
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#shutDown();
    return this.#stopping;
  }

  async #shutDown(): Promise<void> {
    try {
      await this.#runner?.stop();
      await this.#recorder.settle();
      // Not before: what is running must be able to finish.
      this.#closed = true;
      await (await this.#listening)?.();
      await this.#notifier.settled();
      const channels = new Set(Object.values(this.#kernel.channels));
      await Promise.all([...channels].map((channel) => channel.close?.()));
    } finally {
      this.#closed = true;
      await this.#kernel.driver.close();
    }
  }

  #wake(topic?: WakeTopic): void {
    this.#runner?.wake(topic);
    this.#notifier.notify();
  }

  #assertLive(): void {
    if (this.#stopping === null) return;
    throw new CampaignKitError("ENGINE_STOPPED", STOPPED, { operation: "work" });
  }

  #getRunner(): Runner {
    this.#runner ??= new Runner(this.#loops, this.#kernel.runtime);
    return this.#runner;
  }

  async #ensureReady(joined?: SqlExecutor): Promise<void> {
    if (this.#closed) throw new CampaignKitError("ENGINE_STOPPED", STOPPED, { operation: "use" });
    this.#ready ??= this.#migrator
      .ensure(this.#kernel.runtime.clock.now(), joined)
      .catch((error: unknown) => {
        this.#ready = null;
        throw error;
      });
    await this.#ready;
  }
}
