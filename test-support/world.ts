/** A workspace in which everything has happened, for tests that try to reach into it from elsewhere. */
import {
  createCampaignKit,
  defineJob,
  definePlugin,
  handleJob,
  money,
  type Scope,
  type SqlDriver,
} from "@campaignkit/core";
import { scriptedChannel, type VirtualTime, virtualTime } from "@campaignkit/testing";

/** Stands in every text of a workspace's records, so that it can be found where it must not be. */
export const markerOf = (workspaceId: string): string => `secret of ${workspaceId}`;

const doomed = defineJob<{ note: string }>("probe.doomed", { maxAttempts: 1 });

/** Two channels; what a send to an address does is told by the address. */
function channels() {
  return {
    news: scriptedChannel({
      reach: "direct",
      script: ({ message }) => {
        const address = message.to?.address ?? "";
        if (address.startsWith("uncertain")) return { unknown: "accepted" };
        return address.startsWith("failing") ? { fail: "rejected-recipient" } : "accept";
      },
    }),
    wall: scriptedChannel({ reach: "public" }),
  };
}

/** An engine whose workspaces can be filled. */
export function openWorlds(storage: SqlDriver, time: VirtualTime = virtualTime()) {
  const probe = definePlugin({
    id: "probe",
    jobs: [
      handleJob(doomed, async ({ payload }) => {
        throw new Error(payload.note);
      }),
    ],
    workspace: (scope): Scope => scope,
  });
  const kit = createCampaignKit({
    storage,
    channels: channels(),
    plugins: { probe },
    runtime: time.runtime,
    roles: { nobody: [] },
    tracking: { baseUrl: "https://track.example", signingKey: "a key for tests that is long enough" },
  });
  return { kit, time, storage, probeOf: (id: string): Scope => kit.workspace(id).plugins.probe };
}

/** Engines that can hold worlds. */
export type Worlds = ReturnType<typeof openWorlds>;
/** The ids of what a workspace holds. */
export type World = Awaited<ReturnType<typeof fillWorkspace>>;

/** Makes one of everything in the workspace, by the public API, and lets it happen. */
export async function fillWorkspace({ kit, time, probeOf }: Worlds, workspaceId: string) {
  const shop = kit.workspace(workspaceId);
  const marker = markerOf(workspaceId);
  const host = workspaceId.replace(/[^a-z0-9]/g, "");
  const consent = { channel: "email", state: "granted", source: marker } as const;
  await shop.attributes.define({ name: "plan", type: "text", description: marker });
  const people = await Promise.all(
    ["ann", "bob", "failing", "uncertain"].map((name) =>
      shop.contacts.upsert({
        externalId: `${name}-${host}`,
        email: `${name}@${host}.example`,
        firstName: marker,
        attributes: { plan: marker },
        consents: [consent],
      }),
    ),
  );
  const [ann, bob] = people.map(({ contact }) => contact.id);
  if (ann === undefined || bob === undefined) throw new Error("no contacts");
  const topic = `topic-of-${host}`;
  await shop.preferences.topics.define({ key: topic, name: marker });
  for (const id of [ann, bob]) {
    await shop.preferences.setTopic(id, { topic, state: "opted-in", source: marker });
    await shop.preferences.setCadence(id, { channel: "email", maxPerWeek: 50, source: marker });
    await shop.consents.request(id, {
      channel: "email",
      purpose: "news",
      source: marker,
      evidence: { marker },
    });
  }
  await shop.suppressions.add({
    channel: "email",
    address: `gone@${host}.example`,
    reason: "manual",
    source: marker,
  });
  const imported = await shop.contacts.import([{ email: "no address", firstName: marker }], {
    format: "objects",
  });
  const segment = await shop.segments.create({ kind: "static", name: `All ${marker}` });
  await shop.segments.addMembers(
    segment.id,
    people.map(({ contact }) => contact.id),
  );
  const dynamic = await shop.segments.create({
    kind: "dynamic",
    name: `Plan ${marker}`,
    criteria: { type: "attribute", name: "plan", test: { is: "equals", value: marker } },
  });
  await shop.segments.refresh(dynamic.id);
  await shop.policies.set({
    version: (await shop.policies.get()).version,
    approvalRequiredAbove: null,
  });
  await shop.exchangeRates.set({ from: "EUR", to: "USD", date: "2027-01-01", rate: "1.1" });

  const folder = await shop.campaigns.folders.create({ name: `Folder ${marker}` });
  const plan = {
    timeZone: "Europe/Berlin",
    startsAt: new Date(time.now().getTime() + 60_000),
    channels: ["news", "wall"],
    segmentIds: [segment.id],
    tags: [`tag ${marker}`],
    folderId: folder.id,
    budget: { total: money("EUR", 500) },
    kpis: [{ name: "reach", target: 100, unit: "people" }],
    milestones: [{ name: marker, dueAt: new Date(time.now().getTime() + 120_000) }],
  } as const;
  const running = await shop.campaigns.create({ name: `Running ${marker}`, ...plan });
  const draft = await shop.campaigns.create({ name: `Draft ${marker}`, ...plan });
  const post = await shop.posts.create(running.id, {
    channel: "news",
    content: { text: `Hello {{ firstName }} https://shop.example/${host}` },
  });
  const draftPost = await shop.posts.create(draft.id, {
    channel: "wall",
    content: { text: marker },
    draft: true,
  });
  await shop.campaigns.launch(running.id);
  await probeOf(workspaceId).write("team:write", async (unit) =>
    unit.enqueue(doomed, { payload: { note: marker } }),
  );
  await time.advance("2h", kit);
  const reservation = await shop.budgets.reserve(running.id, {
    key: marker,
    amount: money("EUR", 1),
    kind: "tool",
    note: marker,
  });
  await shop.events.track({
    id: `event ${marker}`,
    type: "conversion",
    campaignId: running.id,
    contactId: ann,
    value: money("EUR", 49.9),
    properties: { marker },
  });
  const deliveries = (await shop.deliveries.list({ postId: post.id })).items;
  const inState = (state: string): string =>
    deliveries.find((delivery) => delivery.state === state)?.id ?? "";
  const deadJob = (await shop.jobs.listDead()).items[0]?.id ?? "";
  return {
    workspaceId,
    marker,
    host,
    ann,
    bob,
    topic,
    segment: segment.id,
    segmentVersion: segment.version,
    dynamic: dynamic.id,
    folder: folder.id,
    import: imported.importId,
    running: running.id,
    draft: draft.id,
    draftVersion: draft.version,
    milestone: draft.milestones[0]?.id ?? "",
    post: post.id,
    draftPost: draftPost.id,
    draftPostVersion: draftPost.version,
    sent: inState("sent"),
    failed: inState("failed"),
    uncertain: inState("uncertain"),
    reservation: reservation.id,
    deadJob,
  };
}
