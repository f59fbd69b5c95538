/** Everything that the steps of the demo stand on: the mail server's process, the engine, and the run's folder. */
import { CampaignKitError } from "@campaignkit/core";
import type { Options } from "./arguments.ts";
import { makeEngine, type ShopKit, type ShopWorkspace } from "./engine.ts";
import { FileLogger } from "./file-logger.ts";
import { type MailServer, startMailServer } from "./mail/mail-server.ts";
import { Maildir } from "./mail/maildir.ts";
import type { RunFolder, RunNote } from "./run-folder.ts";
import type { Terminal } from "./terminal.ts";

/** What a run is given. */
export interface Surroundings {
  readonly options: Options;
  readonly folder: RunFolder;
  readonly note: RunNote;
  readonly terminal: Terminal;
  /** Aborts when the user wants to stop. */
  readonly signal: AbortSignal;
  /** What the program takes before there is anything to do. */
  readonly baselineBytes: number;
}

/** What the steps share. */
export interface Stage extends Surroundings {
  readonly kit: ShopKit;
  /** The run's workspace, as the host itself. */
  readonly shop: ShopWorkspace;
  readonly mailServer: MailServer;
  /** What the mail server has delivered. */
  readonly mail: Maildir;
}

/** Whom the mail server turns away: about one in ninety for good, a few until they try again. */
const RECEPTION = { unknownPerMille: 11, greylisted: 3 };

/** Opens the stage, plays on it, and closes it again, whatever happens. */
export async function onStage<Result>(
  surroundings: Surroundings,
  play: (stage: Stage) => Promise<Result>,
): Promise<Result> {
  const { options, folder, note } = surroundings;
  const mail = new Maildir(folder.file("mail"));
  await mail.open();
  const mailServer = await startMailServer(folder.file("mail"), RECEPTION);
  const logger = new FileLogger(folder.file("engine.log"));
  const kit = makeEngine({
    postgres: options.postgres,
    sqliteFile: folder.file("shop.db"),
    smtpPort: mailServer.port,
    logger,
  });
  try {
    await reach(kit, options.postgres);
    return await play({ ...surroundings, kit, mail, mailServer, shop: kit.workspace(note.workspaceId) });
  } finally {
    await kit.stop();
    await mailServer.stop();
    logger.close();
  }
}

/** Brings the database's schema up to date. @throws {Error} that says what to look at when the database can't be used */
async function reach(kit: ShopKit, postgres: string | null): Promise<void> {
  try {
    await kit.migrate();
  } catch (error) {
    if (postgres === null || !CampaignKitError.is(error, "STORAGE_FAILED")) throw error;
    const { host, pathname } = new URL(postgres);
    const where = `the database "${pathname.slice(1)}" at ${host || "this machine"}`;
    throw new Error(`${error.message} Does ${where} run, and may the user of --postgres make tables in it?`, {
      cause: error,
    });
  }
}
