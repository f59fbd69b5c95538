/** The far side of a scripted channel: what it took, how often it was asked, and who waits for an answer. */
import { ChannelError, type Receipt, type SendContext } from "@campaignkit/core";
import { toMs } from "../time/duration.ts";
import { spend } from "../time/virtual-clock.ts";
import type {
  Acceptance,
  LookupStep,
  ScriptedConfig,
  ScriptedMessage,
  SendAttempt,
  SendScript,
  SendStep,
} from "./script.ts";

/** A send that hangs ends by itself after this; a caller that waits so long has no time-out. */
const LONGEST_HANG = "1h";

function died(what: string): ChannelError {
  return new ChannelError({
    kind: "transient",
    outcome: "unknown",
    message: `The scripted far side ${what}; whether it took the message is not known.`,
  });
}

function leftBefore(): ChannelError {
  return new ChannelError({
    kind: "transient",
    outcome: "not-sent",
    message: "The send was told to stop before it began.",
  });
}

/** Follows the script and keeps the truth. */
export class FarSide {
  readonly accepted: Acceptance[] = [];
  readonly attempts: SendAttempt[] = [];
  readonly lookups: string[] = [];
  readonly #script: SendScript;
  readonly #lookupScript: readonly LookupStep[];
  /** Whether a repeated key is taken for the same message. */
  readonly #native: boolean;
  readonly #held: ((step: Exclude<SendStep, "hold">) => void)[] = [];
  readonly #watchers = new Set<() => void>();

  constructor(parts: { script: SendScript; lookupScript: readonly LookupStep[]; native: boolean }) {
    this.#script = parts.script;
    this.#lookupScript = parts.lookupScript;
    this.#native = parts.native;
  }

  get held(): number {
    return this.#held.length;
  }

  send(message: ScriptedMessage, context: SendContext<ScriptedConfig>): Promise<Receipt> {
    const { idempotencyKey } = context;
    const attempt = this.attempts.filter((earlier) => earlier.idempotencyKey === idempotencyKey).length + 1;
    const asked = { idempotencyKey, number: this.attempts.length + 1, attempt, message };
    this.attempts.push(asked);
    if (context.signal.aborted) return Promise.reject(leftBefore());
    const step = typeof this.#script === "function" ? this.#script(asked) : this.#script[asked.number - 1];
    return this.#perform(step ?? "accept", message, context);
  }

  async lookup(idempotencyKey: string): Promise<Receipt | null> {
    const step = this.#lookupScript[this.lookups.length] ?? "answer";
    this.lookups.push(idempotencyKey);
    if (step !== "answer") {
      throw new ChannelError({
        kind: step.fail,
        outcome: "unknown",
        message: `The scripted far side did not answer the question for a message: ${step.fail}.`,
        ...(step.retryAfterMs === undefined ? {} : { retryAfterMs: step.retryAfterMs }),
      });
    }
    const taken = this.accepted.find((acceptance) => acceptance.idempotencyKey === idempotencyKey);
    return taken === undefined ? null : { externalId: taken.externalId };
  }

  /** Lets held sends go on, in the order they came. */
  release(step: Exclude<SendStep, "hold">, count: number): void {
    for (const goOn of this.#held.splice(0, count)) goOn(step);
  }

  /** Resolves once that many sends are held. */
  untilHeld(count: number): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.#held.length < count) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  async #perform(
    step: SendStep,
    message: ScriptedMessage,
    context: SendContext<ScriptedConfig>,
  ): Promise<Receipt> {
    if (step === "hold") return this.#perform(await this.#hold(context.signal), message, context);
    if (step === "accept") return this.#accept(message, context);
    if ("hang" in step) {
      if (step.hang === "accepted") this.#accept(message, context);
      await spend(context.clock, toMs(LONGEST_HANG), context.signal);
      throw died("did not answer");
    }
    if (step.takes !== undefined) await spend(context.clock, toMs(step.takes), context.signal);
    if (context.signal.aborted) throw died("was left before it answered");
    if ("accept" in step) return { ...this.#accept(message, context), ...step.accept };
    if ("crash" in step) throw step.crash;
    if ("unknown" in step) {
      if (step.unknown === "accepted") this.#accept(message, context);
      throw died("broke the connection");
    }
    throw new ChannelError({
      kind: step.fail,
      outcome: "not-sent",
      message: `The scripted far side refused: ${step.fail}.`,
      ...(step.retryAfterMs === undefined ? {} : { retryAfterMs: step.retryAfterMs }),
    });
  }

  #hold(signal: AbortSignal): Promise<Exclude<SendStep, "hold">> {
    return new Promise((resolve) => {
      const goOn = (step: Exclude<SendStep, "hold">): void => {
        signal.removeEventListener("abort", giveUp);
        resolve(step);
      };
      const giveUp = (): void => {
        this.#held.splice(this.#held.indexOf(goOn), 1);
        resolve({ unknown: "lost" });
      };
      signal.addEventListener("abort", giveUp, { once: true });
      this.#held.push(goOn);
      for (const look of this.#watchers) look();
    });
  }

  #accept(message: ScriptedMessage, context: SendContext<ScriptedConfig>): Receipt {
    const { idempotencyKey, config, clock } = context;
    const known = this.#native && this.accepted.find((other) => other.idempotencyKey === idempotencyKey);
    if (known) return { externalId: known.externalId };
    const externalId = `scripted-${this.accepted.length + 1}`;
    this.accepted.push({ idempotencyKey, externalId, at: new Date(clock.now()), message, config });
    return { externalId };
  }
}
