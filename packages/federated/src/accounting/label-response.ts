import { requireInteger } from "../errors.ts";
import { requireEpsilon } from "./bounds.ts";

/**
 * Chance that k-ary randomised response keeps the true label: `e^eps / (e^eps + k - 1)`; every other label has the rest
 * in equal parts (Warner, JASA 1965; Kairouz, Bonawitz and Ramage, ICML 2016). Pure epsilon for one release of a label.
 *
 * @throws ArgumentError for epsilon out of range or fewer than 2 labels.
 */
export function labelKeepChance(epsilon: number, labels: number): number {
  requireEpsilon(epsilon);
  requireInteger("labels", labels, 2, Number.MAX_SAFE_INTEGER);
  return 1 / (1 + (labels - 1) * Math.exp(-epsilon));
}
