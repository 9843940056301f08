import { asTributaryError, type TributaryError } from "@tributary/kit";
import { type Clock, pause } from "../clock.ts";
import { type ControllerOptions, type ControllerSignals, defaultDeadlineMs, runController } from "./controller.ts";

/** One long-running part of an operator: an informer, a controller, a loop. */
export interface Part {
  readonly name: string;
  /** Runs until `stop` aborts and what it took up is finished, or `abandon` aborts. Throwing ends the whole manager. */
  run(signals: ControllerSignals): Promise<void>;
  /** Whether the part is ready for work; readiness of the manager is that of all its parts. Always, when left out. */
  isReady?(): boolean;
  /** What is wrong with the part, or undefined when it lives. */
  sickness?(): string | undefined;
}

/** State of a manager, for probes. */
export interface Health {
  /** False means: restart the process. */
  readonly isLive: boolean;
  /** False means: do not count on it now. */
  readonly isReady: boolean;
  /** One line for each part that is not ready or not well. */
  readonly problems: readonly string[];
}

/** What a manager is made from. */
export interface ManagerOptions {
  readonly parts: readonly Part[];
  readonly clock: Clock;
  /** Time for running work to finish after the stop, in milliseconds; 25 s by default (a pod has 30). */
  readonly drainMs?: number;
  /** Runs last, after every part ended: releases the lease, flushes traces. */
  readonly onStopped?: () => Promise<void>;
}

/** Runs the parts of an operator together. */
export interface Manager {
  /**
   * Runs until `stop` aborts or a part throws; then stops intake, drains, abandons what is left, and resolves. After a part
   * threw nothing is drained: what runs is abandoned at once.
   *
   * @throws TributaryError of the first part that failed.
   */
  run(stop: AbortSignal): Promise<void>;
  health(): Health;
}

/** Time for abandoned work to notice, in milliseconds. */
const afterAbandonMs = 2_000;

/** Makes a manager; nothing runs before `run`. */
export function createManager(options: ManagerOptions): Manager {
  const { parts, clock } = options;
  let isStopping = false;
  let failure: TributaryError | undefined;

  async function drain(running: Promise<unknown>, abandon: AbortController): Promise<void> {
    // After a failure nothing that still runs may count on what failed; after a stop it may finish.
    if (failure) abandon.abort(failure);
    const drained = new AbortController();
    const isTimeUp = pause(clock, failure ? 0 : (options.drainMs ?? 25_000), drained.signal);
    const first = await Promise.race([running.then(() => "ended" as const), isTimeUp]);
    drained.abort();
    if (first === "ended") return;
    abandon.abort(new Error("the drain took too long"));
    // Work that ignores its signal must not keep the process, nor the lease, for ever.
    await Promise.race([running, pause(clock, afterAbandonMs, new AbortController().signal)]);
  }

  async function run(outerStop: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const abandon = new AbortController();
    const onStop = () => {
      isStopping = true;
      stop.abort(new Error("the manager stops"));
    };
    if (outerStop.aborted) onStop();
    outerStop.addEventListener("abort", onStop, { once: true });
    const running = Promise.all(
      parts.map(async (part) => {
        try {
          await part.run({ stop: stop.signal, abandon: abandon.signal });
        } catch (error) {
          failure ??= asTributaryError(error);
          onStop();
        }
      }),
    );
    if (!stop.signal.aborted) {
      const stopped = new Promise<void>((resolve) =>
        stop.signal.addEventListener("abort", () => resolve(), { once: true }),
      );
      await Promise.race([stopped, running]);
    }
    await drain(running, abandon);
    outerStop.removeEventListener("abort", onStop);
    await options.onStopped?.();
    if (failure) throw failure;
  }

  function health(): Health {
    const sick = parts.flatMap((part) => {
      const sickness = part.sickness?.();
      return sickness === undefined ? [] : [`${part.name}: ${sickness}`];
    });
    const unready = parts.filter((part) => part.isReady?.() === false).map((part) => `${part.name}: not ready`);
    const isLive = failure === undefined && sick.length === 0;
    return { isLive, isReady: isLive && !isStopping && unready.length === 0, problems: [...sick, ...unready] };
  }

  return { run, health };
}

/** An informer as a part: ready once its cache is complete. */
export function informerPart(
  name: string,
  informer: { run(signal: AbortSignal): Promise<void>; hasSynced(): boolean },
): Part {
  return { name, run: ({ stop }) => informer.run(stop), isReady: () => informer.hasSynced() };
}

/** Leadership as a part: ready once the lease was seen; failing when it is lost, which ends the manager. */
export function leadershipPart(election: { readonly lost: AbortSignal; hasSeenLease(): boolean }): Part {
  const { lost } = election;
  return {
    name: "leadership",
    isReady: () => election.hasSeenLease(),
    run: ({ stop }) =>
      new Promise((resolve, reject) => {
        if (lost.aborted) reject(lost.reason);
        lost.addEventListener("abort", () => reject(lost.reason), { once: true });
        stop.addEventListener("abort", () => resolve(), { once: true });
      }),
  };
}

/** Times a reconcile may overrun its deadline before the process counts as stuck. */
const stuckAfterDeadlines = 3;

/**
 * A controller as a part: ready once its caches are complete, sick when a reconcile ignores its deadline for so long that
 * only a restart frees its worker.
 */
export function controllerPart(options: ControllerOptions): Part {
  const stuckAfterMs = (options.deadlineMs ?? defaultDeadlineMs) * stuckAfterDeadlines;
  let isReady = options.whenReady === undefined;
  return {
    name: options.name,
    isReady: () => isReady,
    sickness() {
      const stuck = options.queue.unfinished().find(({ workedMs }) => workedMs > stuckAfterMs);
      return stuck && `reconcile of ${stuck.key} runs for ${Math.round(stuck.workedMs / 1000)} s`;
    },
    run(signals) {
      const whenReady = async (signal: AbortSignal) => {
        isReady = (await options.whenReady?.(signal)) ?? true;
        return isReady;
      };
      return runController({ ...options, whenReady }, signals);
    },
  };
}
