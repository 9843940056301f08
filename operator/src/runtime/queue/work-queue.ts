import { TributaryError } from "@tributary/kit";
import type { CancelTimer, Clock } from "../clock.ts";
import { createDelayHeap } from "./delay-heap.ts";
import { createFairOrder, type FairOrder } from "./fair-order.ts";
import { createRetryLimit, type RetryLimit } from "./retry-limit.ts";

/** How urgent a key is; a higher one goes first. */
export const Priority = {
  /** Periodic looks and the first list after a start. */
  Resync: 0,
  /** A change seen by a watch. */
  Change: 1,
  /** Something a person asked for, or that holds up a round. */
  User: 2,
} as const;
/** One of the values of {@link Priority}. */
export type Priority = (typeof Priority)[keyof typeof Priority];

/** What the queue did, for metrics. */
export type QueueReport =
  | { readonly type: "added"; readonly depth: number }
  | { readonly type: "taken"; readonly depth: number; readonly waitedMs: number }
  | { readonly type: "done"; readonly workedMs: number }
  | { readonly type: "retried"; readonly delayMs: number }
  | { readonly type: "overflowed"; readonly key: string };

/** What a queue is made from. */
export interface WorkQueueOptions {
  readonly clock: Clock;
  /** Share of a key: keys of one group take turns with other groups. All keys are one group by default. */
  readonly groupOf?: (key: string) => string;
  /** Keys of one group that may be worked on at once, so that one group that hangs leaves room for the others; no limit by default. */
  readonly maxWorkingPerGroup?: number;
  /** Keys that may wait; 100,000 by default. */
  readonly maxKeys?: number;
  /**
   * All keys there are, asked for after an overflow once half of the queue is free: the keys that were turned away are
   * among them. Without it a full queue refuses a key with QUEUE_FULL.
   */
  readonly refill?: () => Iterable<string>;
  readonly retryLimit?: RetryLimit;
  readonly report?: (report: QueueReport) => void;
}

/**
 * Keys of objects that a reconciler should look at. A key waits at most once; it is never given out while it is being
 * worked on; added meanwhile, it is given out once more afterwards.
 */
export interface WorkQueue {
  /** Adds a key; one that waits already keeps its place, or moves up to the higher priority. */
  add(key: string, priority?: Priority): void;
  /** Adds a key after `delayMs`; of several delays the earliest counts. */
  addAfter(key: string, delayMs: number, priority?: Priority): void;
  /** Adds a key after the delay that its failures ask for. Gives that delay in milliseconds. */
  addRetry(key: string): number;
  /** The key succeeded: its failures count from zero again. */
  forget(key: string): void;
  failures(key: string): number;
  /** The next key, once there is one; undefined when `signal` aborts or the queue is closed. `done` must follow. */
  take(signal: AbortSignal): Promise<string | undefined>;
  /** Work on a key ended, well or badly. */
  done(key: string): void;
  /** Keys that wait, without delayed ones. */
  readonly depth: number;
  /** Keys being worked on, with the time since they were taken, in milliseconds. */
  unfinished(): { readonly key: string; readonly workedMs: number }[];
  /** Gives out no more keys; what waits is dropped. */
  close(): void;
}

interface Waiting {
  readonly priority: Priority;
  readonly sinceMs: number;
}

/** One take in this many serves the lowest priority, so that a stream of urgent keys cannot starve the others. */
const lowestEvery = 16;

const priorities: readonly Priority[] = [Priority.User, Priority.Change, Priority.Resync];

