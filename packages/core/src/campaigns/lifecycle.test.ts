import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CampaignState } from "./campaign.ts";
import { LIFECYCLE, type LifecycleEvent, legalMoves, transition } from "./lifecycle.ts";

const STATES = Object.keys(LIFECYCLE) as CampaignState[];
const EVENTS: readonly LifecycleEvent[] = ["schedule", "launch", "pause", "resume", "complete", "cancel"];
const OPEN: readonly CampaignState[] = ["draft", "scheduled", "active", "paused"];

describe("the campaign lifecycle", () => {
  it("CAM-3: has exactly the moves of the specification", () => {
    const moves = STATES.flatMap((from) =>
      EVENTS.flatMap((event) => {
        const decision = transition(from, event);
        return decision.outcome === "moved" ? [`${from} ${event} ${decision.to}`] : [];
      }),
    );
    expect(moves).toEqual([
      "draft schedule scheduled",
      "draft launch active",
      "draft cancel cancelled",
      "scheduled launch active",
      "scheduled cancel cancelled",
      "active pause paused",
      "active complete completed",
      "active cancel cancelled",
      "paused resume active",
      "paused complete completed",
      "paused cancel cancelled",
    ]);
  });

  it("CAM-3: answers an illegal move with the legal ones, and never throws", () => {
    fc.assert(
      fc.property(fc.constantFrom(...STATES), fc.constantFrom(...EVENTS), (from, event) => {
        const decision = transition(from, event);
        if (decision.outcome === "illegal") expect(decision.allowed).toEqual(legalMoves(from));
        else expect(legalMoves(from)).toContain(event);
      }),
    );
  });

  it("CAM-3: can be cancelled from any open state, and left from none that is closed", () => {
    for (const state of STATES) {
      if (OPEN.includes(state)) expect(transition(state, "cancel")).toMatchObject({ to: "cancelled" });
      else expect(legalMoves(state)).toEqual([]);
    }
  });

  it("CAM-3: leaves no job behind in a closed state, and lets nothing go out after a cancellation", () => {
    for (const state of STATES)
      for (const event of EVENTS) {
        const decision = transition(state, event);
        if (decision.outcome === "illegal") continue;
        if (state === "scheduled") expect(decision.effects).toContain("drop-launch");
        if (decision.to === "cancelled") expect(decision.effects).toContain("close-pending");
        if (decision.to === "cancelled" || decision.to === "completed")
          if (state === "active" || state === "paused") expect(decision.effects).toContain("drop-completion");
      }
  });
});
