/** A page of campaigns. */
import { type Page, pageOf, toPage } from "../../kernel/page.ts";
import { parse } from "../../kernel/validate.ts";
import { toInteger } from "../../storage/columns.ts";
import type { Db } from "../../storage/db.ts";
import type { Campaign } from "../campaign.ts";
import { loadFolder } from "../folders/index.ts";
import { toCampaign } from "../row.ts";
import { queryWords } from "../terms.ts";
import { conditionsOf, type ListPart } from "./conditions.ts";
import {
  type CampaignQuery,
  type CheckedQuery,
  type ListOrder,
  type ListPlace,
  orderOf,
  placeSchema,
  querySchema,
} from "./query.ts";
import { type CampaignRow, SORT_COLUMNS, selectPart } from "./select.ts";

function shelvesOf({ archived = false, deleted = false }: CheckedQuery): readonly ListPart["shelf"][] {
  if (deleted) return ["deleted"];
  if (archived === "any") return ["open", "archived"];
  return [archived ? "archived" : "open"];
}

function placeOf(row: CampaignRow, order: ListOrder): ListPlace {
  const key = row[SORT_COLUMNS[order.by]];
  return { ...order, key: order.by === "name" ? String(key) : toInteger(key), id: row.id };
}

/** As the databases compare: numbers by value, texts by code points. */
function compare(a: string | number, b: string | number): number {
  return typeof a === "number" && typeof b === "number"
    ? a - b
    : Buffer.compare(Buffer.from(`${a}`), Buffer.from(`${b}`));
}

function inOrder(order: ListOrder): (a: CampaignRow, b: CampaignRow) => number {
  const sign = order.direction === "asc" ? 1 : -1;
  return (a, b) => {
    const [one, other] = [placeOf(a, order), placeOf(b, order)];
    return sign * (compare(one.key, other.key) || compare(one.id, other.id));
  };
}

/** One page of the workspace's campaigns. @throws {VALIDATION_FAILED} {NOT_FOUND} for a folder that is not there. */
export async function listCampaigns(
  db: Db,
  workspaceId: string,
  request: CampaignQuery,
): Promise<Page<Campaign>> {
  const query = parse(querySchema, request, "campaign query");
  const order = orderOf(query);
  const { limit, after } = pageOf(request, placeSchema(order));
  const folder =
    typeof query.folderId === "string" ? await loadFolder(db, workspaceId, query.folderId) : null;
  // A text without any word in it is found nowhere.
  if (query.search && queryWords(query.search).length === 0) return { items: [], nextCursor: null };
  const parts: CampaignRow[][] = [];
  for (const shelf of shelvesOf(query)) {
    const part = { workspaceId, shelf };
    const conditions = conditionsOf(db, query, part, folder?.path ?? null);
    parts.push([...(await selectPart(db, { part, conditions, order, after, limit: limit + 1 }))]);
  }
  const rows = parts.length === 1 ? parts.flat() : parts.flat().toSorted(inOrder(order));
  return toPage(rows, limit, (row) => placeOf(row, order), toCampaign);
}
