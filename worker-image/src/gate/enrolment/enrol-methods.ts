// @peculiar/x509 throws while loading unless the reflection metadata API is there first.
import "reflect-metadata";
import { type webcrypto, X509Certificate } from "node:crypto";
import { Pkcs10CertificateRequest } from "@peculiar/x509";
import type { AuditEvent, gateV1 } from "@tributary/contracts";
import { type Clock, type Logger, type ServiceMethods, TributaryError } from "@tributary/kit";
import { formatPodUri } from "../../shared/identity/pod-uri.ts";
import { enrolledEvent } from "../audit/audit-events.ts";
import { ToldRefusals } from "../audit/told-refusals.ts";
import type { CertificateAuthority } from "../authority/certificate-authority.ts";
import { CallRates } from "./call-rates.ts";
import type { BoundPod, EnrolmentPolicy } from "./identify-worker.ts";
import { createPodReview, type PodReviewDeps } from "./review-pod.ts";

/** Longest certificate request that is read. */
export const MAX_REQUEST_BYTES = 4096;

/** A crowd of workers may stand behind one address, where a cluster's network hides pods behind their node's. */
const OF_ADDRESS = { burst: 512, perSecond: 8, callers: 4_096 };
/** A sidecar enrols once, and again where an answer was lost or its container was started anew. */
const OF_POD = { burst: 16, perSecond: 1 / 10, callers: 4_096 };

/** What enrolment works with. */
export interface EnrolmentDeps {
  readonly policy: EnrolmentPolicy;
  readonly lifetimeMs: number;
  readonly authority: CertificateAuthority;
  readonly api: PodReviewDeps["api"];
  /** Writes an act down, durably before it resolves. */
  readonly audit: { write(event: AuditEvent): Promise<void> };
  readonly clock: Clock;
  readonly log: Logger;
}

/** The gate's side of enrolment: token, then pod, then proof of possession; neither token nor key is ever logged. */
export function enrolMethods(deps: EnrolmentDeps): ServiceMethods<typeof gateV1.GateService> {
  const { authority, audit, clock, log } = deps;
  const monotonicMs = () => clock.monotonicMs();
  const [addresses, pods] = [new CallRates(OF_ADDRESS, monotonicMs), new CallRates(OF_POD, monotonicMs)];
  // By uid, which no two pods of a cluster ever have.
  const refusals = new ToldRefusals(audit);
  const review = createPodReview({
    ...deps,
    onBound: ({ uid }: BoundPod) => pods.spend(uid),
    onRefused: ({ uid }, refusal) => refusals.tell({ podUid: uid }, refusal),
  });
  return {
    async enrol({ token, csrDer }, { signal, peerAddress = "a caller without an address" }) {
      addresses.spend(peerAddress);
      if (token === "") throw new TributaryError("TOKEN_REJECTED", "the request holds no token");
      const publicKey = await provenKey(csrDer);
      const { identity, uri, bound } = await review(token, signal);
      const nowMs = clock.nowMs();
      const leaf = await authority.signWorker(publicKey, [uri, formatPodUri(bound.uid)], {
        nowMs,
        endMs: nowMs + deps.lifetimeMs,
      });
      await audit.write(enrolledEvent({ identity, podUid: bound.uid }, leaf));
      const endMs = Date.parse(new X509Certificate(leaf).validTo);
      log.info({ uri, pod: bound.name, notAfter: new Date(endMs).toISOString() }, "worker enrolled");
      return {
        chainDer: [leaf, authority.certificateDer],
        // Not what was asked for: the CA's own end may come first.
        lifetimeSeconds: BigInt(Math.max(0, Math.floor((endMs - clock.nowMs()) / 1000))),
      };
    },
  };
}

/** The Ed25519 key of a request that its holder signed; MESSAGE_INVALID otherwise. */
async function provenKey(csrDer: Uint8Array): Promise<webcrypto.CryptoKey> {
  if (csrDer.length === 0 || csrDer.length > MAX_REQUEST_BYTES) {
    throw new TributaryError(
      "MESSAGE_INVALID",
      `certificate request of ${csrDer.length} bytes, must be 1 to ${MAX_REQUEST_BYTES}`,
    );
  }
  try {
    const request = new Pkcs10CertificateRequest(csrDer as Uint8Array<ArrayBuffer>);
    const key = (await request.publicKey.export({ name: "Ed25519" } as never, ["verify"])) as webcrypto.CryptoKey;
    if (key.algorithm.name === "Ed25519" && (await request.verify())) return key;
  } catch (cause) {
    throw new TributaryError("MESSAGE_INVALID", "the certificate request cannot be read or has no Ed25519 key", {
      cause,
    });
  }
  throw new TributaryError("MESSAGE_INVALID", "the certificate request is not signed by its key");
}
