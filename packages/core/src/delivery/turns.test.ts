import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Candidate, Turns } from "./turns.ts";

/** A post with so many batches to send. */
interface Load {
  readonly workspaceId: string;
  readonly campaignId: string;
  readonly postId: string;
  readonly lane?: number;
  batches: number;
}

/** Gives turns until nothing is left; who had them, in order. A post that has ended is forgotten, as in the database. */
function drain(loads: readonly Load[]): readonly Load[] {
  const turns = new Turns();
  const turnOf = new Map<string, number>();
  const served: Load[] = [];
  for (let open = [...loads]; open.length > 0; open = open.filter(({ batches }) => batches > 0)) {
    const last = (same: (load: Load) => boolean) =>
      Math.max(...open.filter(same).map(({ postId }) => turnOf.get(postId) ?? 0));
    const candidates = open.map((load): Candidate & { readonly load: Load } => ({
      ...load,
      load,
      channel: "mail",
      lane: load.lane ?? 1,
      turn: turnOf.get(load.postId) ?? 0,
      campaignTurn: last(({ campaignId }) => campaignId === load.campaignId),
      workspaceTurn: last(({ workspaceId }) => workspaceId === load.workspaceId),
      suspended: false,
    }));
    const chosen = turns.choose(candidates);
    const load = open.find(({ postId }) => postId === chosen?.postId);
    if (load === undefined) throw new Error("Somebody is waiting, and nobody has the turn.");
    turnOf.set(load.postId, turns.give(load, 0));
    load.batches -= 1;
    served.push(load);
  }
  return served;
}

const load = (workspaceId: string, campaignId: string, postId: string, batches: number, lane = 1): Load => ({
  workspaceId,
  campaignId,
  postId,
  batches,
  lane,
});

describe("turns", () => {
  it("CHN-9: a campaign of a million does not keep one of a hundred waiting", () => {
    const served = drain([load("a", "big", "p1", 2_000), load("a", "small", "p2", 1)]);
    expect(served.findIndex(({ campaignId }) => campaignId === "small")).toBeLessThan(2);
  });

  it("CHN-9: a workspace with many small posts has no more turns than one with a single large one", () => {
    const many = Array.from({ length: 100 }, (_, n) => load("many", `c${n}`, `m${n}`, 1));
    const served = drain([...many, load("single", "big", "p", 100)]);
    for (let place = 2; place <= 200; place += 2) {
      const turns = served.slice(0, place).filter(({ workspaceId }) => workspaceId === "single").length;
      expect(turns).toBe(place / 2);
    }
  });

  it("CHN-9: transactional posts go before all others", () => {
    const served = drain([load("a", "big", "p1", 5), load("b", "receipts", "p2", 5, 0)]);
    expect(served.slice(0, 5).map(({ postId }) => postId)).toEqual(Array(5).fill("p2"));
  });

  it("CHN-9: whoever waits has the turn after all others of the same rank at the latest", () => {
    const loads = fc.array(
      fc.record({ workspace: fc.nat(3), campaign: fc.nat(3), batches: fc.integer({ min: 1, max: 12 }) }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(loads, (given) => {
        const workspaces = new Set(given.map(({ workspace }) => workspace)).size;
        const served = drain(
          given.map(({ workspace, campaign, batches }, n) =>
            load(`w${workspace}`, `w${workspace}/c${campaign}`, `p${n}`, batches),
          ),
        );
        for (const workspaceId of new Set(served.map((each) => each.workspaceId))) {
          let last = -1;
          for (const [place, each] of served.entries()) {
            if (each.workspaceId !== workspaceId) continue;
            expect(place - last).toBeLessThanOrEqual(workspaces);
            last = place;
          }
        }
      }),
    );
  });
});
