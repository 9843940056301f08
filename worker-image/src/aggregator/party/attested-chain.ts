import { X509Certificate } from "node:crypto";
import { equalBytes } from "@tributary/federated";
import { TributaryError } from "@tributary/kit";
import { certificateSha256, ed25519KeyOf, uriNamesOf } from "../../shared/identity/certificates.ts";
import { parseWorkerUri } from "../../shared/identity/worker-uri.ts";
import type { SeatHolder } from "./seats.ts";

/** The chain by which other members' workers know one, as it joined with it. */
export interface AttestedChain {
  /** Certificates in DER: the worker's of a few minutes, then the gate CA's as the member's identity key issued it. */
  readonly chainDer: readonly Uint8Array[];
  /** SHA-256 of the first, 32 bytes. */
  readonly certificateSha256: Uint8Array;
}

const CERTIFICATES = 2;
/** Largest certificate of a chain: names of the longest are 600 bytes, keys and signatures of Ed25519 little beside them. */
const LARGEST_CERTIFICATE_BYTES = 4096;
/** Most bytes that a chain takes of a request. */
export const LARGEST_CHAIN_BYTES = CERTIFICATES * (LARGEST_CERTIFICATE_BYTES + 8);

/**
 * Reads the chain with which a worker joins. That it is of this worker is all that is asked here: whether its member vouches for it, the
 * other workers judge, each by its own peer list.
 *
 * @returns undefined when there is none.
 * @throws IDENTITY_REJECTED for one that is not of the worker which joins with it, and what is no chain.
 */
export function readAttestedChain(
  chainDer: readonly Uint8Array[],
  { seat, publicKey }: SeatHolder,
  jobUid: string,
): AttestedChain | undefined {
  if (chainDer.length === 0) return undefined;
  const who = `party ${seat.partyId}: the chain`;
  if (chainDer.length !== CERTIFICATES)
    throw rejected(`${who} has ${chainDer.length} certificates, must have ${CERTIFICATES}`);
  const largest = Math.max(...chainDer.map(({ length }) => length));
  if (largest > LARGEST_CERTIFICATE_BYTES)
    throw rejected(`${who} has a certificate of ${largest} bytes, must be at most ${LARGEST_CERTIFICATE_BYTES}`);
  const leaf = read(who, chainDer[0]!);
  read(who, chainDer[1]!);
  const key = ed25519KeyOf(leaf);
  if (key === undefined || !equalBytes(key, publicKey)) throw rejected(`${who} is of another key than the worker's`);
  const workers = uriNamesOf(leaf).flatMap((uri) => parseWorkerUri(uri) ?? []);
  const isOfSeat = workers.every(
    (worker) =>
      worker.jobUid === jobUid &&
      worker.cluster === seat.participant.cluster &&
      worker.participant === seat.participant.name &&
      worker.workerIndex === seat.workerIndex,
  );
  if (workers.length !== 1 || !isOfSeat) throw rejected(`${who} names another worker than that of the seat`);
  return { chainDer, certificateSha256: certificateSha256(leaf) };
}

function read(who: string, der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch (cause) {
    throw new TributaryError("IDENTITY_REJECTED", `${who} has a certificate that cannot be read`, { cause });
  }
}

function rejected(why: string): TributaryError {
  return new TributaryError("IDENTITY_REJECTED", why);
}
