import { X509Certificate } from "node:crypto";
import { type Reading, readPemBundle } from "@tributary/contracts/fields";

/**
 * Reads every certificate of a PEM bundle; several stand in one while an authority is rotated.
 *
 * What is refused is refused whole: a bundle of which a part cannot be read is not what its author meant.
 */
export function readCertificates(pem: string): Reading<readonly X509Certificate[]> {
  const bundle = readPemBundle(pem);
  if (!bundle.ok) return bundle;
  try {
    return { ok: true, value: bundle.value.map((text) => new X509Certificate(text)) };
  } catch {
    return { ok: false, expected: "X.509 certificates in PEM; one of its blocks holds something else" };
  }
}
