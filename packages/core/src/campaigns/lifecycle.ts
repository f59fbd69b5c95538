/**
 * The campaign lifecycle: which moves exist, and what each one causes.
 *
 * Pure. `transition` decides; the mover applies the decision, its effects and its activity row in one transaction.
 */
import type { CampaignState } from "./campaign.ts";

/** What can happen to a campaign. */
export type LifecycleEvent = "schedule" | "launch" | "pause" | "resume" | "complete" | "cancel";

/** What is done beside the change of state, in order. Other features react to the activity of the move. */
export type LifecycleEffect =
  /** A job launches it at its start. */
  | "plan-launch"
  | "drop-launch"
  /** A job completes it at its end. */
  | "plan-completion"
  | "drop-completion"
  /** What has not gone out never will. */
  | "close-pending";

interface Move {
  readonly to: CampaignState;
  readonly effects: readonly LifecycleEffect[];
}

/** Every legal move. What is not here is illegal; completed and cancelled are final. */
export const LIFECYCLE = {
  draft: {
    schedule: { to: "scheduled", effects: ["plan-launch"] },
    launch: { to: "active", effects: ["plan-completion"] },
    cancel: { to: "cancelled", effects: ["close-pending"] },
  },
  scheduled: {
    launch: { to: "active", effects: ["drop-launch", "plan-completion"] },
    cancel: { to: "cancelled", effects: ["drop-launch", "close-pending"] },
  },
  active: {
    pause: { to: "paused", effects: [] },
    complete: { to: "completed", effects: ["drop-completion"] },
    cancel: { to: "cancelled", effects: ["drop-completion", "close-pending"] },
  },
  paused: {
    resume: { to: "active", effects: [] },
    complete: { to: "completed", effects: ["drop-completion"] },
    cancel: { to: "cancelled", effects: ["drop-completion", "close-pending"] },
  },
  completed: {},
  cancelled: {},
} as const satisfies Record<CampaignState, Partial<Record<LifecycleEvent, Move>>>;

/** A decision. */
export type Transition =
  | {
      readonly outcome: "moved";
      readonly to: CampaignState;
      readonly effects: readonly LifecycleEffect[];
    }
  | { readonly outcome: "illegal"; readonly allowed: readonly LifecycleEvent[] };

/** The moves that are legal from a state. */
export function legalMoves(from: CampaignState): readonly LifecycleEvent[] {
  return Object.keys(LIFECYCLE[from]) as LifecycleEvent[];
}

/** Decides a move. Never throws: asking for an illegal one is an answer, with the legal ones. */
export function transition(from: CampaignState, event: LifecycleEvent): Transition {
  const moves: Partial<Record<LifecycleEvent, Move>> = LIFECYCLE[from];
  const move = moves[event];
  return move ? { outcome: "moved", ...move } : { outcome: "illegal", allowed: legalMoves(from) };
}
