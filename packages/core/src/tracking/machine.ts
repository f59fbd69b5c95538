/** Requests that say themselves that no person made them. What only behaves like a machine is classified from the events later. */

/** Why the request is taken for a machine's; `null`: as far as it tells, a person's. */
export function machineReason(request: Request): string | null {
  if (request.method === "HEAD") return "head-request";
  const purposes = ["sec-purpose", "purpose", "x-purpose", "x-moz"].map(
    (name) => request.headers.get(name)?.toLowerCase() ?? "",
  );
  return purposes.some((purpose) => /\b(prefetch|prerender|preview)\b/.test(purpose)) ? "prefetch" : null;
}
