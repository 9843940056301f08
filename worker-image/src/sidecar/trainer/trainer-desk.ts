import type { MessageInitShape } from "@bufbuild/protobuf";
import type { trainerV1 } from "@tributary/contracts";
import { type Clock, type Logger, type ServiceMethods, systemClock, TributaryError } from "@tributary/kit";
import type { RegisteredTrainer } from "../../shared/trainer/registered-trainer.ts";

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

/** Takes note of a trainer, or refuses it. */
type Register = (trainer: RegisteredTrainer) => Promise<void>;

interface OpenTask {
  readonly task: TrainerTask;
  readonly done: PromiseWithResolvers<TaskOutcome>;
  /** Whether a trainer was given it since it was opened. */
  isGiven: boolean;
}

/** A task that the trainer works on: it was given out, has no outcome, and nobody asked for another since. */
type GivenTask = Pick<TrainerTask, "id" | "expiresMs">;

/** Longest wait of one `NextTask`. */
const MAX_WAIT_MS = 60_000;
/** Longest time that a trainer may be away before its task counts as lost. */
const RECONNECT_GRACE_MS = 5_000;
/** Longest delay of a timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Where the one trainer of the pod gets its tasks and hands in their outcomes.
 *
 * One task at a time; it is given out again to whoever asks until its outcome came. The desk knows that a trainer is lost when its
 * connection closed and no other came, when nobody asked for a task in time, or when one at work has gone on beyond its task's time.
 *
 * A task that is withdrawn is not withdrawn from the trainer, which calls nobody while it works. Since an id names the work, whoever wants
 * the same work next waits for what is under way, or takes what was done meanwhile.
 */
export class TrainerDesk {
  readonly #log: Logger;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #register: Register;
  readonly #job = Promise.withResolvers<TrainerJob>();
  readonly #finished = Promise.withResolvers<void>();
  #open: OpenTask | undefined;
  #given: GivenTask | undefined;
  /** The newest success that nobody waited for when it came. */
  #unclaimed: { readonly taskId: string; readonly outcome: TaskOutcome } | undefined;
  #isFinished = false;
  #connections = 0;
  #lostTimer: NodeJS.Timeout | undefined;
  #wake: (() => void)[] = [];

