import { X509Certificate } from "node:crypto";
import { type CallContext, type Clock, TributaryError } from "@tributary/kit";
import { ed25519KeyOf, uriNamesOf } from "../../shared/identity/certificates.ts";
import { parsePodUri } from "../../shared/identity/pod-uri.ts";
import { parseWorkerUri, type WorkerIdentity } from "../../shared/identity/worker-uri.ts";

/** The worker that calls, as its TLS certificate says. */
export interface WorkerCaller {
  readonly identity: WorkerIdentity;
  /** The identity as the certificate holds it. */
  readonly uri: string;
  /** Uid of the pod that it was made for: another pod may have the same identity later. */
  readonly podUid: string;
  /** Ed25519 public key of the certificate, 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** Says who calls. @throws IDENTITY_REJECTED for a certificate that names no worker of this member, or whose time is over. */
export type CallerOf = (context: Pick<CallContext, "peerCertificate">) => WorkerCaller;

interface KnownCaller {
  readonly caller: WorkerCaller;
  readonly fromMs: number;
  readonly throughMs: number;
}

/** Reads callers of a wire whose TLS already let only certificates of the gate's CAs in. A connection may outlive its certificate. */
export function createCallerOf(cluster: string, clock: Clock): CallerOf {
  // A connection has one certificate for good, and its bytes are one object.
  const known = new WeakMap<Uint8Array, KnownCaller>();
  return ({ peerCertificate }) => {
    if (peerCertificate === undefined) throw rejected("the caller has no certificate");
    const found = known.get(peerCertificate) ?? readCaller(peerCertificate, cluster);
    known.set(peerCertificate, found);
    const nowMs = clock.nowMs();
    if (nowMs >= found.fromMs && nowMs <= found.throughMs) return found.caller;
    const { fromMs, throughMs } = found;
    const time = `${new Date(fromMs).toISOString()} to ${new Date(throughMs).toISOString()}`;
    throw rejected(`the certificate of ${found.caller.uri} counts from ${time}`);
  };
}

/** The worker that a certificate names. @throws IDENTITY_REJECTED unless it is exactly one, of one pod of this cluster, with an Ed25519 key. */
export function readCaller(certificateDer: Uint8Array, cluster: string): KnownCaller {
  const certificate = new X509Certificate(certificateDer);
  const uris = uriNamesOf(certificate);
  const workers = uris.flatMap((uri) => {
    const identity = parseWorkerUri(uri);
    return identity === undefined ? [] : [{ uri, identity }];
  });
  const [worker] = workers;
  if (worker === undefined || workers.length > 1) throw rejected("the certificate does not name exactly one worker");
  if (worker.identity.cluster !== cluster) throw rejected(`${worker.uri} is no worker of cluster ${cluster}`);
  const [podUid, ...more] = uris.flatMap((uri) => parsePodUri(uri) ?? []);
  if (podUid === undefined || more.length > 0)
    throw rejected(`the certificate of ${worker.uri} does not name exactly one pod: enrol anew`);
  const publicKey = ed25519KeyOf(certificate);
  if (publicKey === undefined) throw rejected(`${worker.uri} has a key that is not Ed25519`);
  const [fromMs, throughMs] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  return { caller: { ...worker, podUid, publicKey }, fromMs, throughMs };
}

function rejected(why: string): TributaryError {
  return new TributaryError("IDENTITY_REJECTED", why);
}
