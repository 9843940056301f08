import type { MessageInitShape } from "@bufbuild/protobuf";
import type { trainerV1 } from "@tributary/contracts";
import { type Clock, type Logger, type ServiceMethods, systemClock, TributaryError } from "@tributary/kit";

/** The job as the trainer is told of it. */
export type TrainerJob = MessageInitShape<typeof trainerV1.RegisterResponseSchema>;
/** A task to do; its remaining time is told when it is given out. */
export type TrainerTask = Omit<MessageInitShape<typeof trainerV1.TaskSchema>, "remainingMs" | "$typeName"> & {
  readonly id: string;
  /** When the result is of no use any more, on the desk's monotonic clock; never when absent. */
  readonly expiresMs?: number;
};
/** How a task ended. */
export type TaskOutcome = trainerV1.CompleteTaskRequest["outcome"] & { readonly case: "success" | "failure" };

interface OpenTask {
  readonly task: TrainerTask;
  readonly done: PromiseWithResolvers<TaskOutcome>;
}

/** Longest wait of one `NextTask`. */
const MAX_WAIT_MS = 60_000;
/** Longest time that a trainer may be away before its task counts as lost. */
const RECONNECT_GRACE_MS = 5_000;

/**
 * Where the one trainer of the pod gets its tasks and hands in their outcomes.
 *
 * One task at a time; it is given out again to whoever asks until its outcome came. The desk knows that a trainer is lost when its
 * connection closed and no other came, or when nobody asked for a task in time.
 */
export class TrainerDesk {
  readonly #log: Logger;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #job = Promise.withResolvers<TrainerJob>();
  readonly #finished = Promise.withResolvers<void>();
  #open: OpenTask | undefined;
  #isFinished = false;
  #connections = 0;
  #lostTimer: NodeJS.Timeout | undefined;
  #wake: (() => void)[] = [];

  constructor(log: Logger, timeoutMs: number, clock: Clock = systemClock) {
    this.#log = log;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /** Lets trainers register; the first job counts. */
  setJob(job: TrainerJob): void {
    this.#job.resolve(job);
  }

  /** Whether a trainer is connected. */
  get hasTrainer(): boolean {
    return this.#connections > 0;
  }

  /**
   * Has a task done.
   *
   * @throws TRAINER_LOST when the trainer is gone, the signal's reason when it aborts; the task is then withdrawn.
   */
  async run(task: TrainerTask, signal: AbortSignal): Promise<TaskOutcome> {
    signal.throwIfAborted();
    if (this.#open !== undefined)
      throw new TributaryError("INVARIANT_BROKEN", `task ${this.#open.task.id} is still open`);
    const open: OpenTask = { task, done: Promise.withResolvers() };
    const onAbort = () => open.done.reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#open = open;
    this.#watch(this.#timeoutMs, `asked for no task in ${this.#timeoutMs} ms`);
    this.#notify();
    try {
      return await open.done.promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
      clearTimeout(this.#lostTimer);
      this.#open = undefined;
    }
  }

  /** Tells the trainer that the job is over; resolves once it has hung up, or after `graceMs`. */
  async finish(graceMs: number): Promise<void> {
    this.#isFinished = true;
    this.#notify();
    const timer = setTimeout(() => this.#finished.resolve(), graceMs);
    await this.#finished.promise;
    clearTimeout(timer);
  }

  /** A trainer's connection came. */
  connected(): void {
    this.#connections++;
    if (this.#connections === 1 && this.#open !== undefined)
      this.#watch(this.#timeoutMs, `asked for no task in ${this.#timeoutMs} ms`);
  }

  /** A trainer's connection closed; its task is lost unless another connection comes soon. */
  disconnected(): void {
    this.#connections--;
    if (this.#connections === 0 && this.#isFinished) this.#finished.resolve();
    if (this.#connections === 0 && this.#open !== undefined) this.#watch(RECONNECT_GRACE_MS, "closed its connection");
  }

  /** The desk as the trainer's contract has it. */
  get methods(): ServiceMethods<typeof trainerV1.TrainerService> {
    return {
      register: async ({ trainerName, trainerVersion, kinds }, { signal }) => {
        this.#log.info({ trainer: trainerName, version: trainerVersion, kinds }, "trainer registers");
        return Promise.race([this.#job.promise, rejectOnAbort(signal)]);
      },
      nextTask: ({ waitMs }, { signal }) => this.#nextTask(Math.min(waitMs, MAX_WAIT_MS), signal),
      completeTask: async ({ taskId, outcome }) => {
        if (outcome.case === undefined) throw new TributaryError("MESSAGE_INVALID", `task ${taskId} has no outcome`);
        if (this.#open?.task.id === taskId) this.#open.done.resolve(outcome);
        else this.#log.info({ taskId }, "outcome of a task that is no longer open");
        return {};
      },
    };
  }

  async #nextTask(waitMs: number, signal: AbortSignal) {
    if (this.#open === undefined && !this.#isFinished) await this.#change(waitMs, signal);
    if (this.#isFinished) return { finished: true };
    if (this.#open === undefined) return {};
    clearTimeout(this.#lostTimer);
    const { expiresMs, ...task } = this.#open.task;
    if (expiresMs === undefined) return { task };
    const remainingMs = Math.max(0, Math.round(expiresMs - this.#clock.monotonicMs()));
    return { task: { ...task, remainingMs: BigInt(remainingMs) } };
  }

  #change(waitMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#wake.push(done);
      signal.addEventListener("abort", done, { once: true });
    });
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  #watch(timeoutMs: number, why: string): void {
    clearTimeout(this.#lostTimer);
    const lost = new TributaryError("TRAINER_LOST", `the trainer ${why}`);
    this.#lostTimer = setTimeout(() => this.#open?.done.reject(lost), timeoutMs);
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
