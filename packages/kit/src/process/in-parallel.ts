import { allEnded } from "./all-ended.ts";

/**
 * Does something with each item, at most `limit` at once.
 *
 * @throws the first failure: no other item is begun after it, and all that were begun have ended when it is told.
 */
export async function inParallel<T>(
  items: readonly T[],
  limit: number,
  doOne: (item: T) => Promise<void>,
): Promise<void> {
  const rest = eachOnce(items);
  const work = async (): Promise<void> => {
    for (const item of rest) await doOne(item);
  };
  const workers = Array.from({ length: Math.min(limit, items.length) }, work);
  await allEnded(workers);
}

/** Unlike an array's own iterator a generator is over for everybody once one loop over it was left by a failure. */
function* eachOnce<T>(items: readonly T[]): Generator<T> {
  yield* items;
}
