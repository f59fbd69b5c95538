/** Several statements about the same thing in one batch come to one. Pure. */

/** What makes statements about the same thing one. */
export interface FoldRules<Statement> {
  readonly now: number;
  /** What the statement is about. */
  keyOf(statement: Statement): string;
  /** Whether it takes something back: such a one, made now, always counts. */
  takesBack(statement: Statement): boolean;
  /** Whether what was taken back stays so, whatever follows. */
  readonly keepTakenBack: boolean;
}

/** One statement for each key: the last by its time, except for what was taken back. */
export function folded<Statement extends { readonly at: number }>(
  statements: readonly Statement[],
  { now, keyOf, takesBack, keepTakenBack }: FoldRules<NoInfer<Statement>>,
): readonly Statement[] {
  const byKey = new Map<string, Statement>();
  for (const statement of statements) {
    const key = keyOf(statement);
    const earlier = byKey.get(key);
    const wins = takesBack(statement) && statement.at >= now;
    const stays =
      earlier !== undefined &&
      ((earlier.at > statement.at && !wins) || (keepTakenBack && takesBack(earlier)));
    if (!stays) byKey.set(key, { ...statement, at: Math.max(statement.at, earlier?.at ?? statement.at) });
  }
  return [...byKey.values()];
}
