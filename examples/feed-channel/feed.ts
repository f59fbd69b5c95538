/** A public channel that publishes posts as entries of an Atom feed on disk. */
import {
  CampaignKitError,
  type Channel,
  ChannelError,
  type ChannelFailureKind,
  defineChannel,
  type Receipt,
} from "@campaignkit/core";
import { v5 } from "uuid";
import { z } from "zod";
import { entryDocument } from "./atom.ts";
import { errorCode } from "./atomic-file.ts";
import { configSchema, contentSchema, type FeedConfigInput, type FeedContentInput } from "./content.ts";
import { FeedFolder } from "./feed-folder.ts";

/** How the feed is set up. */
export interface FeedOptions {
  /** The folder on disk that a web server serves; it must exist. */
  readonly folder: string;
  /** Where that folder is served, such as `https://shop.example/news/`. */
  readonly baseUrl: string;
  readonly title: string;
  readonly author: string;
  /** How many entries `feed.xml` lists, 50 when absent. Older ones stay on disk, at their own addresses. */
  readonly maxEntries?: number;
}

const optionsSchema = z.object({
  folder: z.string().min(1),
  baseUrl: z.url({ protocol: /^https?$/ }).transform((url) => new URL(url.endsWith("/") ? url : `${url}/`)),
  title: z.string().min(1).max(200),
  author: z.string().min(1).max(200),
  maxEntries: z.int().min(1).max(1_000).default(50),
});

/** A message: an entry but for its id and its time, which come with sending. */
interface FeedMessage {
  readonly title: string;
  readonly text: string;
  readonly link: string | null;
  readonly tags: readonly string[];
}

/** What a file error means before the entry is there. What is not here passes by itself. */
const FILE_ERRORS: Readonly<Record<string, ChannelFailureKind>> = {
  ENOENT: "auth",
  ENOTDIR: "auth",
  EACCES: "auth",
  EPERM: "auth",
  EROFS: "auth",
};

function failure(doing: string, cause: unknown, outcome: "not-sent" | "unknown"): ChannelError {
  const code = errorCode(cause);
  return new ChannelError({
    kind: FILE_ERRORS[code] ?? "transient",
    outcome,
    message: `The feed's folder refused ${doing}${code === "" ? "" : ` (${code})`}.`,
    cause,
  });
}

/**
 * Makes a feed channel.
 *
 * @throws {CONFIGURATION_INVALID} naming the option.
 *
 * @example
 * ```ts
 * const news = atomFeed({ folder: "public/news", baseUrl: "https://shop.example/news/", title: "News", author: "The Shop" });
 * ```
 */
export function atomFeed(options: FeedOptions): Channel<FeedContentInput, FeedConfigInput> {
  const { folder: location, baseUrl, title, author, maxEntries } = checked(options);
  const head = { url: new URL("feed.xml", baseUrl).href, title, author };
  const folder = new FeedFolder({ folder: location, head, maxEntries });
  const namespace = v5(head.url, v5.URL);
  /** The same key makes the same name and id in every process, and nothing that is unsafe in a path. */
  const nameOf = (idempotencyKey: string): string => v5(idempotencyKey, namespace);
  const receiptOf = (name: string): Receipt => ({
    externalId: `urn:uuid:${name}`,
    url: new URL(`entries/${name}.atom`, baseUrl).href,
  });

  return defineChannel({
    id: "atom-feed",
    reach: "public",
    content: contentSchema,
    config: configSchema,
    capabilities: { links: true, opens: false, unsubscribe: false },
    limits: { concurrency: 4 },
    idempotency: "native",
    prepare({ title, text, link, tags }, { config: { category } }) {
      const terms = [...new Set(category === undefined ? tags : [category, ...tags])];
      const links = link === undefined ? [] : [link];
      const warnings =
        link === undefined
          ? [{ code: "no-link", message: "The entry leads nowhere; nothing can be clicked." }]
          : [];
      return {
        links,
        warnings,
        render: ({ urls }) => ({
          outcome: "rendered",
          message: { title, text, link: link === undefined ? null : urls.click(0, link), tags: terms },
        }),
      };
    },
    async send(message: FeedMessage, { idempotencyKey, signal, clock, logger }) {
      if (signal.aborted) throw failure("to be asked in time", signal.reason, "not-sent");
      const name = nameOf(idempotencyKey);
      const receipt = receiptOf(name);
      const entry = {
        ...message,
        id: `urn:uuid:${name}`,
        url: new URL(`entries/${name}.atom`, baseUrl).href,
        author,
        publishedAt: new Date(clock.now()),
      };
      try {
        await folder.open();
      } catch (error) {
        throw failure("to be opened", error, "not-sent");
      }
      try {
        await folder.add(name, entryDocument(entry));
        await folder.publish(logger);
      } catch (error) {
        // Once the entry is there, the next feed.xml that anybody writes brings it along. Only looking tells.
        const there = await folder.has(name).catch(() => true);
        throw failure("an entry", error, there ? "unknown" : "not-sent");
      }
      return receipt;
    },
    async lookup(idempotencyKey, { logger }) {
      const name = nameOf(idempotencyKey);
      try {
        await folder.open();
        if (!(await folder.has(name))) return null;
        await folder.publish(logger);
        return receiptOf(name);
      } catch (error) {
        throw failure("to be read", error, "unknown");
      }
    },
    preview: ({ title, text, link, tags }) => ({
      subject: title,
      text: [text, link, tags.map((tag) => `#${tag}`).join(" ")].filter(Boolean).join("\n\n"),
    }),
  });
}

function checked(options: FeedOptions): z.output<typeof optionsSchema> {
  const result = optionsSchema.safeParse(options);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const setting = `atomFeed.${issue?.path.join(".") ?? ""}`;
  const reason = issue?.message ?? "not valid";
  throw new CampaignKitError("CONFIGURATION_INVALID", `${setting} can't be used: ${reason}.`, {
    setting,
    reason,
  });
}
