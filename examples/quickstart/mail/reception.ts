/** How the mail server receives: which mailboxes it does not know, whom it makes wait, and whose mail it keeps. */
import { createHash } from "node:crypto";

/** Whom a server turns away. */
export interface Reception {
  /** Of a thousand mailboxes, how many are unknown to it. */
  readonly unknownPerMille: number;
  /** How many senders' first attempts it puts off altogether. */
  readonly greylisted: number;
}

/** One in so many mailboxes is greylisted, until as many as asked for have been. */
const GREYLIST_ONE_IN = 20;

/** What the server answers to a recipient. */
export type Answer = "accept" | "unknown" | "wait";

/** A number from 0 to 1 that belongs to an address for good; `purpose` makes independent ones. */
function fractionOf(address: string, purpose: string): number {
  return (
    createHash("sha256").update(`${purpose}\n${address.toLowerCase()}`).digest().readUInt32BE(0) / 2 ** 32
  );
}

/** Whether the message is among the share that is kept to be read; the others are only noted. */
export function isKept(address: string, share: number): boolean {
  return fractionOf(address, "keep") < share;
}

/** Answers to recipients. `waited`: those who were made wait; the server remembers them as long as it runs. */
export function answerTo(address: string, reception: Reception, waited: Set<string>): Answer {
  if (fractionOf(address, "unknown") * 1_000 < reception.unknownPerMille) return "unknown";
  const wait =
    waited.size < reception.greylisted &&
    !waited.has(address) &&
    fractionOf(address, "greylist") * GREYLIST_ONE_IN < 1;
  if (!wait) return "accept";
  waited.add(address);
  return "wait";
}
