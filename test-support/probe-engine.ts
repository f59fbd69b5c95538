/** An engine with a plug-in that lets a test into the kernel: scopes, jobs, schedules and reactions of its own. */
import {
  type CampaignKit,
  createCampaignKit,
  definePlugin,
  type JobHandler,
  type Plugin,
  type Reaction,
  type RecurringJob,
  type Scope,
  type SqlDriver,
  type WorkerOptions,
} from "@campaignkit/core";
import type { VirtualTime } from "@campaignkit/testing";

/** What such an engine is made of. */
export interface ProbeOptions {
  readonly storage: SqlDriver;
  readonly time: VirtualTime;
  readonly jobs?: readonly JobHandler[];
  readonly schedules?: readonly RecurringJob[];
  readonly reactions?: readonly Reaction[];
  readonly migrations?: Plugin["migrations"];
  readonly workers?: WorkerOptions;
}

/** The engine, and the door into it. */
export interface ProbeEngine {
  readonly kit: CampaignKit<Record<never, never>, { readonly probe: Plugin<Scope> }>;
  /** The workspace "shop", as the host. */
  readonly scope: Scope;
  scopeOf(workspace: string, actor?: string): Scope;
}

export function probeEngine({ storage, time, workers = {}, ...parts }: ProbeOptions): ProbeEngine {
  const { jobs = [], schedules = [], reactions = [], migrations = [] } = parts;
  const probe = definePlugin({
    id: "probe",
    jobs,
    schedules,
    reactions,
    migrations,
    workspace: (scope): Scope => scope,
  });
  const kit = createCampaignKit({
    storage,
    channels: {},
    plugins: { probe },
    runtime: time.runtime,
    workers,
  });
  const scopeOf = (workspace: string, actor?: string): Scope =>
    kit.workspace(workspace, actor === undefined ? {} : { actor }).plugins.probe;
  return { kit, scope: scopeOf("shop"), scopeOf };
}
