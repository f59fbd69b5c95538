/** Tells the workers of other processes that there is work, where the database can; seldom enough to cost nothing. */
import { sql } from "kysely";
import type { Clock, Logger } from "../ports/runtime.ts";
import type { SqlDriver } from "../ports/storage.ts";
import type { Db } from "../storage/db.ts";

/** The topic that every engine on a database listens to. */
export const NOTIFY_TOPIC = "campaignkit";

/** Notifications take a lock of the whole server at commit, so they are gathered: at most one per this time and process. */
const GATHER_MS = 20;

/** Sends notifications after commits, outside of them. */
export class Notifier {
  readonly #driver: SqlDriver;
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #sending = new Set<Promise<unknown>>();
  #gathering = false;

  constructor(driver: SqlDriver, db: Db, runtime: { readonly clock: Clock; readonly logger: Logger }) {
    this.#driver = driver;
    this.#db = db;
    this.#clock = runtime.clock;
    this.#logger = runtime.logger;
  }

  /** Asks for a notification soon. A lost one only delays others until their next poll. */
  notify(): void {
    if (this.#gathering || this.#driver.listen === undefined || this.#driver.family !== "postgres") return;
    this.#gathering = true;
    const sent = this.#send().finally(() => this.#sending.delete(sent));
    this.#sending.add(sent);
  }

  /** Resolves when nothing is on its way. */
  async settled(): Promise<void> {
    await Promise.all(this.#sending);
  }

  async #send(): Promise<void> {
    await this.#clock.sleep(GATHER_MS);
    // From here on a commit needs a notification of its own: this one may be heard before that commit can be seen.
    this.#gathering = false;
    try {
      await sql`select pg_notify(${NOTIFY_TOPIC}, '')`.execute(this.#db);
    } catch (error) {
      this.#logger.warn(
        "Other processes could not be notified; they will find the work at their next poll.",
        { error: String(error) },
      );
    }
  }
}
