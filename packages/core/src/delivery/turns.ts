/**
 * Whose turn it is: workspaces take turns, within each its campaigns, within each its posts; one batch a turn. So a campaign of a million shares
 * with one of a hundred, and a workspace with many posts has no more turns than one with a single post. Transactional posts go first. Pure but for
 * its own memory.
 */

/** The post of a campaign that waits longest, and when its campaign and workspace had their last turns. */
export interface Candidate {
  readonly postId: string;
  readonly workspaceId: string;
  readonly campaignId: string;
  readonly channel: string;
  /** 0: transactional, goes first. */
  readonly lane: number;
  /** The number of the post's last turn; 0: none yet. */
  readonly turn: number;
  readonly campaignTurn: number;
  readonly workspaceTurn: number;
  /** Whether the channel is suspended: the turn is a probe. */
  readonly suspended: boolean;
}

/** Workspaces and campaigns whose posts have ended are remembered so far back. */
const MEMORY = 10_000;

/** The turns that one process gives. */
export class Turns {
  #last = 0;
  /** The last turns, by workspace and campaign; those of posts that have ended are nowhere else. */
  readonly #turnOf = new Map<string, number>();

  /** The next of them, or `null` when there is none. */
  choose(candidates: readonly Candidate[]): Candidate | null {
    let best: { readonly candidate: Candidate; readonly order: readonly number[] } | null = null;
    for (const candidate of candidates) {
      const order = this.#orderOf(candidate);
      if (best === null || comesBefore(order, best.order)) best = { candidate, order };
    }
    return best?.candidate ?? null;
  }

  /** Gives the turn: its number, higher than all before it. `now` is in epoch milliseconds, so that the processes' numbers keep in step. */
  give({ workspaceId, campaignId }: Pick<Candidate, "workspaceId" | "campaignId">, now: number): number {
    this.#last = Math.max(this.#last + 1, now * 1_000);
    for (const key of [workspaceKey(workspaceId), campaignId]) {
      this.#turnOf.delete(key);
      this.#turnOf.set(key, this.#last);
    }
    for (const key of this.#turnOf.keys()) {
      if (this.#turnOf.size <= MEMORY) break;
      this.#turnOf.delete(key);
    }
    return this.#last;
  }

  #orderOf(candidate: Candidate): readonly number[] {
    const { campaignId, campaignTurn, lane, turn, workspaceId, workspaceTurn } = candidate;
    const workspace = Math.max(workspaceTurn, this.#turnOf.get(workspaceKey(workspaceId)) ?? 0);
    return [lane, workspace, Math.max(campaignTurn, this.#turnOf.get(campaignId) ?? 0), turn];
  }
}

/** Names of workspaces are the host's: one could look like a campaign's id. */
function workspaceKey(workspaceId: string): string {
  return `@${workspaceId}`;
}

function comesBefore(one: readonly number[], other: readonly number[]): boolean {
  for (const [place, value] of one.entries()) {
    const against = other[place] ?? 0;
    if (value !== against) return value < against;
  }
  return false;
}
