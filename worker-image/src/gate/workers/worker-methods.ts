import type { AuditEvent } from "@tributary/contracts";
import { type Clock, isTributaryError, type Logger } from "@tributary/kit";
import { createNodeCryptoSuite } from "../../shared/crypto/node-crypto-suite.ts";
import { dataNameBytes } from "../../shared/identity/data-name.ts";
import { type AdmitDeps, admitMethod } from "../admission/admit-method.ts";
import { admitEvent, attestedEvent } from "../audit/audit-events.ts";
import { ToldBytes } from "../audit/told-bytes.ts";
import { ToldRefusals } from "../audit/told-refusals.ts";
import type { MemberCertifier } from "../authority/member-certifier.ts";
import { createPodReview, type PodReviewDeps } from "../enrolment/review-pod.ts";
import type { GateMemory } from "../memory/gate-memory.ts";
import { recordSum } from "../memory/record-method.ts";
import { type TrustSigner, trustMethod } from "../trust/trust-method.ts";
import { type Attested, attestMethod } from "./attest-method.ts";
import { dataNameOf } from "./data-name-of.ts";
import { createSeatLookup, type SeatLookup, type SeatLookupDeps } from "./seat-lookup.ts";
import type { CallerOf } from "./worker-caller.ts";
import type { WorkerMethods } from "./worker-endpoint.ts";
import { boundByWorker } from "./worker-rates.ts";

/** What the methods for workers work with. */
export interface WorkerMethodDeps {
  readonly policy: PodReviewDeps["policy"];
  readonly api: PodReviewDeps["api"] & SeatLookupDeps["api"];
  readonly callerOf: CallerOf;
  readonly dataKey: Uint8Array;
  readonly certifier: Pick<MemberCertifier, "certify">;
  readonly trust: AdmitDeps["trust"];
  readonly signer: TrustSigner;
  readonly memory: Pick<GateMemory, "record">;
  /** Writes an act down, durably before it resolves. */
  readonly audit: { write(event: AuditEvent): Promise<void> };
  readonly clock: Clock;
  readonly log: Logger;
}

/** The methods that the gate has for workers, each worker within its bounds. */
export function workerMethods(deps: WorkerMethodDeps): WorkerMethods {
  return boundByWorker(unboundedMethods(deps), deps);
}

function unboundedMethods(deps: WorkerMethodDeps): Required<WorkerMethods> {
  const { policy, callerOf, dataKey, trust, memory, audit, log } = deps;
  const refusals = new ToldRefusals(audit);
  const review = createPodReview({
    ...deps,
    onRefused: ({ uid }, refusal) => refusals.tell({ podUid: uid }, refusal),
  });
  const lookUp = tellingRefusals(createSeatLookup(deps), refusals);
  const naming = { dataKey, sidecarContainer: policy.sidecarContainer };
  const admit = admitMethod({
    crypto: createNodeCryptoSuite(),
    trust,
    describeWorker: async (caller, signal) => (await lookUp(caller, signal)).facts,
    audit: (answer, identity) => audit.write(admitEvent(identity, answer)),
    log,
  });
  return {
    trust: trustMethod(deps),
    attest: attestMethod({
      ...deps,
      review,
      dataNameOf: (reviewed) => dataNameOf(naming, reviewed),
      onAttested: writeAttested(audit),
    }),
    admit: (request, context) => admit(request, callerOf(context), context.signal),
    async record(request, context) {
      const caller = callerOf(context);
      const { repeatedStarts } = trust.forRounds().policy;
      const { dataName } = await lookUp(caller, context.signal);
      return recordSum({ memory, audit }, { worker: caller.identity, dataName }, request, { repeatedStarts });
    },
  };
}

/** Looks at seats, and has the trail tell of pods that are gone or no more the member's own before their workers are told. */
function tellingRefusals(lookUp: SeatLookup, refusals: ToldRefusals): SeatLookup {
  return async (holder, signal) => {
    try {
      return await lookUp(holder, signal);
    } catch (cause) {
      if (isTributaryError(cause, "ENROLMENT_REFUSED")) await refusals.tell(holder, cause);
      throw cause;
    }
  };
}

/** A pod that has sent nothing since the last line of it is not written down again: each of them attests every few minutes. */
function writeAttested(audit: WorkerMethodDeps["audit"]) {
  const told = new ToldBytes();
  return async ({ reviewed: { identity, bound }, dataName, sentBytes }: Attested): Promise<void> => {
    const event = attestedEvent({ identity, podUid: bound.uid }, dataNameBytes(dataName), sentBytes);
    if (!told.isNews(bound.uid, sentBytes)) return;
    await audit.write(event);
    told.keep(bound.uid, sentBytes);
  };
}