  /** @param register told of each trainer that registers, before it gets its job. */
  constructor(log: Logger, timeoutMs: number, register: Register, clock: Clock = systemClock) {
    this.#log = log;
    this.#register = register;
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
   * Has a task done. Its id names the work: the same id again is the same work, and what a trainer made of it is used.
   *
   * @throws TRAINER_LOST when the trainer is gone, the signal's reason when it aborts; the task is then withdrawn.
   */
  async run(task: TrainerTask, signal: AbortSignal): Promise<TaskOutcome> {
    signal.throwIfAborted();
    if (this.#open !== undefined)
      throw new TributaryError("INVARIANT_BROKEN", `task ${this.#open.task.id} is still open`);
    const before = this.#unclaimed;
    this.#unclaimed = undefined;
    if (before?.taskId === task.id) return before.outcome;
    const open: OpenTask = { task, done: Promise.withResolvers(), isGiven: false };
    const onAbort = () => open.done.reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#open = open;
    this.#watch();
    this.#notify();
    try {
      return await open.done.promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
      clearTimeout(this.#lostTimer);
      this.#open = undefined;
    }
  }

  /** Whether a trainer is at a task, or has done it and nobody took what it made. */
  isBegun(taskId: string): boolean {
    return this.#given?.id === taskId || this.#unclaimed?.taskId === taskId;
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
    if (this.#connections === 1) this.#watch();
  }

  /** A trainer's connection closed; its task is lost unless another connection comes soon. */
  disconnected(): void {
    this.#connections--;
    if (this.#connections > 0) return;
    this.#given = undefined;
    if (this.#isFinished) this.#finished.resolve();
    this.#loseIn(RECONNECT_GRACE_MS, "closed its connection");
  }

  /** The desk as the trainer's contract has it. */
  get methods(): ServiceMethods<typeof trainerV1.TrainerService> {
    return {
      register: async ({ trainerName, trainerVersion, kinds, capability }, { signal }) => {
        await this.#register({ kinds, capability });
        const told = { trainer: trainerName, version: trainerVersion, kinds, ...describeCapability(capability) };
        this.#log.info(told, "trainer registers");
        return Promise.race([this.#job.promise, rejectOnAbort(signal)]);
      },
      nextTask: ({ waitMs }, { signal }) => this.#nextTask(Math.min(waitMs, MAX_WAIT_MS), signal),
      completeTask: async ({ taskId, outcome }) => {
        if (outcome.case === undefined) throw new TributaryError("MESSAGE_INVALID", `task ${taskId} has no outcome`);
        this.#take(taskId, outcome);
        return {};
      },
    };
  }

  #take(taskId: string, outcome: TaskOutcome): void {
    const given = this.#given?.id === taskId ? this.#given : undefined;
    if (given !== undefined) this.#given = undefined;
    const open = this.#open?.task.id === taskId ? this.#open : undefined;
    if (open !== undefined && isOutcomeOf(open, given, outcome)) {
      open.done.resolve(outcome);
      return;
    }
    // A failure says nothing of another try; the work that was done may be wanted by the next attempt at its round.
    if (open === undefined && outcome.case === "success") this.#unclaimed = { taskId, outcome };
    this.#log.info({ taskId, outcome: outcome.case }, "outcome that nobody waits for now");
    this.#watch();
  }

  async #nextTask(waitMs: number, signal: AbortSignal) {
    // Whoever asks works on nothing any more.
    this.#given = undefined;
    if (this.#open === undefined && !this.#isFinished) await this.#change(waitMs, signal);
    if (this.#isFinished) return { finished: true };
    if (this.#open === undefined || signal.aborted) return {};
    const { expiresMs, ...task } = this.#open.task;
    this.#given = this.#open.task;
    this.#open.isGiven = true;
    this.#watch();
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

  /** A trainer that does not ask for the open task is lost, but not while it works: a task takes longer than any pause between calls. */
  #watch(): void {
    const given = this.#given;
    const restMs =
      given?.expiresMs === undefined ? Number.POSITIVE_INFINITY : given.expiresMs - this.#clock.monotonicMs();
    if (given === undefined) this.#loseIn(this.#timeoutMs, `asked for no task in ${this.#timeoutMs} ms`);
    else this.#loseIn(Math.max(0, restMs) + this.#timeoutMs, `works on task ${given.id} though its time is over`);
  }

  #loseIn(delayMs: number, why: string): void {
    clearTimeout(this.#lostTimer);
    if (this.#open === undefined || delayMs > MAX_TIMER_MS) return;
    const lost = new TributaryError("TRAINER_LOST", `the trainer ${why}`);
    this.#lostTimer = setTimeout(() => this.#open?.done.reject(lost), delayMs);
  }
}

/**
 * Whether an outcome settles the open task. Work that was done does, also where a former process gave it out; a failure does only where the
 * task was given: any other is of an earlier try and handed in again, because the answer to it was lost.
 */
function isOutcomeOf({ task, isGiven }: OpenTask, given: GivenTask | undefined, outcome: TaskOutcome): boolean {
  if (outcome.case === "success") return true;
  return (isGiven || given !== undefined) && !isOfEarlierTime(outcome, given, task);
}

/** Whether a trainer gave up by the time that an earlier attempt had, and the present one has more. */
function isOfEarlierTime(outcome: TaskOutcome, given: GivenTask | undefined, { expiresMs }: TrainerTask): boolean {
  if (outcome.case !== "failure" || outcome.value.code !== "DEADLINE_EXCEEDED") return false;
  return (given?.expiresMs ?? Number.POSITIVE_INFINITY) < (expiresMs ?? Number.POSITIVE_INFINITY);
}

/** What a log shows of a capability: what the trainer does not know is absent. */
function describeCapability(capability: trainerV1.Capability | undefined) {
  if (capability === undefined) return {};
  const { backend, dtypes, memoryBytes, flops, preemptible, probe } = capability;
  return { backend, dtypes, memoryBytes: Number(memoryBytes), flops, preemptible, probe };
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
