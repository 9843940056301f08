import { Worker } from "node:worker_threads";
import { TributaryError } from "@tributary/kit";
import type { Credential } from "../api/credential.ts";
import type { ApiEndpoint } from "../api/kubeconfig.ts";
import { createSharedProof, disprove, type LeadershipFence, readFence, type SharedProof } from "./leadership-fence.ts";
import type { LeaseRef } from "./lease-election.ts";
import { defaultLeaseTimes, type LeaseCandidate, type LeaseTimes } from "./lease-record.ts";

/** Identity towards the API server, in a form that a thread can be given. */
export type IdentityProof = { readonly tokenPath: string } | { readonly credential: Credential };

/** What the lease thread is started with. */
export interface ThreadInput extends LeaseCandidate {
  readonly cluster: string;
  readonly endpoint: ApiEndpoint;
  readonly identityProof: IdentityProof;
  readonly lease: LeaseRef;
  readonly times: LeaseTimes;
  readonly proof: SharedProof;
}

/** Messages of the lease thread. */
export type FromThread =
  | { readonly type: "leading"; readonly token: number }
  | { readonly type: "held"; readonly holder: string }
  | { readonly type: "error"; readonly message: string }
  | { readonly type: "ended"; readonly outcome: "released" | "lost" };

/** Messages to the lease thread. */
export type ToThread = { readonly type: "release" };

/** What an election is started with. */
export interface LeaderElectionOptions
  extends Pick<ThreadInput, "cluster" | "endpoint" | "identityProof" | "lease" | keyof LeaseCandidate> {
  readonly times?: Partial<LeaseTimes>;
  /** Told of every try that failed; the election goes on. */
  readonly onError: (message: string) => void;
  /** Told when another replica holds the lease, once for each holder. */
  readonly onHeld?: (holder: string) => void;
  /** Where the thread's module is, when a bundler moved it. */
  readonly threadUrl?: URL;
}

/** A running election. */
export interface LeaderElection {
  /** Checked by every write; see `admitWhileLeading`. */
  readonly fence: LeadershipFence;
  /** Aborts when leadership is lost or the thread died: the process must end, its caches prove nothing any more. */
  readonly lost: AbortSignal;
  /** True once the lease was seen: this replica leads, or can take over from the one that does. */
  hasSeenLease(): boolean;
  /** Resolves with true once this replica leads, with false when `signal` aborts or the election ends before. */
  whenLeading(signal: AbortSignal): Promise<boolean>;
  /** Gives the lease back, so that another replica leads at once, and ends the thread. */
  release(): Promise<void>;
}

/** Beside this module, as source or compiled. */
function defaultThreadUrl(): URL {
  return new URL(import.meta.url.endsWith(".ts") ? "./leader-thread.ts" : "./leader-thread.js", import.meta.url);
}

/**
 * Runs for leadership in a thread of its own.
 *
 * @throws RangeError when the times leave a leader no time to notice its loss before another may lead.
 */
export function startLeaderElection(options: LeaderElectionOptions): LeaderElection {
  const times = { ...defaultLeaseTimes, ...options.times };
  if (!(times.retryMs < times.renewDeadlineMs && times.renewDeadlineMs < times.leaseMs)) {
    throw new RangeError(`lease times must grow: retryMs < renewDeadlineMs < leaseMs, got ${JSON.stringify(times)}`);
  }
  const { cluster, endpoint, identityProof, lease, identity, predecessors } = options;
  const proof = createSharedProof();
  const lost = new AbortController();
  const ended = new AbortController();
  const leading = new Set<() => void>();
  const thread = new Worker(options.threadUrl ?? defaultThreadUrl(), {
    workerData: { cluster, endpoint, identityProof, lease, identity, predecessors, times, proof } satisfies ThreadInput,
    execArgv: [],
  });
  let isReleasing = false;
  let isLeading = false;
  let holder: string | undefined;

  function noteHolder(next: string): void {
    if (next === holder) return;
    holder = next;
    options.onHeld?.(next);
  }

  function end(): void {
    ended.abort();
    if (isReleasing) return;
    lost.abort(
      new TributaryError("LEADERSHIP_LOST", `lease ${lease.namespace}/${lease.name} was lost by "${identity}"`),
    );
  }

  thread.on("message", (message: FromThread) => {
    if (message.type === "error") options.onError(message.message);
    if (message.type === "held") noteHolder(message.holder);
    if (message.type === "ended") end();
    if (message.type !== "leading") return;
    isLeading = true;
    for (const resolve of leading) resolve();
    leading.clear();
  });
  thread.on("error", (error) => options.onError(error.message));
  const exited = new Promise<void>((resolve) => {
    thread.on("exit", () => {
      end();
      resolve();
    });
  });

  return {
    fence: readFence(proof),
    lost: lost.signal,
    hasSeenLease: () => isLeading || holder !== undefined,
    whenLeading(signal) {
      if (isLeading) return Promise.resolve(!ended.signal.aborted);
      if (signal.aborted || ended.signal.aborted) return Promise.resolve(false);
      return new Promise((resolve) => {
        leading.add(() => resolve(true));
        for (const stop of [signal, ended.signal]) stop.addEventListener("abort", () => resolve(false), { once: true });
      });
    },
    async release() {
      isReleasing = true;
      disprove(proof);
      thread.postMessage({ type: "release" } satisfies ToThread);
      await exited;
    },
  };
}
