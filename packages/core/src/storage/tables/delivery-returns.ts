/** What came back of deliveries. */
import type { InstantColumn } from "../columns.ts";

/** A bounce of a delivery, or a complaint about it: one row each, at most. */
export interface DeliveryReturnsTable {
  workspace_id: string;
  delivery_id: string;
  type: "bounce" | "complaint";
  /** Of a bounce its kind, of a complaint the Feedback-Type of its report. */
  kind: string;
  /** RFC 3463. */
  status: string | null;
  /** What the far side said. It often quotes the address, and goes with the person. */
  diagnostic: string | null;
  at: InstantColumn;
}

/** The part of the database that holds it. */
export interface DeliveryReturnTables {
  ck_delivery_returns: DeliveryReturnsTable;
}
