/** Reading that ends with a signal, also while the source keeps one waiting. */

/** Yields what the source yields, until it ends or the signal aborts. A source that is left is told so, and not waited for. */
export async function* untilAborted<Item>(
  source: AsyncIterable<Item>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Item, void, undefined> {
  if (signal === undefined) {
    yield* source;
    return;
  }
  const iterator = source[Symbol.asyncIterator]();
  let leave = (): void => undefined;
  const onAbort = (): void => leave();
  signal.addEventListener("abort", onAbort);
  try {
    while (!signal.aborted) {
      const next = await new Promise<IteratorResult<Item, unknown> | null>((resolve, reject) => {
        leave = () => resolve(null);
        iterator.next().then(resolve, reject);
      });
      if (next === null || next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    // It may hang on the very item that was not waited for; its end changes nothing any more.
    iterator.return?.().then(undefined, () => undefined);
  }
}
