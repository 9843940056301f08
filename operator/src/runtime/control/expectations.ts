import type { Clock } from "../clock.ts";

/** What a reconciler did and its cache has not shown yet. */
export interface Expectations {
  /** Objects that were just created: until the cache shows them, the key must not create others. */
  expectCreated(key: string, names: Iterable<string>): void;
  /** Objects that were just deleted: until the cache shows that, they still count as there. */
  expectDeleted(key: string, uids: Iterable<string>): void;
  /** The cache shows an object. */
  sawCreated(key: string, name: string): void;
  /** The cache shows that an object is gone. */
  sawDeleted(key: string, uid: string): void;
  /** True when the cache has caught up, or the time for it is over: a cache that is so late has lost the event. */
  areMet(key: string): boolean;
  /** The key is gone. */
  forget(key: string): void;
}

interface Open {
  readonly created: Set<string>;
  readonly deleted: Set<string>;
  expiresAtMs: number;
}

/**
 * Expectations as in Kubernetes' own controllers: a slow cache must not make a reconciler create its pods twice. A key is
 * whatever one decision covers, for example `cluster|job uid|generation`.
 *
 * @param timeoutMs after which an expectation is given up; 5 minutes by default.
 */
export function createExpectations(clock: Clock, timeoutMs = 300_000): Expectations {
  const open = new Map<string, Open>();

  function entry(key: string): Open {
    const present = open.get(key) ?? { created: new Set(), deleted: new Set(), expiresAtMs: 0 };
    present.expiresAtMs = clock.monotonicMs() + timeoutMs;
    open.set(key, present);
    return present;
  }

  function settle(key: string): void {
    const present = open.get(key);
    if (present?.created.size === 0 && present.deleted.size === 0) open.delete(key);
  }

  return {
    expectCreated(key, names) {
      const { created } = entry(key);
      for (const name of names) created.add(name);
      settle(key);
    },
    expectDeleted(key, uids) {
      const { deleted } = entry(key);
      for (const uid of uids) deleted.add(uid);
      settle(key);
    },
    sawCreated(key, name) {
      open.get(key)?.created.delete(name);
      settle(key);
    },
    sawDeleted(key, uid) {
      open.get(key)?.deleted.delete(uid);
      settle(key);
    },
    areMet(key) {
      const present = open.get(key);
      if (present === undefined) return true;
      if (clock.monotonicMs() < present.expiresAtMs) return false;
      open.delete(key);
      return true;
    },
    forget: (key) => void open.delete(key),
  };
}
