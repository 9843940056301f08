import { Worker } from "node:worker_threads";
import { ArgumentError, requireInteger } from "@tributary/federated";
import { TributaryError } from "@tributary/kit";
import type { KernelReply } from "./kernel-reply.ts";
import {
  BLOCK_VALUES,
  type KernelRequest,
  type KernelTotals,
  requireRequest,
  sliceRequest,
  valuesOf,
} from "./kernel-request.ts";

/** How a pool is sized. */
export interface KernelPoolOptions {
  /** Threads, each with kernels of its own. */
  readonly threads: number;
  /** Most requests that wait or run; one more is refused with QUEUE_FULL. Default 64. */
  readonly maxRequests?: number;
  /** Longest time for one block of 2^20 values before its thread is ended; default 30 s. */
  readonly blockDeadlineMs?: number;
}

/** Threads that share vectors with the caller and split each request into blocks. */
export interface KernelPool {
  /**
   * Runs one request; vectors must not be touched until it settles.
   *
   * Rejects with ArgumentError for wrong arguments, and with TributaryError: QUEUE_FULL, OPERATION_ABORTED when the signal aborts or
   * the pool closes, DEADLINE_EXCEEDED for a stuck thread, INVARIANT_BROKEN for a thread that died. The output is then undefined.
   */
  run(request: KernelRequest, signal: AbortSignal): Promise<KernelTotals>;
  /** Ends all threads; requests that are not done reject. */
  close(): Promise<void>;
}

interface Job {
  readonly request: KernelRequest;
  readonly blocks: number;
  readonly totals: (KernelTotals | undefined)[];
  readonly settle: (outcome: KernelTotals | Error) => void;
  next: number;
  running: number;
  failure: Error | undefined;
}

interface Thread {
  readonly worker: Worker;
  ready: boolean;
  task: { readonly job: Job; readonly block: number; readonly timer: NodeJS.Timeout } | undefined;
}

/** Under type stripping the thread runs from source, and needs the condition that resolves packages to theirs. */
const fromSource = import.meta.url.endsWith(".ts");
const threadUrl = new URL(fromSource ? "./kernel-thread.ts" : "./kernel-thread.js", import.meta.url);
const execArgv = fromSource ? ["--conditions=tributary-source"] : [];

