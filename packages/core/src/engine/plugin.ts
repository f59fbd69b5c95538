/** The plug-in port of the engine: tables, jobs, schedules and per-workspace services brought by a third party. */
import type { JobHandler } from "../kernel/jobs/job.ts";
import type { RecurringJob } from "../kernel/jobs/schedules.ts";
import type { Scope } from "../kernel/scope.ts";
import { CampaignKitError } from "../ports/errors.ts";
import type { Migration } from "../storage/migration.ts";

/** A plug-in. `Service` is what `shop.plugins.<name>` gives. */
export interface Plugin<Service = unknown> {
  /** Its namespace: lower-case letters and digits; its tables start with it and an underscore. */
  readonly id: string;
  /** Its schema; forward only, applied by `kit.migrate()`. */
  readonly migrations?: readonly Migration[];
  readonly jobs?: readonly JobHandler[];
  readonly schedules?: readonly RecurringJob[];
  /** Its methods for one workspace and actor. Go to the database through the scope only. */
  workspace?(scope: Scope): Service;
}

/** The plug-ins of a host, by the host's own names. */
export type PluginRecord = Readonly<Record<string, Plugin>>;

/** What `shop.plugins` holds. */
export type PluginServices<Plugins extends PluginRecord> = {
  readonly [Name in keyof Plugins]: Plugins[Name] extends Plugin<infer Service> ? Service : never;
};

/** Makes a plug-in, keeping the type of its service. @throws {CONFIGURATION_INVALID} for an id that can be no namespace. */
export function definePlugin<Service>(plugin: Plugin<Service>): Plugin<Service> {
  if (/^[a-z][a-z0-9]{1,30}$/.test(plugin.id) && plugin.id !== "core" && plugin.id !== "ck") return plugin;
  const reason = "a plug-in's id is 2 to 31 lower-case letters and digits, and neither core nor ck";
  throw new CampaignKitError(
    "CONFIGURATION_INVALID",
    `The plug-in id "${plugin.id}" can't be used: ${reason}.`,
    { setting: "plugins", reason },
  );
}
