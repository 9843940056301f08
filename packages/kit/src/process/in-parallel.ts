/** Does something with each item, at most `limit` at once; what it throws ends the rest. */
export async function inParallel<T>(
  items: readonly T[],
  limit: number,
  doOne: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const work = async (): Promise<void> => {
    for (const item of rest) await doOne(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
}
