/** Local calendar days as texts, `YYYY-MM-DD`. */
import { z } from "zod";

/** Whether the text names a day of the calendar. */
function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** A day from outside. */
export const daySchema = z.string().refine(isDay, { error: "Give a day of the calendar as YYYY-MM-DD." });
