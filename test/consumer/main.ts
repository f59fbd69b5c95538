// A stranger's project: it knows only the published packages.
import assert from "node:assert/strict";
import { postgres } from "@campaignkit/adapter-postgres";
import { sqlite } from "@campaignkit/adapter-sqlite";
import * as email from "@campaignkit/channel-email";
import {
  CampaignKitError,
  createCampaignKit,
  defineChannel,
  type ErrorCode,
  money,
  type SqlDriver,
} from "@campaignkit/core";
import { reportHtml } from "@campaignkit/report";
import { virtualTime } from "@campaignkit/testing";

interface Note {
  readonly body: string;
}

const sent: string[] = [];
const notes = defineChannel<Note, Note, object, object, string>({
  id: "notes",
  reach: "public",
  content: {
    "~standard": {
      version: 1,
      vendor: "consumer",
      validate: (value) =>
        typeof (value as Partial<Note> | null)?.body === "string"
          ? { value: value as Note }
          : { issues: [{ message: "body must be a text", path: ["body"] }] },
    },
  },
  config: { "~standard": { version: 1, vendor: "consumer", validate: () => ({ value: {} }) } },
  capabilities: { links: false, opens: false, unsubscribe: false },
  limits: { concurrency: 1 },
  idempotency: "none",
  prepare: (note) => ({
    links: [],
    warnings: [],
    render: () => ({ outcome: "rendered", message: note.body }),
  }),
  send: async (message) => {
    sent.push(message);
    return { externalId: null };
  },
});

const time = virtualTime();
const kit = createCampaignKit({
  storage: sqlite("consumer.db"),
  channels: { notes },
  runtime: time.runtime,
});
await kit.migrate();
await kit.workspace("shop-42").team.setMember("user-7", "owner");
await kit.tick();
const plan = { name: "Spring", timeZone: "UTC", startsAt: new Date("2027-03-01T08:00:00Z") };
const campaign = await kit.workspace("shop-42").campaigns.create(plan);
const page = reportHtml(await kit.workspace("shop-42").analytics.report(campaign.id));
assert.match(page, /<h1>Spring<\/h1>/);
await kit.stop();

const served: SqlDriver = postgres({ connectionString: "postgres://nobody@127.0.0.1:1/none" });
await assert.rejects(served.execute({ sql: "select 1", parameters: [] }), {
  code: "STORAGE_FAILED",
});
await served.close();

assert.equal(typeof email, "object");
assert.deepEqual(money("USD", 500), { currency: "USD", amountMicros: 500_000_000 });

const code: ErrorCode = "NOT_FOUND";
const error = new CampaignKitError(code, "No campaign has this id.", { entity: "campaign", id: "7" });
assert.equal(error.details.entity, "campaign");

// @ts-expect-error a code that does not exist is no code
const wrong: ErrorCode = "NO_SUCH_CODE";
assert.equal(typeof wrong, "string");
// @ts-expect-error a channel must say how it sends
const mute: Parameters<typeof defineChannel>[0] = { id: "mute", reach: "public" };
assert.equal(mute.id, "mute");
