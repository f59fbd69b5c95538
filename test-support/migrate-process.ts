/** A process that migrates one database and says what it applied, for tests that race two of them. Arguments: family, location, "migrate" or "use". */
import { postgres } from "@campaignkit/adapter-postgres";
import { sqlite } from "@campaignkit/adapter-sqlite";
import { createCampaignKit, definePlugin } from "@campaignkit/core";

const [family, location = "", how] = process.argv.slice(2);
const storage = family === "postgres" ? postgres({ connectionString: location }) : sqlite(location);
const loyalty = definePlugin({
  id: "loyalty",
  migrations: [
    {
      name: "0001-points",
      statements: ({ uuid, integer, strict }) => [
        `create table loyalty_points (contact_id ${uuid} primary key, points ${integer} not null)${strict}`,
      ],
    },
  ],
});
const kit = createCampaignKit({ storage, channels: {}, plugins: { loyalty } });
process.stdout.write("ready\n");
// The parent lets all go at once.
process.stdin.once("data", async () => {
  const applied = how === "migrate" ? (await kit.migrate()).map(({ name }) => name) : [];
  await kit.workspace(`shop-${process.pid}`).team.setMember("ann", "owner");
  process.stdout.write(`${JSON.stringify({ applied })}\n`);
  await kit.stop();
  process.stdin.destroy();
});
