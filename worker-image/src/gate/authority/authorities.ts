import { X509Certificate } from "node:crypto";
import { type Disk, readCertificates, realDisk } from "@tributary/kit";
import { openRing } from "../rotation/open-ring.ts";
import type { RotationWish } from "../rotation/ring.ts";
import { type CertificateAuthority, caPaths, loadAuthority, makeAuthority } from "./certificate-authority.ts";
import { invalid } from "./issuer.ts";

const STEM = "ca";
/** An endpoint is not signed by a CA that ends sooner than this. */
const SHORTEST_REST_MS = 24 * 3_600_000;

/** The CAs of a gate: one, or two while one replaces the other. */
export interface Authorities {
  /** The oldest first. */
  readonly keys: readonly CertificateAuthority[];
  /** Signs workers. */
  readonly signing: CertificateAuthority;
  /**
   * Signs the gate's own endpoints: the oldest that is there. Whoever pins the gate's CA learns the next one before it signs anything, and is
   * only then free of the former when that has been retired; so the oldest is the one that all of them know.
   */
  readonly endpoints: CertificateAuthority;
  /** PEM of all certificates whose workers are let in, those of the Secret's former CAs among them. */
  readonly callersPem: string;
}

/** Where the CAs lie, and what the admin wants of them. */
export interface AuthoritiesOptions {
  readonly directory: string;
  readonly cluster: string;
  readonly wish: RotationWish;
  /** Further certificates of the gate's CA whose keys are not here, PEM; empty for none. */
  readonly formerPem: string;
  readonly nowMs: number;
  readonly disk?: Disk;
}

/**
 * Opens the CAs of a directory (`ca.crt`, `ca.key`, later ones `ca-<n>.…`), made once.
 *
 * @throws STORAGE_FULL, STORAGE_UNAVAILABLE; CONFIGURATION_INVALID naming the file or the wish that is wrong.
 */
export async function openAuthorities(options: AuthoritiesOptions): Promise<Authorities> {
  const { directory, cluster, wish, formerPem, nowMs, disk = realDisk } = options;
  const ring = await openRing<CertificateAuthority>(
    {
      stem: STEM,
      field: STEM,
      directory,
      disk,
      pathsOf: (name) => Object.values(caPaths(directory, name)),
      fingerprintOf: ({ fingerprint }) => fingerprint,
      load: (name) => loadAuthority(caPaths(directory, name), disk),
      make: (name) => makeAuthority(caPaths(directory, name), commonNameOf(cluster, name), disk),
    },
    wish,
  );
  const endpoints = ring.keys.find(({ endMs }) => endMs > nowMs + SHORTEST_REST_MS) ?? ring.signing;
  const own = ring.keys.map(({ certificatePem }) => certificatePem);
  return { ...ring, endpoints, callersPem: [...own, ...readFormer(formerPem, ring.keys)].join("") };
}

/** Each CA has a name of its own: a chain is looked for by name. */
function commonNameOf(cluster: string, name: string): string {
  return `${cluster} gate CA${name.slice(STEM.length).replace("-", " ")}`;
}

function readFormer(pem: string, own: readonly CertificateAuthority[]): string[] {
  if (pem === "") return [];
  const reading = readCertificates(pem);
  if (!reading.ok) throw invalid("formerCaCertificates", `must be ${reading.expected}`);
  const known = new Set(own.map(({ certificatePem }) => new X509Certificate(certificatePem).fingerprint256));
  return reading.value.filter(({ fingerprint256 }) => !known.has(fingerprint256)).map((former) => former.toString());
}
