/** What came back of a delivery after it went out, or when it was refused. */
import type { BounceKind, BounceReport } from "../ports/inbound.ts";

/** A bounce of a delivery. */
export interface DeliveryBounce extends BounceReport {
  readonly at: Date;
}

/** What came back of a delivery. */
export interface Returned {
  /** Why it could not be delivered in the end; `null` as far as is known it could. */
  readonly bounce: DeliveryBounce | null;
  /** When its recipient reported it as spam. */
  readonly complainedAt: Date | null;
}

/** Nothing came back. */
export const NOTHING_RETURNED: Returned = { bounce: null, complainedAt: null };

/** What the address itself is to blame for, though not for good: so many of these in some time suppress it. */
export const SOFT_KINDS: readonly BounceKind[] = ["mailbox-full", "soft", "undetermined"];
