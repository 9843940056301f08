/**
 * Waits until all that was begun has ended, also when some of it fails.
 *
 * @throws the first failure. Whoever is told of it may begin anew at once: nothing of this may be under way by then.
 */
export async function allEnded(work: readonly Promise<unknown>[]): Promise<void> {
  await Promise.all(work).finally(() => Promise.allSettled(work));
}
