/** An engine with an audience, for measuring: contacts are written straight into the tables, everything else goes the public way. */
import {
  type CampaignKit,
  type Channel,
  createCampaignKit,
  defineChannel,
  micros,
  type SqlDriver,
  systemRuntime,
} from "@campaignkit/core";
import { z } from "zod";

const WORKSPACE = "bench";

/** A channel whose far side is free: what remains is the engine's own cost. */
export function nullChannel(
  idempotency: "native" | "none",
): Channel<{ text: string }, Record<string, never>> {
  return defineChannel({
    id: "null",
    reach: "direct",
    address: "email",
    content: z.object({ text: z.string() }),
    config: z.object({}),
    capabilities: { links: false, opens: false, unsubscribe: false },
    limits: { concurrency: 50 },
    idempotency,
    prepare: ({ text }) => ({
      links: [],
      warnings: [],
      render: ({ recipient }) => ({ outcome: "rendered", message: `${recipient?.firstName} ${text}` }),
    }),
    send: async () => ({ externalId: null }),
  });
}

/** What a measurement works with. */
export interface BenchWorld {
  readonly kit: CampaignKit;
  readonly shop: ReturnType<CampaignKit["workspace"]>;
  /** A segment of so many contacts who consented. */
  audience(count: number): Promise<string>;
  /** A launched campaign to the segment, held before the first message; resolves when the fan-out is through. */
  fanOut(
    segmentId: string,
    channel: string,
    content: object,
    options?: { readonly onUnknown?: "hold" | "retry"; readonly totalMicros?: number },
  ): Promise<{ readonly campaignId: string; readonly postId: string }>;
  /** Lets it go and works until all is out. */
  drain(ids: { readonly campaignId: string; readonly postId: string }): Promise<number>;
}

/** Makes the engine. */
export async function benchWorld(
  storage: SqlDriver,
  channels: Readonly<Record<string, Channel>>,
): Promise<BenchWorld> {
  const kit = createCampaignKit({ storage, channels });
  await kit.migrate();
  const shop = kit.workspace(WORKSPACE);
  const { version } = await shop.policies.get();
  await shop.policies.set({
    version,
    approvalRequiredAbove: null,
    maxEmailsPerContactPerWeek: 1_000,
    maxActiveCampaigns: null,
  });
  const { ids } = systemRuntime();

  async function insertContacts(count: number, segmentId: string): Promise<void> {
    const rows = Array.from({ length: count }, (_, n) => ({
      id: ids.next(),
      n,
      email: `person-${ids.next()}@example.com`,
    }));
    const parameters = [JSON.stringify(rows)];
    const set =
      storage.family === "postgres"
        ? "json_to_recordset($1::json) as r(id uuid, n integer, email text)"
        : "(select value ->> 'id' as id, value ->> 'n' as n, value ->> 'email' as email from json_each(?)) as r";
    const run = (sql: string) => storage.execute({ sql: `${sql} from ${set} where true`, parameters });
    await run(`insert into ck_contacts (id, workspace_id, email, email_normalized, first_name, attributes, created_at, updated_at)
      select r.id, '${WORKSPACE}', r.email, r.email, 'Person ' || r.n, '{}', 0, 0`);
    await run(`insert into ck_consents (workspace_id, contact_id, channel, purpose, state, source, changed_at)
      select '${WORKSPACE}', r.id, 'email', 'marketing', 'granted', 'bench', 0`);
    await run(`insert into ck_segment_members (workspace_id, segment_id, contact_id, joined_at)
      select '${WORKSPACE}', ${storage.family === "postgres" ? `'${segmentId}'::uuid` : `'${segmentId}'`}, r.id, 0`);
  }

  return {
    kit,
    shop,
    async audience(count) {
      const segment = await shop.segments.create({ name: `Audience ${ids.next()}`, kind: "static" });
      for (let done = 0; done < count; done += 10_000)
        await insertContacts(Math.min(10_000, count - done), segment.id);
      if (storage.family === "postgres") await storage.execute({ sql: "analyze", parameters: [] });
      return segment.id;
    },
    async fanOut(segmentId, channel, content, { onUnknown, totalMicros } = {}) {
      const campaign = await shop.campaigns.create({
        name: "Bench",
        timeZone: "UTC",
        startsAt: new Date(),
        channels: [channel],
        segmentIds: [segmentId],
        ...(totalMicros === undefined ? {} : { budget: { total: micros("USD", totalMicros) } }),
      });
      const post = await shop.posts.create(campaign.id, {
        channel,
        content,
        ...(onUnknown === undefined ? {} : { onUnknown }),
      });
      await shop.campaigns.launch(campaign.id);
      await storage.execute({
        sql: "update ck_dispatches set state = 'held', reason = 'campaign-paused'",
        parameters: [],
      });
      let held = false;
      for (;;) {
        const { worked } = await kit.tick();
        if (!held && (await shop.posts.get(post.id)).state === "sending") {
          await shop.campaigns.pause(campaign.id);
          held = true;
        }
        if (!worked) break;
      }
      return { campaignId: campaign.id, postId: post.id };
    },
    async drain({ campaignId, postId }) {
      await shop.campaigns.resume(campaignId);
      while ((await kit.tick()).worked);
      const { sent, audience } = await shop.posts.progress(postId);
      if (sent !== audience) throw new Error(`Only ${sent} of ${audience} were sent.`);
      return sent;
    },
  };
}
