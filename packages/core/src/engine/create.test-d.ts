import {
  type Activity,
  type ActivityType,
  type CampaignKit,
  type CampaignService,
  createCampaignKit,
  defineChannel,
  defineJob,
  definePlugin,
  type EngineEvent,
  handleJob,
  type JobRun,
  type Page,
  type PluginServices,
  type Post,
  type PostChange,
  type PostsService,
  type PostWithWarnings,
  react,
  type SqlDriver,
  type Unit,
  type Workspace,
} from "@campaignkit/core";
import { assertType, describe, expectTypeOf, it } from "vitest";
import { z } from "zod";

declare const storage: SqlDriver;

const parts = {
  reach: "public",
  config: z.object({}),
  capabilities: { links: false, opens: false, unsubscribe: false },
  limits: { concurrency: 1 },
  idempotency: "none",
  prepare: () => ({ links: [], warnings: [], render: () => ({ outcome: "rendered", message: "" }) as const }),
  send: async () => ({ externalId: null }),
} as const;
const text = defineChannel({ ...parts, id: "text", content: z.object({ text: z.string() }) });
const picture = defineChannel({
  ...parts,
  id: "picture",
  content: z.object({ url: z.url(), alt: z.string().default("") }),
});

interface Points {
  add(contactId: string, points: number): Promise<number>;
}
const loyalty = definePlugin({
  id: "loyalty",
  workspace: (): Points => ({ add: async (_contactId, points) => points }),
});
const bare = definePlugin({ id: "bare" });

const kit = createCampaignKit({
  storage,
  channels: { wall: text, gallery: picture },
  plugins: { points: loyalty, bare },
});
const shop = kit.workspace("shop-42", { actor: "user-7" });
type Channels = { readonly wall: typeof text; readonly gallery: typeof picture };

