import type { AuditDigests, AuditEvent } from "@tributary/contracts";
import type { TributaryError } from "@tributary/kit";
import type { WorkerIdentity } from "../../shared/identity/worker-uri.ts";
import { canonicalJson } from "../../shared/trust/canonical-json.ts";
import type { AdmitAnswer } from "../admission/admit-method.ts";
import { readSentBytes } from "../memory/check-record.ts";
import { hexOf, sha256 } from "../memory/digests.ts";
import type { TrustChange } from "../trust/trust-watch.ts";

/** A worker's pod by the uid that no other pod of the cluster ever has. */
export interface SeenPod {
  readonly identity: WorkerIdentity;
  readonly podUid: string;
}

/** A worker gets its certificate. */
export function enrolledEvent({ identity, podUid }: SeenPod, certificateDer: Uint8Array): AuditEvent {
  return { kind: "Enrolled", ...seatOf(identity), pod: podUid, digests: { certificate: digestOf(certificateDer) } };
}

/**
 * A worker gets another certificate for its peers.
 *
 * @param dataName of its seat, 36 bytes.
 * @throws MESSAGE_INVALID for more bytes than a line can say.
 */
export function attestedEvent({ identity, podUid }: SeenPod, dataName: Uint8Array, sentBytes: bigint): AuditEvent {
  const digests = { seat: digestOf(dataName) };
  return { kind: "Attested", ...seatOf(identity), pod: podUid, bytes: readSentBytes(sentBytes), digests };
}

/** A worker is told whether it may take part in a round. */
export function admitEvent(identity: WorkerIdentity, answer: AdmitAnswer): AuditEvent {
  const { line, attempt, termsSha256, startSha256, policySha256, refusal } = answer;
  const digests: AuditDigests = {
    terms: termsSha256,
    ...(startSha256 !== undefined && { start: startSha256 }),
    policy: policySha256,
  };
  const round = { ...seatOf(identity), line, attempt, digests };
  if (refusal === undefined) return { kind: "Admitted", ...round };
  return { kind: "Refused", ...round, code: "TERMS_REFUSED", reason: refusal };
}

/** A pod that is refused: by its uid, and whose seat it would be where that is known. */
export interface RefusedPod {
  readonly podUid: string;
  readonly identity?: WorkerIdentity;
}

/** A worker's pod is not as the member's runtime has it, or gone: it gets no certificate and no answer. */
export function refusedPodEvent({ podUid, identity }: RefusedPod, { code, message }: TributaryError): AuditEvent {
  const seat = identity === undefined ? {} : seatOf(identity);
  return { kind: "Refused", ...seat, pod: podUid, code, reason: message, digests: {} };
}

/** Other peers or another policy rule, or none: then there are no digests. */
export function trustEvent(change: TrustChange): AuditEvent {
  if (!("trust" in change)) return { kind: "TrustChanged", digests: {} };
  const { peers, policySha256 } = change.trust;
  const digests = {
    peers: digestOf(Buffer.from(canonicalJson(peers.map((peer) => ({ ...peer }))), "utf8")),
    policy: hexOf(policySha256),
  };
  return { kind: "TrustChanged", digests };
}

function seatOf({ jobUid, participant, workerIndex }: WorkerIdentity) {
  return { job: jobUid, participant, worker: workerIndex };
}

function digestOf(bytes: Uint8Array): string {
  return hexOf(sha256(bytes));
}
