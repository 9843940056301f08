import { X509Certificate } from "node:crypto";
import { readCertificates } from "@tributary/kit";

/** What is wrong with a bundle of certificates, or its certificates. */
export type CertificateBundle =
  | { readonly isValid: true; readonly certificates: readonly X509Certificate[] }
  /** `problem` completes a sentence that begins with the field: "ends …", "holds …". */
  | { readonly isValid: false; readonly problem: string };

const block = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/gu;

/** Reads a PEM bundle: one certificate or several, as while a CA is changed over. Text around the blocks is a comment. */
export function readCertificateBundle(pem: string): CertificateBundle {
  const reading = readCertificates(pem);
  if (reading.ok) return { isValid: true, certificates: reading.value };
  return { isValid: false, problem: explainRefusal(pem) ?? `must be ${reading.expected}` };
}

/** Where a bundle that was refused is wrong. */
function explainRefusal(pem: string): string | undefined {
  const blocks = [...pem.matchAll(block)];
  const begun = pem.match(/-----BEGIN /gu)?.length ?? 0;
  if (begun === 0) return "holds no PEM certificate";
  if (blocks.length < begun) return "ends inside a PEM block";
  for (const [index, [text, label]] of blocks.entries()) {
    const which = `PEM block ${index + 1} of ${blocks.length}`;
    if (label !== "CERTIFICATE") return `holds a ${label} as ${which}, not a certificate`;
    if (!isCertificate(text)) return `holds a damaged certificate as ${which}`;
  }
  return undefined;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
