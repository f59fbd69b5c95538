/** What is kept of a tracked request, so that it can be judged again: bounded, and of its address no more than the network. */

/** The facts of a request. */
export interface RequestFacts {
  readonly method: string;
  /** What its headers said that it was for, such as `prefetch`; `null`: nothing. */
  readonly purpose: string | null;
  /** The first 256 characters. */
  readonly userAgent: string | null;
  /** The network that it came from, such as `203.0.113.0/24`, where the host says. */
  readonly network: string | null;
  /** When the message had been sent, in epoch milliseconds, as far as that was known at the request. */
  readonly sentAt: number | null;
  /** The link that was followed; `null` for an open. */
  readonly link: string | null;
}

/** The id of the invisible link, beside those of real targets, which are hashes. */
export const HONEYPOT_LINK = "0000000000000000";

/** A request under the event that it became. */
export interface JudgedRequest extends RequestFacts {
  readonly eventId: string;
  /** `open` or `click`. */
  readonly type: string;
  /** In epoch milliseconds. */
  readonly at: number;
}

/** What a request is taken for. */
export interface Verdict {
  /** Why it is a machine's; `null`: as far as can be told, a person's. */
  readonly machine: string | null;
  /** The proxy through which a person opened; the time is the proxy's. */
  readonly proxy: string | null;
}
