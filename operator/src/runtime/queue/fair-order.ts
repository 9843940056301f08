/**
 * Order of keys that wait at one priority: round robin over groups, first in first out inside a group, so that a job
 * with a thousand keys does not delay a job with one. Adding, removing and taking cost O(1).
 */
export interface FairOrder {
  add(key: string, group: string): void;
  remove(key: string, group: string): void;
  /** The next key; of the groups that `isOpen` allows, where it is given. */
  take(isOpen?: (group: string) => boolean): string | undefined;
  readonly size: number;
}

/** Makes an empty order. */
export function createFairOrder(): FairOrder {
  const groups = new Map<string, Set<string>>();
  let size = 0;

  function remove(key: string, group: string): void {
    const keys = groups.get(group);
    if (!keys?.delete(key)) return;
    size--;
    if (keys.size === 0) groups.delete(group);
  }

  function takeFrom(group: string, keys: Set<string>): string {
    const key = keys.values().next().value as string;
    remove(key, group);
    if (keys.size > 0) {
      // A Map keeps insertion order: put back, the group is last in line.
      groups.delete(group);
      groups.set(group, keys);
    }
    return key;
  }

  return {
    get size() {
      return size;
    },
    add(key, group) {
      const keys = groups.get(group);
      if (keys?.has(key)) return;
      if (keys) keys.add(key);
      else groups.set(group, new Set([key]));
      size++;
    },
    remove,
    take(isOpen = () => true) {
      for (const [group, keys] of groups) if (isOpen(group)) return takeFrom(group, keys);
      return undefined;
    },
  };
}
