/** What every part of the engine stands on: the runtime, the database, the channels, and the ways to tell others of a change. */
import type { ChannelRecord } from "../ports/channel.ts";
import type { MachineRules } from "../ports/machines.ts";
import type { Runtime } from "../ports/runtime.ts";
import type { SqlDriver, SqlExecutor } from "../ports/storage.ts";
import type { Db, DbFactory } from "../storage/db.ts";
import type { RoleTable } from "./access.ts";
import type { EngineEvent } from "./activity/types.ts";
import type { EventBus } from "./events.ts";
import type { ReactionTable } from "./reactions.ts";
import type { Telemetry } from "./telemetry.ts";

/** Parts of the engine that sleep until there is work: `activity` to be sealed, a `feed` of sealed ones to be handed over. */
export type WakeTopic = "jobs" | "delivery" | "activity" | "feed";

/** Where tracked links point, and what signs them. */
export interface TrackingSettings {
  /** The public base of `kit.trackingHandler`, without a trailing slash; `null`: the host serves none. */
  readonly baseUrl: string | null;
  /** The key that signs tokens: the host's, or one made once and kept in the database. Not inside a transaction. */
  signingKey(): Promise<Uint8Array>;
  /** The keys whose tokens are honoured: that one, and those before it as long as the host names them. Not inside a transaction. */
  verificationKeys(): Promise<readonly Uint8Array[]>;
  /** The query parameter in which a click's token is handed to the host's page; `null`: it is not. */
  readonly clickParameter: string | null;
  /** Where an invisible link in each message leads, which no person follows; `null`: messages have none. */
  readonly honeypot: string | null;
  /** What tells machines from people among those who follow tracked links. */
  readonly machines: MachineRules;
}

/** The engine's common ground. One per engine; nothing in it is global. */
export interface Kernel {
  readonly runtime: Runtime;
  readonly driver: SqlDriver;
  readonly databases: DbFactory;
  /** The database outside any transaction. */
  readonly db: Db;
  readonly channels: ChannelRecord;
  readonly roles: RoleTable;
  readonly events: EventBus;
  /** What features do in the same transaction when others record a change. */
  readonly reactions: ReactionTable;
  readonly tracking: TrackingSettings;
  /** Metrics and traces, if the host wants them. */
  readonly telemetry: Telemetry;
  /** Resolves when the schema fits the code, as seen through the host's transaction if there is one. @throws {SCHEMA_OUTDATED} */
  ready(joined?: SqlExecutor): Promise<void>;
  /** Tells the sleeping workers of this process, and of others where the database can, that there is work. */
  wake(topic: WakeTopic): void;
  /** Keeps activities written in a host's transaction, to announce them once they are seen committed. */
  announceLater(events: readonly EngineEvent[]): void;
}
