import { X509Certificate } from "node:crypto";

/** What is wrong with a bundle of certificates, or its certificates. */
export type CertificateBundle =
  | { readonly isValid: true; readonly certificates: readonly X509Certificate[] }
  /** `problem` completes a sentence that begins with the field: "is empty", "holds …". */
  | { readonly isValid: false; readonly problem: string };

const block = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/gu;

/** Reads a PEM bundle: one certificate or several, as while a CA is changed over. Text around the blocks is a comment. */
export function readCertificateBundle(pem: string): CertificateBundle {
  const blocks = [...pem.matchAll(block)];
  const begun = pem.match(/-----BEGIN /gu)?.length ?? 0;
  if (begun === 0) return { isValid: false, problem: "holds no PEM certificate" };
  if (blocks.length < begun) return { isValid: false, problem: "ends inside a PEM block" };
  const certificates: X509Certificate[] = [];
  for (const [index, [text, label]] of blocks.entries()) {
    const which = `PEM block ${index + 1} of ${blocks.length}`;
    if (label !== "CERTIFICATE") return { isValid: false, problem: `holds a ${label} as ${which}, not a certificate` };
    try {
      certificates.push(new X509Certificate(text));
    } catch {
      return { isValid: false, problem: `holds a damaged certificate as ${which}` };
    }
  }
  return { isValid: true, certificates };
}