describe("the types of an engine", () => {
  it("CHN-1: a post takes the content of the channel that it names", () => {
    expectTypeOf(
      shop.posts.create("c", { channel: "wall", content: { text: "Hi" } }),
    ).resolves.toExtend<Post>();
    void shop.posts.create("c", { channel: "gallery", content: { url: "https://shop.example/a.png" } });
    // @ts-expect-error the content is another channel's
    void shop.posts.create("c", { channel: "gallery", content: { text: "Hi" } });
    // @ts-expect-error the field has another type
    void shop.posts.create("c", { channel: "wall", content: { text: 7 } });
    // @ts-expect-error there is no such field
    void shop.posts.create("c", { channel: "wall", content: { text: "Hi", colour: "red" } });
    // @ts-expect-error a field is missing
    void shop.posts.create("c", { channel: "wall", content: {} });
    // @ts-expect-error the host has no such channel; "text" is the kind, "wall" its name
    void shop.posts.create("c", { channel: "text", content: { text: "Hi" } });
  });

  it("CHN-1: a changed post takes the content of its channel, which is named with it", () => {
    expectTypeOf(
      shop.posts.update("p", { version: 1, sequence: 2 }),
    ).resolves.toEqualTypeOf<PostWithWarnings>();
    void shop.posts.update("p", { version: 1, channel: "wall", content: { text: "Hi" }, scheduledAt: null });
    void shop.posts.update("p", {
      version: 1,
      channel: "gallery",
      content: { url: "https://shop.example/a" },
    });
    // @ts-expect-error the content is another channel's
    void shop.posts.update("p", { version: 1, channel: "gallery", content: { text: "Hi" } });
    // @ts-expect-error the field has another type
    void shop.posts.update("p", { version: 1, channel: "wall", content: { text: 7 } });
    // @ts-expect-error there is no such field
    void shop.posts.update("p", { version: 1, channel: "wall", content: { text: "Hi", colour: "red" } });
    // @ts-expect-error a field is missing
    void shop.posts.update("p", { version: 1, channel: "gallery", content: {} });
    // @ts-expect-error whose content it is must be said
    void shop.posts.update("p", { version: 1, content: { text: "Hi" } });
    // @ts-expect-error a channel without content changes nothing: a post stays on its channel
    void shop.posts.update("p", { version: 1, channel: "wall" });
    // @ts-expect-error the host has no such channel
    void shop.posts.update("p", { version: 1, channel: "text", content: { text: "Hi" } });
    // @ts-expect-error the version that was read is needed
    void shop.posts.update("p", { sequence: 2 });
    const either = "wall" as "wall" | "gallery";
    // @ts-expect-error a name that may be either does not fit the content of one
    void shop.posts.update("p", { version: 1, channel: either, content: { text: "Hi" } });
    const change: PostChange<Channels> = { version: 1, channel: "wall", content: { text: "Hi" } };
    void shop.posts.update("p", change);
  });

  it("keeps the types inside the host's transaction", () => {
    const inside = shop.within({});
    expectTypeOf(inside).toEqualTypeOf(shop);
    // @ts-expect-error the content is another channel's
    void inside.posts.create("c", { channel: "gallery", content: { text: "Hi" } });
  });

  it("gives the services of plug-ins, by the host's names", () => {
    expectTypeOf(shop.plugins.points).toEqualTypeOf<Points>();
    expectTypeOf(shop.plugins.points.add("c", 5)).resolves.toBeNumber();
    expectTypeOf<keyof PluginServices<{ points: typeof loyalty }>>().toEqualTypeOf<"points">();
    // @ts-expect-error the plug-in's id is not its name here
    void shop.plugins.loyalty;
    // @ts-expect-error a plug-in without a service has nothing to call
    void shop.plugins.bare.add("c", 5);
    const plain = createCampaignKit({ storage, channels: {} }).workspace("shop").plugins;
    expectTypeOf<keyof typeof plain>().toEqualTypeOf<never>();
  });

  it("tells each event with what its type carries", () => {
    kit.on("member.set", (event) => {
      expectTypeOf(event).toEqualTypeOf<EngineEvent<"member.set">>();
      expectTypeOf(event.member).toBeString();
      expectTypeOf(event.at).toEqualTypeOf<Date>();
      expectTypeOf(event.type).toEqualTypeOf<"member.set">();
      // @ts-expect-error that is carried by another type
      void event.jobId;
    });
    kit.on("budget.threshold", ({ campaignId, percent }) => {
      expectTypeOf(campaignId).toBeString();
      expectTypeOf(percent).toBeNumber();
    });
    kit.onAny((event) => {
      if (event.type === "job.dead") expectTypeOf(event.jobId).toBeString();
      expectTypeOf(event.type).toEqualTypeOf<ActivityType>();
    });
    // @ts-expect-error there is no such event
    kit.on("member.promoted", () => undefined);
    expectTypeOf(shop.activity.list()).resolves.toEqualTypeOf<Page<Activity>>();
  });

  it("carries a job's payload from its order to its handler, and back as progress", () => {
    const job = defineJob<{ after: string | null }>("loyalty.expire");
    handleJob(job, async (run) => {
      expectTypeOf(run).toEqualTypeOf<JobRun<{ after: string | null }>>();
      const count = await run.step({ next: "continue", payload: { after: "x" } }, async () => 7);
      expectTypeOf(count).toBeNumber();
      // @ts-expect-error the progress is no payload of this job
      await run.step({ next: "continue", payload: { before: "x" } }, async () => undefined);
      // @ts-expect-error resting needs to know until when
      await run.step({ next: "rest" }, async () => undefined);
    });
    const order = (unit: Unit) => {
      unit.enqueue(job, { payload: { after: null }, key: "k" });
      // @ts-expect-error the payload lacks its field
      unit.enqueue(job, { payload: {} });
      unit.record("member.removed", { subject: { type: "member", id: "a" }, data: { member: "a" } });
      // @ts-expect-error the data is another activity's
      unit.record("member.removed", { subject: { type: "member", id: "a" }, data: { jobId: "a" } });
    };
    assertType<(unit: Unit) => void>(order);
    react("campaign.launched", async (_unit, { data }) => {
      expectTypeOf(data.campaignId).toBeString();
      // @ts-expect-error that is carried by another type
      void data.percent;
    });
  });

  it("lets any engine and any workspace pass where its channels and plug-ins do not matter", () => {
    const watch = (any: CampaignKit) => any.on("post.held", () => undefined);
    watch(kit);
    watch(createCampaignKit({ storage, channels: {} }));
    const activeIn = async (any: Workspace) => any.campaigns.list({ state: ["active"] });
    void activeIn(shop);
    void activeIn(shop.within({}));
    void activeIn(createCampaignKit({ storage, channels: {} }).workspace("shop"));
    const launch = async (campaigns: CampaignService) => campaigns.launch("c");
    void launch(shop.campaigns);
    const hold = async (posts: PostsService) => posts.list("c");
    void hold(shop.posts);
    // What is right for a channel is looked at when it runs, where the compiler does not know the channels.
    const write = async (posts: PostsService, channel: string, content: unknown) =>
      posts.create("c", { channel, content });
    void write(shop.posts, "wall", { text: "Hi" });
    // @ts-expect-error another service is none of campaigns
    void launch(shop.posts);
  });

  it("refuses options that are wrong", () => {
    // @ts-expect-error an engine needs a database
    createCampaignKit({ channels: {} });
    // @ts-expect-error that is no channel
    createCampaignKit({ storage, channels: { wall: { id: "wall" } } });
    // @ts-expect-error there is no such permission
    createCampaignKit({ storage, channels: {}, roles: { intern: ["campaigns:fly"] } });
    // @ts-expect-error that is no number
    createCampaignKit({ storage, channels: {}, workers: { leaseMs: "30s" } });
  });
});
