/** How long to wait before trying again. */

/**
 * Exponential back-off with equal jitter: a random wait between half and all of `baseMs · 2^(attempt − 1)`, capped at `maxMs`.
 *
 * `attempt` is the number of attempts made so far (1 after the first failure); `chance` is a random number in [0, 1).
 * The lower half is kept so that a failing far side always gets some rest.
 */
export function backoffMs(
  policy: { readonly attempt: number; readonly baseMs: number; readonly maxMs: number },
  chance: number,
): number {
  const ceiling = Math.min(policy.maxMs, policy.baseMs * 2 ** Math.min(policy.attempt - 1, 40));
  return Math.round(ceiling * (0.5 + chance / 2));
}
