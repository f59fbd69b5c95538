/** Spans of time as a test writes them. */

/** A span of time: milliseconds, or a text such as `"90s"`, `"15m"`, `"2h"`, `"3d"`. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The span in milliseconds. Throws a RangeError for a text that is none, or for a span that runs backwards. */
export function toMs(duration: Duration): number {
  const match = /^([\d.]+)(ms|s|m|h|d)$/.exec(typeof duration === "number" ? `${duration}ms` : duration);
  const ms = match === null ? Number.NaN : Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
  if (Number.isFinite(ms)) return ms;
  throw new RangeError(`"${duration}" is no duration; write 500, "90s", "15m", "2h" or "3d".`);
}
