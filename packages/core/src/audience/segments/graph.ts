/** The graph of segments that look at each other: which comes before which, and whether it goes in a circle. Pure. */

/** Which segment looks at which. */
export type SegmentLinks = ReadonlyMap<string, ReadonlySet<string>>;

const usesOfId = (links: SegmentLinks, id: string): readonly string[] => [...(links.get(id) ?? [])].sort();

/** A circle through that segment, as the ids along it, or `null`. */
export function circleThrough(links: SegmentLinks, start: string): readonly string[] | null {
  const seen = new Set<string>();
  const walk = (id: string, path: readonly string[]): readonly string[] | null => {
    for (const next of usesOfId(links, id)) {
      if (next === start) return [...path, id, start];
      if (seen.has(next)) continue;
      seen.add(next);
      const found = walk(next, [...path, id]);
      if (found !== null) return found;
    }
    return null;
  };
  return walk(start, []);
}

/** The segments and all that they look at, directly or not; each after what it looks at. */
export function withDependencies(links: SegmentLinks, ids: readonly string[]): readonly string[] {
  const ordered = new Set<string>();
  const open = new Set<string>();
  const visit = (id: string): void => {
    if (ordered.has(id) || open.has(id)) return;
    open.add(id);
    for (const used of usesOfId(links, id)) visit(used);
    ordered.add(id);
  };
  for (const id of [...ids].sort()) visit(id);
  return [...ordered];
}
