import { setImmediate } from "node:timers/promises";

/**
 * Lets timers and sockets have their turn in a long run of objects: gives a function that every `count`th call returns a
 * promise to await, and nothing otherwise. Node reads up to 32 chunks of a busy socket, and runs every promise that
 * follows from them, before it looks at a timer: megabytes of a watch-list in one go.
 */
export function takeTurns(count: number): () => Promise<void> | undefined {
  let calls = 0;
  return () => (++calls % count === 0 ? setImmediate() : undefined);
}
