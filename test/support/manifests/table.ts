import { bad } from "./bad.ts";
import type { ManifestCase } from "./case.ts";
import { good } from "./good.ts";
import { strictCases } from "./stricter.ts";

export type { ManifestCase } from "./case.ts";

/** Manifests, of which kubectl against a real API server says whether they are right. */
export const manifestCases: readonly ManifestCase[] = [
  ...good.map(([what, text, ending]) => ({ what, text, ...(ending ? { ending } : {}) })),
  ...strictCases.map(([what, text, finding, why, ending]) => ({
    what,
    text,
    finding,
    stricter: why,
    ...(ending ? { ending } : {}),
  })),
  ...bad.map(([what, text, finding, ending]) => ({ what, text, finding, ...(ending ? { ending } : {}) })),
];
