/**
 * The hash chain that makes tampering show: each activity's hash covers its own facts and the hash before it in its workspace.
 *
 * Pure. SHA-256 (FIPS 180-4) over a canonical JSON text (keys sorted), so that both databases give the same bytes.
 */
import { createHash } from "node:crypto";

/** The facts that a hash covers. */
export interface ChainedFacts {
  readonly workspaceId: string;
  readonly chainIndex: number;
  readonly seq: number;
  readonly position: number;
  readonly id: string;
  readonly at: number;
  readonly actor: string;
  readonly type: string;
  readonly subjectType: string;
  readonly subjectId: string;
  readonly data: unknown;
  readonly before: unknown;
  readonly after: unknown;
}

/** The hash that the first activity of a workspace follows. */
export const GENESIS_HASH = "0".repeat(64);

/** JSON with sorted keys: the same text for the same value, however a database ordered it. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`);
    return `{${fields.join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}

/** The hash of an activity that follows the one with `previousHash`. */
export function chainHash(previousHash: string, facts: ChainedFacts): string {
  const { subjectType, subjectId, data, before, after, ...rest } = facts;
  const { workspaceId, chainIndex, seq, position, id, at, actor, type } = rest;
  const place = [previousHash, workspaceId, chainIndex, seq, position];
  const text = canonicalJson([...place, id, at, actor, type, subjectType, subjectId, data, before, after]);
  return createHash("sha256").update(text).digest("hex");
}
