/**
 * Reactions: what one feature does in the same transaction when another records a change.
 *
 * They keep the arrows one-way: campaigns say that one was launched, and delivery, which knows campaigns, opens the sending.
 */
import type { ActivityData, ActivityType, Subject } from "./activity/types.ts";
import type { Unit } from "./unit.ts";

/** The change being reacted to. */
export interface ReactionCause<Type extends ActivityType> {
  readonly subject: Subject;
  readonly data: ActivityData[Type];
}

/** One reaction. An error undoes the whole unit, the change included. */
export interface Reaction {
  readonly type: ActivityType;
  run(unit: Unit, cause: ReactionCause<ActivityType>): Promise<void>;
}

/**
 * Says what is to be done, in the same transaction, whenever such an activity is recorded. Must not depend on the order of reactions, and must
 * not act outside of the unit: it may be run again.
 *
 * @example
 * ```ts
 * import { definePlugin, react } from "@campaignkit/core";
 *
 * const loyalty = definePlugin({
 *   id: "loyalty",
 *   reactions: [react("member.removed", async (unit, { data }) => console.log(unit.workspaceId, data.member))],
 * });
 * console.log(loyalty.id);
 * ```
 */
export function react<Type extends ActivityType>(
  type: Type,
  run: (unit: Unit, cause: ReactionCause<Type>) => Promise<void>,
): Reaction {
  return { type, run: run as Reaction["run"] };
}

/** Reactions by the type they wait for. */
export type ReactionTable = ReadonlyMap<ActivityType, readonly Reaction[]>;

/** Sorts reactions by type. */
export function reactionTable(reactions: readonly Reaction[]): ReactionTable {
  return Map.groupBy(reactions, ({ type }) => type);
}
