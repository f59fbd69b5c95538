/** Sends one claimed batch: intents a little ahead, so many calls at once as the channel allows, results journalled as they come. */
import type PQueue from "p-queue";
import type { Kernel } from "../kernel/kernel.ts";
import type { MessageUrls, RenderContext, ReturnTokens, SendContext } from "../ports/channel.ts";
import { ChannelError } from "../ports/errors.ts";
import type { AccountReport } from "./accounts/account.ts";
import type { Starts } from "./accounts/starts.ts";
import { errorText } from "./answer.ts";
import type { Batch, Ready } from "./batch.ts";
import { BatchJournal } from "./journal.ts";
import { type Attempt, type Settlement, settlementOf } from "./outcome.ts";
import type { Patience } from "./patience.ts";
import type { PreparedEntry } from "./prepared-posts.ts";

/** How many intents are written at once, at least; with the calls in flight the bound on what a crash leaves uncertain. */
const MIN_CHUNK = 20;

/** What sending a batch needs. */
export interface SendFrame {
  readonly kernel: Kernel;
  readonly batch: Batch;
  readonly entry: PreparedEntry;
  /** The calls of this channel in this process, bounded in number. */
  readonly calls: PQueue;
  readonly urlsFor: (deliveryId: string) => MessageUrls;
  readonly returnsFor: (deliveryId: string) => ReturnTokens;
  readonly leaseMs: number;
  /** The wait after the first failed attempt. */
  readonly retryBaseMs: number;
  /** Bounds how long one call may take. */
  readonly patience: Patience;
  readonly part: number;
  readonly signal: AbortSignal;
  /** What the channel's rate allows of it. */
  readonly starts: Starts;
  /** Told of each attempt: so many failures in a row stop the batch. */
  readonly report: AccountReport;
  /** Told when the far side asks for rest. */
  readonly slow: (ms: number) => void;
  /** Whether the far side has asked for rest: what has not been started waits, too. */
  readonly isResting: () => boolean;
}

/** Sends what it can of the batch and ends the claim. Resolves when nothing of it is in flight any more. */
export async function sendBatch(frame: SendFrame): Promise<void> {
  const { kernel, batch, leaseMs, part } = frame;
  const journal = new BatchJournal({ kernel, batch, leaseMs, part });
  try {
    await sendThrough(frame, journal);
  } catch (error) {
    // Else its lease would be kept for as long as the process lives, and nobody else could decide about it.
    journal.abandon("the batch came to no end");
    throw error;
  }
}

async function sendThrough(frame: SendFrame, journal: BatchJournal): Promise<void> {
  const { kernel, batch, entry } = frame;
  const tried = new Set<string>();
  const intended = new Set<string>();
  const running = new Set<Promise<void>>();
  const chunkSize = Math.max(MIN_CHUNK, entry.channel.limits.concurrency);
  const { clock } = kernel.runtime;
  const mayStart = (): boolean =>
    !frame.signal.aborted && journal.mayProceed && !frame.report.tripped && !frame.isResting();
  const priority = batch.post.purpose === "transactional" ? 1 : 0;

  const start = (delivery: Ready): void => {
    const call = frame.calls
      .add(
        async () => {
          // Between the intent and its turn the post may have been paused or the lease run short, or it has become quiet where the recipient is.
          if (!mayStart() || clock.now() >= delivery.closesAt) return;
          const taken = frame.starts.take();
          if (taken !== true && !((await taken) && mayStart())) return;
          tried.add(delivery.id);
          journal.add({ delivery, settlement: await attempt(frame, delivery), at: clock.now() });
        },
        { priority },
      )
      .finally(() => running.delete(call));
    running.add(call);
  };

  for (let offset = 0; offset < batch.deliveries.length && mayStart(); offset += chunkSize) {
    const chunk = batch.deliveries.slice(offset, offset + chunkSize);
    const needIntent = chunk
      .filter(({ onUnknown }) => onUnknown === "hold" || onUnknown === "lookup")
      .map(({ id }) => id);
    if (needIntent.length > 0) for (const id of await journal.intend(needIntent)) intended.add(id);
    if (!mayStart()) break;
    for (const delivery of chunk) {
      if (!needIntent.includes(delivery.id) || intended.has(delivery.id)) start(delivery);
    }
    // The next intents are written while the last calls of these are out: never many more than are in flight.
    while (running.size > chunkSize / 2) await Promise.race(running);
  }
  await Promise.all(running);
  const untried = batch.deliveries.filter(({ id }) => !tried.has(id));
  await journal.finish({ untried });
}

