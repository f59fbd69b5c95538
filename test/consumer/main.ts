// A stranger's project: it knows only the published packages.
import assert from "node:assert/strict";
import * as postgres from "@campaignkit/adapter-postgres";
import * as sqlite from "@campaignkit/adapter-sqlite";
import * as email from "@campaignkit/channel-email";
import { CampaignKitError, type ErrorCode } from "@campaignkit/core";
import * as testing from "@campaignkit/testing";

for (const face of [postgres, sqlite, email, testing]) assert.equal(typeof face, "object");

const code: ErrorCode = "NOT_FOUND";
const error = new CampaignKitError(code, "No campaign has this id.", { entity: "campaign", id: "7" });
assert.equal(error.code, "NOT_FOUND");
assert.equal(error.details.entity, "campaign");

// @ts-expect-error a code that does not exist is no code
const wrong: ErrorCode = "NO_SUCH_CODE";
assert.equal(typeof wrong, "string");
