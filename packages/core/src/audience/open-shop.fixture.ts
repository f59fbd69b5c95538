/** What the audience's tests stand on: an engine on a fresh database, a workspace, and the door to its units. */
import { createCampaignKit, definePlugin, type Scope, type SqlDriver } from "@campaignkit/core";
import type { TestDatabase } from "@campaignkit/test-support/each-database";
import { virtualTime } from "@campaignkit/testing";

const door = definePlugin({ id: "door", workspace: (scope: Scope) => scope });

/** An engine with workspaces `shop` and `other` in it. Stop it at the end. */
export async function openShop(database: () => Promise<TestDatabase>) {
  const time = virtualTime();
  const opened = await database();
  const storage: SqlDriver = opened.connect();
  const kit = createCampaignKit({ storage, channels: {}, plugins: { door }, runtime: time.runtime });
  const shop = kit.workspace("shop");
  const other = kit.workspace("other");
  return {
    time,
    kit,
    shop,
    other,
    opened,
    storage,
    scope: shop.plugins.door,
    otherScope: other.plugins.door,
  };
}
