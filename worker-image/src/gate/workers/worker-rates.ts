import type { gateV1 } from "@tributary/contracts";
import type { CallContext, Clock } from "@tributary/kit";
import { CallRates, type RateBounds } from "../enrolment/call-rates.ts";
import type { CallerOf } from "./worker-caller.ts";
import type { WorkerMethods } from "./worker-endpoint.ts";

/** Workers that are remembered: more than a member's. */
const WORKERS = 16_384;
/**
 * What a worker may ask of the gate, in units of some two milliseconds of its one thread (measured: 0.3 s a megabyte of terms and setup). The
 * largest question fits the burst; after it a worker has an eighth of the thread.
 */
const OF_WORKER: RateBounds = { burst: 2_048, perSecond: 64, callers: WORKERS };
const UNIT_BYTES = 8 * 1024;
/** Each attestation asks the API server three times; a sidecar asks for one every few minutes, and again while it gets none. */
const ATTESTATIONS: RateBounds = { burst: 32, perSecond: 1 / 5, callers: WORKERS };

/**
 * The methods with a bound on how much each worker asks: one that asks without end is told QUEUE_FULL before the gate does anything for it,
 * and others wait for what it may ask alone. Workers are told apart by their pods, which no hub gives names to.
 */
export function boundByWorker(
  { trust, attest, admit, record }: Required<WorkerMethods>,
  { callerOf, clock }: { readonly callerOf: CallerOf; readonly clock: Clock },
): Required<WorkerMethods> {
  const monotonicMs = () => clock.monotonicMs();
  const [rates, attestations] = [new CallRates(OF_WORKER, monotonicMs), new CallRates(ATTESTATIONS, monotonicMs)];
  const spend = (context: CallContext, bytes = 0) =>
    rates.spend(callerOf(context).podUid, 1 + Math.floor(bytes / UNIT_BYTES));
  return {
    async trust(request, context) {
      spend(context);
      return trust(request, context);
    },
    async attest(request, context) {
      attestations.spend(callerOf(context).podUid);
      return attest(request, context);
    },
    async admit(request, context) {
      spend(context, request.setup.length + request.terms.length + request.start.length);
      return admit(request, context);
    },
    async record(request, context) {
      spend(context, bytesOf(request));
      return record(request, context);
    },
  };
}

function bytesOf({ sections }: gateV1.RecordRequest): number {
  return sections.flatMap(({ dataNames }) => dataNames).reduce((sum, { length }) => sum + length, 0);
}
