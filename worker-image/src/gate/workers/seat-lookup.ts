import { isDeepStrictEqual } from "node:util";
import { Label } from "@tributary/contracts";
import { asTributaryError, type Clock, isTributaryError, TributaryError } from "@tributary/kit";
import { dataNameBytes } from "../../shared/identity/data-name.ts";
import { formatWorkerUri, type WorkerIdentity } from "../../shared/identity/worker-uri.ts";
import { trainerContainersOf, type WorkerFacts, workerFactsOf } from "../admission/worker-facts.ts";
import { BoundedCalls } from "../enrolment/bounded-calls.ts";
import { INDEX_LABEL } from "../enrolment/explained/metadata.ts";
import { type EnrolmentPolicy, identifyWorker } from "../enrolment/identify-worker.ts";
import { requireOwnRuntime } from "../enrolment/know-worker.ts";
import type { ApiServer } from "../kubernetes/api-server.ts";
import type { PodView } from "../kubernetes/pod-shape.ts";
import { dataNameOf } from "./data-name-of.ts";

/** A worker as the pod on its seat shows it. */
export interface SeatedWorker {
  readonly facts: WorkerFacts;
  /** Whose data it trains on, 36 bytes. */
  readonly dataName: Uint8Array;
}

/**
 * Says what is known of an enrolled worker. Throws ENROLMENT_REFUSED when no pod of its seat is there that is the member's own, QUEUE_FULL,
 * API_UNAVAILABLE.
 */
export type SeatLookup = (worker: WorkerIdentity, signal: AbortSignal) => Promise<SeatedWorker>;

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
/** Seats that are remembered: more than a member's pods. */
const MAX_SEATS = 16_384;
const LOOKS = { atOnce: 8, waiting: 512 };

/** Looks at the pods of seats, each at most every {@link FRESH_MS}. */
export function createSeatLookup(deps: SeatLookupDeps): SeatLookup {
  const { clock } = deps;
  const looks = new BoundedCalls(LOOKS);
  const seen = new Map<string, { readonly worker: SeatedWorker; readonly atMs: number }>();
  return async (identity, signal) => {
    const uri = formatWorkerUri(identity);
    const known = seen.get(uri);
    const ageMs = known === undefined ? Number.POSITIVE_INFINITY : clock.monotonicMs() - known.atMs;
    if (ageMs < FRESH_MS) return known!.worker;
    try {
      const atMs = clock.monotonicMs();
      const worker = await looks.run(() => lookAt(deps, identity, signal), signal);
      seen.delete(uri);
      seen.set(uri, { worker, atMs });
      if (seen.size > MAX_SEATS) seen.delete(seen.keys().next().value!);
      return worker;
    } catch (cause) {
      if (isTributaryError(cause, "API_UNAVAILABLE") && ageMs < GOOD_MS) return known!.worker;
      if (isTributaryError(cause, "ENROLMENT_REFUSED")) seen.delete(uri);
      throw cause;
    }
  };
}

/** A pod that is replaced may be seen beside the one that replaces it: all that are the member's own must say the same. */
async function lookAt(deps: SeatLookupDeps, identity: WorkerIdentity, signal: AbortSignal): Promise<SeatedWorker> {
  const { namespace, jobUid, participant, workerIndex } = identity;
  const labels = {
    [Label.JobUid]: jobUid,
    [Label.Participant]: participant,
    [INDEX_LABEL]: String(workerIndex),
  };
  const pods = await deps.api.listPods(namespace, labels, signal);
  const seated: SeatedWorker[] = [];
  let refusal = refused(`no pod of ${formatWorkerUri(identity)} is there`);
  for (const pod of pods) {
    try {
      seated.push(await readSeat(deps, pod, signal));
    } catch (cause) {
      refusal = asTributaryError(cause);
      if (refusal.code !== "ENROLMENT_REFUSED") throw refusal;
    }
  }
  const [first, ...others] = seated;
  if (first === undefined) throw refusal;
  if (others.every((other) => isDeepStrictEqual(other, first))) return first;
  throw refused(
    `${seated.length} pods of ${formatWorkerUri(identity)} are there, and differ in images, runtime or data`,
  );
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

function refused(why: string): TributaryError {
  return new TributaryError("ENROLMENT_REFUSED", why);
}
