import { accept, type Reading, refuse } from "./finding.ts";

const block = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g;
const base64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const bundleExpected =
  "one or more certificates in PEM, each from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----";

/**
 * Reads a bundle of certificates: each as PEM of its own, in order. Text between the blocks is left out, as every reader of PEM does.
 *
 * Says nothing of what is inside the blocks; whoever can parse X.509 looks further.
 */
export function readPemBundle(text: string): Reading<readonly string[]> {
  const blocks = [...text.matchAll(block)];
  const markers = text.match(/-----(?:BEGIN|END) /g) ?? [];
  if (blocks.length === 0 || markers.length !== 2 * blocks.length) return refuse(bundleExpected);
  if (blocks.some(([, label]) => label !== "CERTIFICATE")) return refuse(`${bundleExpected}, and nothing else`);
  const bodies = blocks.map(([, , body = ""]) => body.replaceAll(/\s/g, ""));
  if (bodies.some((body) => !base64.test(body))) return refuse(`${bundleExpected}, its base64 whole`);
  return accept(bodies.map(toPem));
}

function toPem(body: string): string {
  const lines = body.match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