/** Starts a pool of kernel threads; throws ArgumentError when a size is out of range. */
export function createKernelPool(options: KernelPoolOptions): KernelPool {
  const maxRequests = options.maxRequests ?? 64;
  const blockDeadlineMs = options.blockDeadlineMs ?? 30_000;
  requireInteger("threads", options.threads, 1, 256);
  requireInteger("maxRequests", maxRequests, 1, 65_536);
  requireInteger("blockDeadlineMs", blockDeadlineMs, 1, 3_600_000);
  const jobs = new Set<Job>();
  const threads = new Set<Thread>();
  let broken: Error | undefined;

  function start(): void {
    const worker = new Worker(threadUrl, { execArgv });
    const thread: Thread = { worker, ready: false, task: undefined };
    threads.add(thread);
    let cause: unknown;
    worker.on("message", (reply: KernelReply) => hear(thread, reply));
    worker.on("error", (error) => {
      cause = error;
    });
    worker.on("exit", (code) => lose(thread, code, cause));
  }

  function hear(thread: Thread, reply: KernelReply): void {
    if (reply.kind === "Ready") {
      thread.ready = true;
      // An idle thread keeps no one alive; one that is coming up may have work waiting for it.
      thread.worker.unref();
    } else {
      const { job, block } = release(thread);
      if (reply.kind === "Done") job.totals[block] = reply.totals;
      else job.failure ??= refusal(reply);
      finish(job);
    }
    feed();
  }

  function lose(thread: Thread, code: number, cause: unknown): void {
    threads.delete(thread);
    if (broken !== undefined) return;
    const error = new TributaryError("INVARIANT_BROKEN", `a kernel thread ended with exit code ${code}`, { cause });
    if (thread.task !== undefined) {
      const { job } = release(thread);
      job.failure ??= error;
      finish(job);
    }
    // A thread that never came up would not come up the next time either.
    if (thread.ready) start();
    else breakDown(error);
    feed();
  }

  function breakDown(error: Error): void {
    broken ??= error;
    for (const thread of threads) if (thread.task !== undefined) release(thread);
    for (const job of jobs) {
      job.failure ??= error;
      finish(job);
    }
  }

  function feed(): void {
    for (const thread of threads) {
      if (!thread.ready || thread.task !== undefined) continue;
      const job = [...jobs].find(({ next, blocks, failure }) => next < blocks && failure === undefined);
      if (job === undefined) return;
      assign(thread, job);
    }
  }

  function assign(thread: Thread, job: Job): void {
    const block = job.next++;
    job.running++;
    const timer = setTimeout(() => {
      const message = `a kernel thread took more than ${blockDeadlineMs} ms for one block`;
      job.failure ??= new TributaryError("DEADLINE_EXCEEDED", message);
      void thread.worker.terminate();
    }, blockDeadlineMs);
    thread.task = { job, block, timer };
    thread.worker.ref();
    const end = Math.min(valuesOf(job.request), (block + 1) * BLOCK_VALUES);
    thread.worker.postMessage(sliceRequest(job.request, block * BLOCK_VALUES, end));
  }

  function release(thread: Thread) {
    const task = thread.task!;
    clearTimeout(task.timer);
    thread.task = undefined;
    thread.worker.unref();
    task.job.running--;
    return task;
  }

  /** Settles a job that is complete or failed, but not before the last thread has let go of its vectors. */
  function finish(job: Job): void {
    if (job.running > 0 || (job.failure === undefined && job.next < job.blocks)) return;
    if (jobs.delete(job)) job.settle(job.failure ?? totalOf(job.totals));
  }

  for (let i = 0; i < options.threads; i++) start();

  return {
    run(request, signal) {
      return new Promise((resolve, reject) => {
        requireRequest(request);
        if (broken !== undefined) throw broken;
        if (signal.aborted) throw aborted(signal);
        if (jobs.size >= maxRequests) throw new TributaryError("QUEUE_FULL", `${maxRequests} kernel requests wait`);
        const blocks = Math.ceil(valuesOf(request) / BLOCK_VALUES);
        const onAbort = () => {
          job.failure ??= aborted(signal);
          finish(job);
        };
        const settle = (outcome: KernelTotals | Error) => {
          signal.removeEventListener("abort", onAbort);
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome);
        };
        const job: Job = { request, blocks, totals: [], settle, next: 0, running: 0, failure: undefined };
        signal.addEventListener("abort", onAbort);
        jobs.add(job);
        finish(job);
        feed();
      });
    },
    async close() {
      breakDown(new TributaryError("OPERATION_ABORTED", "the kernel pool is closed"));
      await Promise.all([...threads].map(({ worker }) => worker.terminate()));
    },
  };
}

/** The thread's error again; its value comes as the text to show, which quoting would change. */
function refusal({ argument, value, bound }: KernelReply & { kind: "Refused" }): ArgumentError {
  return new ArgumentError(argument, { toString: () => value }, bound);
}

function aborted(signal: AbortSignal): TributaryError {
  return new TributaryError("OPERATION_ABORTED", "a kernel request was given up", { cause: signal.reason });
}

/** Block totals in block order: the same sum whatever order the threads finished in. */
function totalOf(totals: readonly (KernelTotals | undefined)[]): KernelTotals {
  let [saturated, squaredNorm] = [0, 0];
  for (const total of totals) {
    saturated += total!.saturated;
    squaredNorm += total!.squaredNorm;
  }
  return { saturated, squaredNorm };
}
