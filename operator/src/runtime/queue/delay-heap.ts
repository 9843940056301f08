/** A value that falls due at a time. */
export interface Delayed<T> {
  readonly dueMs: number;
  readonly value: T;
}

/** Binary min-heap by due time: push and pop in O(log n). */
export interface DelayHeap<T> {
  push(entry: Delayed<T>): void;
  peek(): Delayed<T> | undefined;
  pop(): Delayed<T> | undefined;
  readonly size: number;
}

/** Makes an empty heap. */
export function createDelayHeap<T>(): DelayHeap<T> {
  const entries: Delayed<T>[] = [];
  const dueAt = (index: number) => entries[index]?.dueMs ?? Number.POSITIVE_INFINITY;

  function swap(left: number, right: number): void {
    const held = entries[left] as Delayed<T>;
    entries[left] = entries[right] as Delayed<T>;
    entries[right] = held;
  }

  function siftUp(start: number): void {
    for (let index = start; index > 0; ) {
      const parent = (index - 1) >> 1;
      if (dueAt(parent) <= dueAt(index)) return;
      swap(parent, index);
      index = parent;
    }
  }

  function siftDown(): void {
    for (let index = 0; ; ) {
      const left = 2 * index + 1;
      const smaller = dueAt(left + 1) < dueAt(left) ? left + 1 : left;
      if (dueAt(smaller) >= dueAt(index)) return;
      swap(smaller, index);
      index = smaller;
    }
  }

  return {
    get size() {
      return entries.length;
    },
    push(entry) {
      entries.push(entry);
      siftUp(entries.length - 1);
    },
    peek: () => entries[0],
    pop() {
      const first = entries[0];
      const last = entries.pop();
      if (first === undefined || last === undefined || entries.length === 0) return first;
      entries[0] = last;
      siftDown();
      return first;
    },
  };
}
