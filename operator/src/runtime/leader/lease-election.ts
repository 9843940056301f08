import { Kinds } from "@tributary/contracts";
import { asTributaryError, type TributaryError } from "@tributary/kit";
import type { ApiClient } from "../api/api-client.ts";
import { isAlreadyExists, isConflict } from "../api/api-error.ts";
import { type Clock, pause } from "../clock.ts";
import {
  decideOnLease,
  type LeaseCandidate,
  type LeaseObject,
  type LeaseSpec,
  type LeaseTimes,
  microTime,
  type Observation,
  observe,
} from "./lease-record.ts";

/** Name of the Lease. */
export interface LeaseRef {
  readonly namespace: string;
  readonly name: string;
}

/** What an election is made from. */
export interface LeaseElectionOptions {
  /** A client with its own connections: renewals must not wait behind anything else. */
  readonly client: ApiClient;
  readonly lease: LeaseRef;
  readonly candidate: LeaseCandidate;
  readonly clock: Clock;
  readonly times: LeaseTimes;
  /**
   * Leading is proved until `untilMs` (monotonic). Called on every renewal; `token` grows with every change of leader.
   */
  readonly onProved: (token: number, untilMs: number) => void;
  /** Another replica holds the lease; called at every look. */
  readonly onHeld: (holder: string) => void;
  /** Leading ended: lost, not released. */
  readonly onLost: () => void;
  readonly onError: (error: TributaryError) => void;
  /** Resolves early when the lease changed, so that a released one is taken at once. */
  readonly whenChanged?: (signal: AbortSignal) => Promise<void>;
}

/**
 * Runs for leadership until `signal` aborts or leadership is lost, and releases the lease when it holds it. The proof of
 * leading counts from before the renewal was sent, so it always ends before anybody else may take the lease.
 */
export async function runLeaseElection(
  options: LeaseElectionOptions,
  signal: AbortSignal,
): Promise<"released" | "lost"> {
  const { client, lease: ref, candidate, clock, times } = options;
  const { identity } = candidate;
  let observation: Observation | undefined;
  let provedAtMs: number | undefined;

  async function read(): Promise<LeaseObject | undefined> {
    const lease = await client.get<LeaseObject>(Kinds.Lease, ref, { signal, deadlineMs: times.retryMs });
    observation = lease && observe(observation, lease, clock.monotonicMs());
    return lease;
  }

  async function write(spec: LeaseSpec, writeSignal?: AbortSignal): Promise<void> {
    const options = { ...(writeSignal ? { signal: writeSignal } : {}), deadlineMs: times.retryMs };
    const written = observation
      ? await client.replace<LeaseObject>(Kinds.Lease, { ...observation.lease, spec }, options)
      : await client.create<LeaseObject>(Kinds.Lease, { metadata: { ...ref }, spec }, options);
    observation = observe(undefined, written, clock.monotonicMs());
  }

  /** One try to take or renew; gives the pause before the next. */
  async function tryOnce(): Promise<number> {
    const startedMs = clock.monotonicMs();
    // A leader writes over what it wrote last; only a candidate, or a leader whose write failed, has to read first.
    if (provedAtMs === undefined || observation === undefined) await read();
    const empty: Observation = { lease: { metadata: { ...ref } }, seenAtMs: startedMs };
    const decision = decideOnLease(observation ?? empty, candidate, times, clock.monotonicMs(), clock.nowMs());
    if (decision.act === "wait") {
      options.onHeld(observation?.lease.spec?.holderIdentity ?? "");
      return decision.waitMs;
    }
    await write(decision.spec, signal);
    provedAtMs = startedMs;
    options.onProved(decision.spec.leaseTransitions ?? 0, startedMs + times.renewDeadlineMs);
    return times.retryMs;
  }

  async function tryAndReport(): Promise<number> {
    try {
      return await tryOnce();
    } catch (error) {
      if (signal.aborted) return 0;
      // Somebody wrote in between: look again at once, once; this is how a race for a free lease ends.
      const isRace = isConflict(error) || isAlreadyExists(error);
      if (!isRace) options.onError(asTributaryError(error));
      observation = isRace ? undefined : observation;
      await read().catch(() => undefined);
      return Math.min(times.retryMs, 500);
    }
  }

  async function release(): Promise<void> {
    if (observation?.lease.spec?.holderIdentity !== identity) return;
    const { leaseTransitions } = observation.lease.spec;
    const wall = microTime(clock.nowMs());
    await write({
      holderIdentity: "",
      leaseDurationSeconds: 1,
      acquireTime: wall,
      renewTime: wall,
      ...(leaseTransitions === undefined ? {} : { leaseTransitions }),
    });
  }

  async function waitFor(waitMs: number): Promise<void> {
    if (signal.aborted) return;
    const enough = new AbortController();
    const stop = () => enough.abort();
    signal.addEventListener("abort", stop, { once: true });
    const isCandidate = provedAtMs === undefined;
    const waits: Promise<unknown>[] = [pause(clock, waitMs, enough.signal)];
    if (isCandidate && options.whenChanged) waits.push(options.whenChanged(enough.signal));
    await Promise.race(waits);
    enough.abort();
    signal.removeEventListener("abort", stop);
  }

  function isLost(): boolean {
    if (provedAtMs === undefined) return false;
    const holder = observation?.lease.spec?.holderIdentity;
    return clock.monotonicMs() - provedAtMs >= times.renewDeadlineMs || (holder !== undefined && holder !== identity);
  }

  while (!signal.aborted) {
    const waitMs = await tryAndReport();
    if (isLost()) {
      options.onLost();
      return "lost";
    }
    const leftMs = provedAtMs === undefined ? waitMs : provedAtMs + times.renewDeadlineMs - clock.monotonicMs();
    await waitFor(Math.max(0, Math.min(waitMs, leftMs)));
    if (isLost()) {
      options.onLost();
      return "lost";
    }
  }
  await release().catch((error: unknown) => options.onError(asTributaryError(error)));
  return "released";
}
