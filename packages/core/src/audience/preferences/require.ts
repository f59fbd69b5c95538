/** Whether a post can be about a topic. */
import { validationError } from "../../kernel/validate.ts";
import type { AddressKind } from "../../ports/channel.ts";
import type { Db } from "../../storage/db.ts";
import { unknownTopic } from "./topic.ts";
import { findTopic } from "./topics-store.ts";

/** What carries a topic. */
export interface TopicUse {
  readonly workspaceId: string;
  readonly topic: string;
  /** `undefined` for a public channel, where everybody sees everything. */
  readonly address: AddressKind | undefined;
  readonly purpose: string;
}

/** Refuses a topic that the workspace does not have, or has for another channel kind or purpose. @throws {VALIDATION_FAILED} at `topic`. */
export async function requireTopic(
  db: Db,
  { workspaceId, topic: key, address, purpose }: TopicUse,
): Promise<void> {
  const topic = await findTopic(db, workspaceId, key);
  const problem =
    topic === null
      ? unknownTopic(key)
      : address === undefined
        ? "A public channel has no recipients who could opt out of a topic; leave it out."
        : topic.channel !== address
          ? `The topic "${key}" is for ${topic.channel}, the channel sends to ${address}.`
          : topic.purpose !== purpose
            ? `The topic "${key}" is for the purpose "${topic.purpose}", the post is for "${purpose}".`
            : null;
  if (problem !== null) throw validationError("post", [{ path: ["topic"], message: problem }]);
}
