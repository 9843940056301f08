import { X509Certificate } from "node:crypto";
import { operatorIdentity } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import { certificateSha256, ed25519KeyOf, isIssuedBy, uriNamesOf } from "../../shared/identity/certificates.ts";
import { parseWorkerUri, type WorkerIdentity } from "../../shared/identity/worker-uri.ts";
import type { JobConfig, ParticipantConfig } from "../config/job-config.ts";

/** One place in the job: a worker of a participant. */
export interface Seat {
  /** Stable for the job: seats are numbered from 1, participants in the order of the configuration. */
  readonly partyId: number;
  readonly participant: ParticipantConfig;
  readonly workerIndex: number;
}

/** A seat and the certificate of the worker that now sits on it. */
export interface SeatHolder {
  readonly seat: Seat;
  readonly publicKey: Uint8Array;
  readonly certificateSha256: Uint8Array;
  /** When the certificate begins, by the clock of the gate that issued it: of two workers of one seat the later one counts. */
  readonly issuedMs: number;
}

/** Certificates whose check is remembered: a signature check for every request would be a tenth of a small round. */
const MAX_ACCEPTED = 4096;

/** The seats of a job and who may take them. */
export interface Seats {
  readonly all: readonly Seat[];
  /** The seat of a worker's certificate; IDENTITY_REJECTED with the reason when it has none. */
  seatOf(certificateDer: Uint8Array | undefined): SeatHolder;
  /** Refuses every certificate but the operator's with IDENTITY_REJECTED. */
  requireOperator(certificateDer: Uint8Array | undefined): void;
}

/**
 * The seats that a job's configuration describes.
 *
 * A worker's certificate must be signed by the gate CA of the cluster its URI names, whatever other CA the TLS handshake accepted.
 */
export function createSeats(config: JobConfig, operatorCa: X509Certificate, nowMs: () => number): Seats {
  const all = config.participants.flatMap((participant) =>
    Array.from({ length: participant.workers }, (_, workerIndex) => ({ participant, workerIndex })),
  );
  const seats = all.map((seat, index): Seat => ({ partyId: index + 1, ...seat }));
  const accepted = new Map<string, { readonly holder: SeatHolder; readonly notAfterMs: number }>();
  const operators = new Map<string, number>();
  return {
    all: seats,
    seatOf(der) {
      const key = keyOf(der);
      const known = accepted.get(key);
      if (known !== undefined && nowMs() <= known.notAfterMs) return known.holder;
      const certificate = requireCertificate(der);
      const identity = identityOf(certificate);
      const cluster = config.clusters.find(({ name }) => name === identity.cluster);
      if (cluster?.gateCa.some((issuer) => isIssuedBy(certificate, issuer, nowMs())) !== true) {
        throw rejected(`certificate of ${describe(identity)} is not signed by the gate of cluster ${identity.cluster}`);
      }
      const seat = seats.find((candidate) => isSeatOf(candidate, identity, config.job.uid));
      if (seat === undefined) throw rejected(`${describe(identity)} has no seat in this job`);
      const publicKey = ed25519KeyOf(certificate);
      if (publicKey === undefined) throw rejected(`${describe(identity)} has a key that is not Ed25519`);
      const issuedMs = Date.parse(certificate.validFrom);
      const holder = { seat, publicKey, certificateSha256: certificateSha256(certificate), issuedMs };
      remember(accepted, key, { holder, notAfterMs: Date.parse(certificate.validTo) });
      return holder;
    },
    requireOperator(der) {
      const key = keyOf(der);
      if (nowMs() <= (operators.get(key) ?? Number.NEGATIVE_INFINITY)) return;
      const certificate = requireCertificate(der);
      if (!uriNamesOf(certificate).includes(operatorIdentity) || !isIssuedBy(certificate, operatorCa, nowMs())) {
        throw rejected("the certificate is not the operator's");
      }
      remember(operators, key, Date.parse(certificate.validTo));
    },
  };
}

function keyOf(der: Uint8Array | undefined): string {
  return der === undefined ? "" : Buffer.from(der).toString("base64");
}

function remember<T>(accepted: Map<string, T>, key: string, value: T): void {
  if (accepted.size >= MAX_ACCEPTED) accepted.clear();
  accepted.set(key, value);
}

function isSeatOf(seat: Seat, identity: WorkerIdentity, jobUid: string): boolean {
  const { participant } = seat;
  return (
    identity.jobUid === jobUid &&
    identity.participant === participant.name &&
    identity.cluster === participant.cluster &&
    (participant.namespace === undefined || participant.namespace === identity.namespace) &&
    identity.workerIndex === seat.workerIndex
  );
}

function requireCertificate(der: Uint8Array | undefined): X509Certificate {
  if (der === undefined) throw rejected("the caller has no certificate");
  return new X509Certificate(der);
}

function identityOf(certificate: X509Certificate): WorkerIdentity {
  const identities = uriNamesOf(certificate).flatMap((uri) => parseWorkerUri(uri) ?? []);
  if (identities.length !== 1) throw rejected("the certificate does not name exactly one worker");
  return identities[0]!;
}

function describe(identity: WorkerIdentity): string {
  return `worker ${identity.workerIndex} of participant ${identity.participant} in cluster ${identity.cluster}`;
}

function rejected(why: string): TributaryError {
  return new TributaryError("IDENTITY_REJECTED", why);
}
