/** Bounces and complaints beside the deliveries that they are about, so that the wide rows are not written once more. */
import type { Migration } from "../migration.ts";

export const deliveryReturnsMigration: Migration = {
  name: "0008-delivery-returns",
  statements: ({ uuid, text, instant, strict }) => [
    `create table ck_delivery_returns (
      workspace_id ${text} not null,
      delivery_id ${uuid} not null,
      type ${text} not null check (type in ('bounce', 'complaint')),
      kind ${text} not null,
      status ${text},
      diagnostic ${text},
      at ${instant} not null,
      primary key (workspace_id, delivery_id, type)
    )${strict}`,
  ],
};
