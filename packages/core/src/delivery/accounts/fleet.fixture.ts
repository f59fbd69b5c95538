/** Several processes on one database and one clock, all of which have the same channel. */
import { type CampaignKit, createCampaignKit, type NewPost, type WorkerOptions } from "@campaignkit/core";
import type { TestDatabase } from "@campaignkit/test-support/each-database";
import {
  type ScriptedChannel,
  type ScriptedChannelOptions,
  scriptedChannel,
  type VirtualTime,
  virtualTime,
} from "@campaignkit/testing";

type Kit = CampaignKit<{ mail: ScriptedChannel }>;

/** The processes, and what they share. */
export interface Fleet {
  readonly time: VirtualTime;
  readonly mail: ScriptedChannel;
  readonly kits: readonly Kit[];
  /** A launched campaign of a workspace with one post to so many contacts of its own. */
  launch(
    workspace: string,
    people: number,
    post?: Partial<NewPost<{ mail: ScriptedChannel }, "mail">>,
  ): Promise<{ readonly campaignId: string; readonly postId: string }>;
  stop(): Promise<void>;
}

export function fleet(
  database: TestDatabase,
  options: Partial<ScriptedChannelOptions>,
  {
    size = 1,
    workers = {},
    startAt,
  }: { readonly size?: number; readonly workers?: WorkerOptions; readonly startAt?: string } = {},
): Fleet {
  const time = virtualTime(startAt === undefined ? {} : { startAt: new Date(startAt) });
  const mail = scriptedChannel({ reach: "direct", ...options });
  const kits = Array.from({ length: size }, () =>
    createCampaignKit({ storage: database.connect(), channels: { mail }, runtime: time.runtime, workers }),
  );
  let campaigns = 0;
  return {
    time,
    mail,
    kits,
    async launch(workspace, people, post = {}) {
      campaigns += 1;
      const shop = (kits[0] as Kit).workspace(workspace);
      const consents = [{ channel: "email", state: "granted", source: "form" }] as const;
      const addresses = Array.from({ length: people }, (_, n) => `c${campaigns}-p${n}@example.com`);
      const { items } = await shop.contacts.upsertMany(addresses.map((email) => ({ email, consents })));
      const segment = await shop.segments.create({ name: `S${campaigns}`, kind: "static" });
      const contactIds = items.flatMap((item) => ("contactId" in item ? [item.contactId] : []));
      await shop.segments.addMembers(segment.id, contactIds);
      const { id } = await shop.campaigns.create({
        name: `C${campaigns}`,
        timeZone: "UTC",
        startsAt: time.now(),
        channels: ["mail"],
        segmentIds: [segment.id],
      });
      const created = await shop.posts.create(id, { channel: "mail", content: { text: "Hello" }, ...post });
      await shop.campaigns.launch(id);
      return { campaignId: id, postId: created.id };
    },
    async stop() {
      for (const kit of kits) await kit.stop();
    },
  };
}
