import { Label } from "@tributary/contracts";
import { type Clock, isTributaryError, TributaryError } from "@tributary/kit";
import { dataNameBytes } from "../../shared/identity/data-name.ts";
import { formatWorkerUri, type WorkerIdentity } from "../../shared/identity/worker-uri.ts";
import { RecentMap } from "../../shared/recent-map.ts";
import { trainerContainersOf, type WorkerFacts, workerFactsOf } from "../admission/worker-facts.ts";
import { BoundedCalls } from "../enrolment/bounded-calls.ts";
import { INDEX_LABEL } from "../enrolment/explained/metadata.ts";
import { type EnrolmentPolicy, identifyWorker } from "../enrolment/identify-worker.ts";
import { requireOwnRuntime } from "../enrolment/know-worker.ts";
import type { ApiServer } from "../kubernetes/api-server.ts";
import type { PodView } from "../kubernetes/pod-shape.ts";
import { dataNameOf } from "./data-name-of.ts";

/** A worker as its pod shows it. */
export interface SeatedWorker {
  readonly facts: WorkerFacts;
  /** Whose data it trains on, 36 bytes. */
  readonly dataName: Uint8Array;
}

/** Whose pod is looked at, as its certificate says. */
export interface SeatHolder {
  readonly identity: WorkerIdentity;
  readonly podUid: string;
}

/**
 * Says what is known of an enrolled worker. Throws ENROLMENT_REFUSED when its pod is not there, or not the member's own, QUEUE_FULL,
 * API_UNAVAILABLE.
 */
export type SeatLookup = (worker: SeatHolder, signal: AbortSignal) => Promise<SeatedWorker>;

/** What looking works with. */
export interface SeatLookupDeps {
  readonly api: Pick<ApiServer, "listPods" | "listPodTemplates">;
  readonly policy: EnrolmentPolicy;
  readonly dataKey: Uint8Array;
  readonly clock: Clock;
}

/** For so long a pod is not looked for again: rounds may be shorter than a second, and the API server serves others too. */
export const FRESH_MS = 30_000;
/** For so long what was seen counts while the API server is away: as long as the certificate of an attested worker. */
export const GOOD_MS = 300_000;
/** Pods that are remembered: more than a member's. */
const MAX_PODS = 16_384;
const LOOKS = { atOnce: 8, waiting: 512 };

/**
 * Looks at the pods of workers, each at most every {@link FRESH_MS}. What was seen is of one pod and its identity: who names jobs and
 * participants can make another pod of the same seat, of another runtime and with other data, at any time.
 */
export function createSeatLookup(deps: SeatLookupDeps): SeatLookup {
  const { clock } = deps;
  const looks = new BoundedCalls(LOOKS);
  const seen = new RecentMap<string, { readonly uri: string; readonly worker: SeatedWorker; readonly atMs: number }>(
    MAX_PODS,
  );
  return async (holder, signal) => {
    const { identity, podUid } = holder;
    const uri = formatWorkerUri(identity);
    const found = seen.get(podUid);
    const known = found?.uri === uri ? found : undefined;
    const ageMs = known === undefined ? Number.POSITIVE_INFINITY : clock.monotonicMs() - known.atMs;
    if (ageMs < FRESH_MS) return known!.worker;
    try {
      const atMs = clock.monotonicMs();
      const worker = await looks.run(() => lookAt(deps, holder, signal), signal);
      seen.set(podUid, { uri, worker, atMs });
      return worker;
    } catch (cause) {
      if (isTributaryError(cause, "API_UNAVAILABLE") && ageMs < GOOD_MS) return known!.worker;
      if (isTributaryError(cause, "ENROLMENT_REFUSED")) seen.delete(podUid);
      throw cause;
    }
  };
}

/** Others of its seat may be there, that it replaces or that replace it: each is judged by its own pod. */
async function lookAt(
  deps: SeatLookupDeps,
  { identity, podUid }: SeatHolder,
  signal: AbortSignal,
): Promise<SeatedWorker> {
  const { namespace, jobUid, participant, workerIndex } = identity;
  const labels = {
    [Label.JobUid]: jobUid,
    [Label.Participant]: participant,
    [INDEX_LABEL]: String(workerIndex),
  };
  const pods = await deps.api.listPods(namespace, labels, signal);
  const own = pods.find(({ metadata }) => metadata.uid === podUid);
  if (own !== undefined) return readSeat(deps, own, signal);
  throw new TributaryError("ENROLMENT_REFUSED", `pod ${podUid} of ${formatWorkerUri(identity)} is gone`);
}

async function readSeat(
  { api, policy, dataKey }: SeatLookupDeps,
  pod: PodView,
  signal: AbortSignal,
): Promise<SeatedWorker> {
  const identity = identifyWorker(pod, pod.metadata, policy);
  const runtime = await requireOwnRuntime(api, pod, policy, signal);
  const { sidecarContainer } = policy;
  const name = dataNameOf({ dataKey, sidecarContainer }, { identity, runtime });
  return {
    facts: workerFactsOf(pod, trainerContainersOf(runtime, sidecarContainer)),
    dataName: dataNameBytes(name),
  };
}
