import { createHash } from "node:crypto";
import { type MemberCluster, Reason } from "@tributary/contracts";
import { readCertificateBundle } from "../../runtime/api/pem.ts";
import type { GateObservation } from "./snapshot.ts";

/** Judges the gate's CA bundle of a member: one certificate, or several while it is changed over. */
export function observeGate(member: MemberCluster): GateObservation {
  const { name } = member.metadata;
  const caBundle = member.spec.gate?.caBundle;
  if (caBundle === undefined) return { state: "absent" };
  const bundle = readCertificateBundle(caBundle);
  if (!bundle.isValid) {
    const message = `MemberCluster ${name}: spec.gate.caBundle ${bundle.problem}; write the PEM text that the member's admin handed over, not base64 of it`;
    return { state: "invalid", problem: { reason: Reason.GateCaInvalid, message } };
  }
  const [first] = bundle.certificates;
  return {
    state: "valid",
    fingerprint: `SHA256:${createHash("sha256")
      .update(first?.raw ?? "")
      .digest("hex")}`,
    certificates: bundle.certificates.length,
    endsMs: Math.max(...bundle.certificates.map((certificate) => certificate.validToDate.getTime())),
  };
}
