/** The plug-in port of the engine: tables, jobs, schedules and per-workspace services brought by a third party. */
import type { JobHandler } from "../kernel/jobs/job.ts";
import type { RecurringJob } from "../kernel/jobs/schedules.ts";
import type { Reaction } from "../kernel/reactions.ts";
import type { Scope } from "../kernel/scope.ts";
import { CampaignKitError } from "../ports/errors.ts";
import type { Migration } from "../storage/migration.ts";
import type { SchemaManifest } from "../storage/schema/manifest-type.ts";

/** A plug-in. `Service` is what `shop.plugins.<name>` gives. */
export interface Plugin<Service = unknown> {
  /** Its namespace: lower-case letters and digits; its tables start with it and an underscore. */
  readonly id: string;
  /** Its schema; forward only, applied by `kit.migrate()`. */
  readonly migrations?: readonly Migration[];
  /** What the migrations make of an empty database, by family, as `kit.schemaOf` reads it: `kit.checkSchema()` compares with it. */
  readonly schema?: SchemaManifest;
  readonly jobs?: readonly JobHandler[];
  readonly schedules?: readonly RecurringJob[];
  /** What it does in the same transaction when a change is recorded. */
  readonly reactions?: readonly Reaction[];
  /** Its methods for one workspace and actor. Go to the database through the scope only. */
  workspace?(scope: Scope): Service;
}

/** The plug-ins of a host, by the host's own names. */
export type PluginRecord = Readonly<Record<string, Plugin>>;

/** What `shop.plugins` holds. */
export type PluginServices<Plugins extends PluginRecord> = {
  readonly [Name in keyof Plugins]: Plugins[Name] extends Plugin<infer Service> ? Service : never;
};

function invalid(id: string, reason: string): CampaignKitError<"CONFIGURATION_INVALID"> {
  return new CampaignKitError("CONFIGURATION_INVALID", `The plug-in id "${id}" can't be used: ${reason}.`, {
    setting: "plugins",
    reason,
  });
}

function assertId(id: string): void {
  if (/^[a-z][a-z0-9]{1,30}$/.test(id) && id !== "core" && id !== "ck") return;
  throw invalid(id, "a plug-in's id is 2 to 31 lower-case letters and digits, and neither core nor ck");
}

/** Checks a host's plug-ins: each namespace belongs to one. @throws {CONFIGURATION_INVALID} */
export function assertPlugins(plugins: readonly Plugin[]): void {
  const seen = new Set<string>();
  for (const { id } of plugins) {
    assertId(id);
    if (seen.has(id)) throw invalid(id, "two plug-ins have it, and they would share one namespace of tables");
    seen.add(id);
  }
}

/** The plug-in with that id. @throws {CONFIGURATION_INVALID} when it is none of these. */
export function pluginOf(plugins: readonly Plugin[], id: string): Plugin {
  const found = plugins.find((plugin) => plugin.id === id);
  if (found !== undefined) return found;
  const known = plugins.map((plugin) => plugin.id).join(", ") || "none";
  const reason = `the engine's plug-ins are ${known}`;
  throw new CampaignKitError("CONFIGURATION_INVALID", `There is no plug-in "${id}": ${reason}.`, {
    setting: "plugins",
    reason,
  });
}

/** Makes a plug-in, keeping the type of its service. @throws {CONFIGURATION_INVALID} for an id that can be no namespace. */
export function definePlugin<Service>(plugin: Plugin<Service>): Plugin<Service> {
  assertId(plugin.id);
  return plugin;
}
