import { readCertificates } from "@tributary/kit";
import type { MappedMember } from "../snapshot.ts";

type GateCa = Pick<MappedMember, "gateCaPem" | "gateCaExpected">;

/** Bundles that were read before: every look at every seat asks again. */
const known = new Map<string, GateCa>();
const mostKnown = 1_000;

/** The gate's CA as a MemberCluster registers it: its bundle when every certificate of it can be read, else what it must be. */
export function observeGateCa(caBundle: string | undefined): GateCa {
  if (caBundle === undefined) return {};
  const before = known.get(caBundle);
  if (before !== undefined) return before;
  const reading = readCertificates(caBundle);
  const observed = reading.ok ? { gateCaPem: caBundle } : { gateCaExpected: reading.expected };
  if (known.size >= mostKnown) known.clear();
  known.set(caBundle, observed);
  return observed;
}
