import { webcrypto } from "node:crypto";
import type { gateV1 } from "@tributary/contracts";
import { type Clock, type Logger, type ServiceMethods, TributaryError } from "@tributary/kit";
import { type DataName, formatDataNameUri } from "../../shared/identity/data-name.ts";
import type { MemberCertifier } from "../authority/member-certifier.ts";
import type { PodReview, ReviewedPod } from "../enrolment/review-pod.ts";
import type { CallerOf, WorkerCaller } from "./worker-caller.ts";

/** What attestation works with. */
export interface AttestDeps {
  readonly review: PodReview;
  readonly callerOf: CallerOf;
  /** Whose data the worker in a pod trains on, by the PodTemplate that it was made from. Throws ENROLMENT_REFUSED when there is none. */
  readonly dataNameOf: (reviewed: Pick<ReviewedPod, "identity" | "runtime">) => DataName;
  readonly certifier: Pick<MemberCertifier, "certify">;
  /** Told before the answer: what attests is written down first. */
  readonly onAttested: (attested: Attested) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A worker whose pod was there. */
export interface Attested {
  readonly reviewed: ReviewedPod;
  readonly dataName: DataName;
  /** Bytes of reports that left its pod since it was made, as its sidecar counts. */
  readonly sentBytes: bigint;
}

type AttestMethod = ServiceMethods<typeof gateV1.WorkerService>["attest"];

/**
 * The method by which a worker shows that its pod is there, and gets the certificate by which other members know it: for the key that it
 * calls with, for five minutes. The token is never logged.
 *
 * @throws ENROLMENT_REFUSED for a pod that is gone, or is another worker's than the one that calls.
 */
export function attestMethod(deps: AttestDeps): AttestMethod {
  const { review, callerOf, dataNameOf, certifier, clock, log } = deps;
  return async ({ token, sentBytes }, context) => {
    const caller = callerOf(context);
    const reviewed = await review(token, context.signal);
    requireOwnPod(reviewed, caller);
    const dataName = dataNameOf(reviewed);
    await deps.onAttested({ reviewed, dataName, sentBytes });
    const publicKey = await webcrypto.subtle.importKey("raw", caller.publicKey, "Ed25519", true, ["verify"]);
    const { chainDer, endMs } = await certifier.certify(publicKey, [caller.uri, formatDataNameUri(dataName)]);
    log.debug(
      { uri: caller.uri, sentBytes: String(sentBytes), notAfter: new Date(endMs).toISOString() },
      "worker attested",
    );
    return {
      chainDer: [...chainDer],
      lifetimeSeconds: BigInt(Math.max(0, Math.floor((endMs - clock.nowMs()) / 1000))),
    };
  };
}

function requireOwnPod({ uri, bound }: ReviewedPod, caller: WorkerCaller): void {
  const { namespace, name, uid } = bound;
  const refuse = (why: string) => new TributaryError("ENROLMENT_REFUSED", `pod ${namespace}/${name} ${why}`);
  if (uri !== caller.uri) throw refuse(`is ${uri}, not ${caller.uri}`);
  if (uid !== caller.podUid) throw refuse(`has uid ${uid}, and the certificate is of pod ${caller.podUid}`);
}
