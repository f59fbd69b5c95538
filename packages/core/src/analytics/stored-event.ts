/** An event as it is stored, read back as it was recorded. */
import type { Selectable } from "kysely";
import { micros } from "../math/money.ts";
import { toInteger } from "../storage/columns.ts";
import type { EventsTable } from "../storage/tables/analytics.ts";
import type { NewEvent } from "./event.ts";

/** What of a stored event its sums are made of. */
export function toNewEvent(row: Selectable<EventsTable>): NewEvent {
  return {
    id: row.id,
    type: row.type,
    at: toInteger(row.at),
    campaignId: row.campaign_id,
    postId: row.post_id,
    contactId: row.contact_id,
    channel: row.channel,
    variant: row.variant,
    segment: row.segment,
    segmentSet: row.segment_set,
    count: toInteger(row.count),
    value:
      row.currency === null || row.value_micros === null
        ? null
        : micros(row.currency, toInteger(row.value_micros)),
    machine: row.machine,
  };
}