/** One attempt, from rendering to its meaning. Never throws. */
async function attempt(frame: SendFrame, delivery: Ready): Promise<Settlement> {
  const { batch, kernel } = frame;
  const rendered = render(frame, delivery);
  if (rendered.outcome === "settled") return rendered.settlement;
  const { clock, random, logger } = kernel.runtime;
  const startedAt = clock.monotonic();
  const result = await call(frame, delivery, rendered.message);
  frame.report.note(result);
  const settlement = settlementOf(result, {
    policy: delivery.onUnknown,
    attempts: delivery.attempts + 1,
    retryBaseMs: frame.retryBaseMs,
    chance: random.next(),
  });
  kernel.telemetry.attempt(batch.post.channel, settlement.to, clock.monotonic() - startedAt);
  if (settlement.to === "pending" && settlement.slowMs !== undefined) frame.slow(settlement.slowMs);
  if (result.kind === "error") {
    logger.debug("A message was not accepted.", {
      channel: batch.post.channel,
      deliveryId: delivery.id,
      to: settlement.to,
    });
  }
  return settlement;
}

type RenderStep =
  | { readonly outcome: "message"; readonly message: unknown }
  | { readonly outcome: "settled"; readonly settlement: Settlement };

function render({ entry, batch, urlsFor, returnsFor }: SendFrame, delivery: Ready): RenderStep {
  const context: RenderContext = {
    recipient: delivery.recipient,
    campaign: { id: batch.campaign.id, name: batch.campaign.name },
    urls: urlsFor(delivery.id),
    returns: returnsFor(delivery.id),
    idempotencyKey: delivery.id,
  };
  try {
    const rendered = entry.prepared.render(context);
    if (rendered.outcome === "rendered") return { outcome: "message", message: rendered.message };
    const error = `The contact lacks ${rendered.fields.join(", ")}.`;
    const to = rendered.policy === "skip" ? "skipped" : "failed";
    return { outcome: "settled", settlement: { to, reason: "missing-field", error } };
  } catch (error) {
    return {
      outcome: "settled",
      settlement: { to: "failed", reason: "render-failed", error: errorText(error) },
    };
  }
}

/** The call to the far side. An outcome that is unknown on a channel that can be asked is asked for before it counts. */
async function call(frame: SendFrame, delivery: Ready, message: unknown): Promise<Attempt> {
  const { kernel, entry } = frame;
  try {
    return await frame.patience.bound(async (signal): Promise<Attempt> => {
      const context: SendContext<unknown> = {
        config: entry.config,
        idempotencyKey: delivery.id,
        signal,
        clock: kernel.runtime.clock,
        fetch: kernel.runtime.fetch,
        logger: kernel.runtime.logger,
      };
      if (delivery.onUnknown === "lookup" && delivery.doubt !== "") {
        const found = await lookUp(frame, context);
        if (found !== null) return found;
      }
      return { kind: "accepted", receipt: await entry.channel.send(message, context) };
    });
  } catch (error) {
    return { kind: "error", error };
  }
}

/**
 * Asks the channel whether an earlier attempt went out; `null` when it certainly did not.
 *
 * @throws {CHANNEL_FAILED} with outcome `unknown` when there is no answer: the earlier attempt stays unknown, whatever the channel calls it.
 */
async function lookUp({ entry }: SendFrame, context: SendContext<unknown>): Promise<Attempt | null> {
  try {
    const receipt = await entry.channel.lookup?.(context.idempotencyKey, context);
    return receipt ? { kind: "accepted", receipt } : null;
  } catch (cause) {
    throw new ChannelError({
      kind: "transient",
      outcome: "unknown",
      message: "The channel could not say whether it went out.",
      cause,
    });
  }
}
