/**
 * Waits until `read` gives something other than undefined or false, and returns it.
 *
 * @throws Error with `what` and the last error when `timeoutMs` (30 s by default) is over.
 */
export declare function until<T>(
  what: string,
  read: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs?: number,
): Promise<T>;