/** Makes an empty queue. */
export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { clock } = options;
  const groupOf = options.groupOf ?? (() => "");
  const maxKeys = options.maxKeys ?? 100_000;
  const maxWorkingPerGroup = options.maxWorkingPerGroup ?? Number.POSITIVE_INFINITY;
  const report = options.report ?? (() => {});
  const retryLimit = options.retryLimit ?? createRetryLimit({ clock });
  const orders = new Map<Priority, FairOrder>(priorities.map((priority) => [priority, createFairOrder()]));
  const waiting = new Map<string, Waiting>();
  const working = new Map<string, number>();
  /** Keys being worked on, counted by group. */
  const workingOf = new Map<string, number>();
  /** Keys added while being worked on, with the priority they come back at. */
  const dirty = new Map<string, Priority>();
  const delayed = new Map<string, { readonly dueMs: number; readonly priority: Priority }>();
  const heap = createDelayHeap<string>();
  const takers: (() => void)[] = [];
  let timer: { readonly dueMs: number; readonly cancel: CancelTimer } | undefined;
  let taken = 0;
  let isOverflowed = false;
  let isClosed = false;

  const orderOf = (priority: Priority) => orders.get(priority) as FairOrder;

  function enqueue(key: string, priority: Priority): void {
    const present = waiting.get(key);
    if (present && present.priority >= priority) return;
    if (present) orderOf(present.priority).remove(key, groupOf(key));
    orderOf(priority).add(key, groupOf(key));
    waiting.set(key, { priority, sinceMs: present?.sinceMs ?? clock.monotonicMs() });
    if (!present) report({ type: "added", depth: waiting.size });
    takers.shift()?.();
  }

  function overflow(key: string): void {
    report({ type: "overflowed", key });
    if (!options.refill) {
      throw new TributaryError("QUEUE_FULL", `queue holds ${maxKeys} keys; raise maxKeys or give refill`);
    }
    isOverflowed = true;
  }

  function add(key: string, priority: Priority = Priority.Change): void {
    if (isClosed) return;
    if (working.has(key)) {
      dirty.set(key, Math.max(priority, dirty.get(key) ?? priority) as Priority);
    } else if (waiting.size >= maxKeys && !waiting.has(key)) {
      overflow(key);
    } else {
      enqueue(key, priority);
    }
  }

  function refillAfterOverflow(): void {
    if (!isOverflowed || !options.refill || waiting.size > maxKeys / 2) return;
    isOverflowed = false;
    for (const key of options.refill()) add(key, Priority.Resync);
  }

  function fireDue(): void {
    timer = undefined;
    const nowMs = clock.monotonicMs();
    for (let first = heap.peek(); first !== undefined && first.dueMs <= nowMs; first = heap.peek()) {
      heap.pop();
      const entry = delayed.get(first.value);
      // A later delay that an earlier one replaced is still in the heap; only the one that counts has this time.
      if (entry === undefined || entry.dueMs !== first.dueMs) continue;
      delayed.delete(first.value);
      add(first.value, entry.priority);
    }
    armTimer();
  }

  function armTimer(): void {
    const first = heap.peek();
    if (first === undefined || isClosed || (timer && timer.dueMs <= first.dueMs)) return;
    timer?.cancel();
    timer = { dueMs: first.dueMs, cancel: clock.startTimer(first.dueMs - clock.monotonicMs(), fireDue) };
  }

  function addAfter(key: string, delayMs: number, priority: Priority = Priority.Change): void {
    if (isClosed) return;
    if (!(delayMs > 0) || (delayed.size >= maxKeys && !delayed.has(key))) {
      add(key, priority);
      return;
    }
    const dueMs = clock.monotonicMs() + delayMs;
    const present = delayed.get(key);
    if (present && present.dueMs <= dueMs) return;
    delayed.set(key, { dueMs, priority });
    heap.push({ dueMs, value: key });
    armTimer();
  }

  function isOpen(group: string): boolean {
    return (workingOf.get(group) ?? 0) < maxWorkingPerGroup;
  }

  function countWorking(group: string, change: number): void {
    const count = (workingOf.get(group) ?? 0) + change;
    if (count > 0) workingOf.set(group, count);
    else workingOf.delete(group);
  }

  function takeNow(): string | undefined {
    const order = ++taken % lowestEvery === 0 ? priorities.toReversed() : priorities;
    for (const priority of order) {
      const key = orderOf(priority).take(isOpen);
      if (key === undefined) continue;
      const waitedMs = clock.monotonicMs() - (waiting.get(key) as Waiting).sinceMs;
      waiting.delete(key);
      working.set(key, clock.monotonicMs());
      countWorking(groupOf(key), 1);
      report({ type: "taken", depth: waiting.size, waitedMs });
      refillAfterOverflow();
      return key;
    }
    return undefined;
  }

  function nextArrival(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      const onAbort = () => {
        takers.splice(takers.indexOf(wake), 1);
        resolve();
      };
      takers.push(wake);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  return {
    add,
    addAfter,
    addRetry(key) {
      const delayMs = retryLimit.nextDelayMs(key);
      report({ type: "retried", delayMs });
      addAfter(key, delayMs);
      return delayMs;
    },
    forget: (key) => retryLimit.forget(key),
    failures: (key) => retryLimit.failures(key),
    async take(signal) {
      while (!isClosed && !signal.aborted) {
        const key = takeNow();
        if (key !== undefined) return key;
        await nextArrival(signal);
      }
      // This taker may have been woken for a key it no longer wants: pass the turn on.
      if (waiting.size > 0) takers.shift()?.();
      return undefined;
    },
    done(key) {
      const sinceMs = working.get(key);
      if (sinceMs === undefined) return;
      working.delete(key);
      countWorking(groupOf(key), -1);
      report({ type: "done", workedMs: clock.monotonicMs() - sinceMs });
      const priority = dirty.get(key);
      dirty.delete(key);
      if (priority !== undefined && !isClosed) enqueue(key, priority);
      // Keys of the group may have waited for nothing but this.
      if (waiting.size > 0) takers.shift()?.();
    },
    get depth() {
      return waiting.size;
    },
    unfinished() {
      const nowMs = clock.monotonicMs();
      return [...working].map(([key, sinceMs]) => ({ key, workedMs: nowMs - sinceMs }));
    },
    close() {
      isClosed = true;
      timer?.cancel();
      for (const wake of takers.splice(0)) wake();
    },
  };
}
