import type { ShownModel } from "./output-publisher.ts";

/**
 * The best model, or the best of those that there are when nobody has it any more: under a rule that came later, a model may be the best
 * that was removed long ago. Of equal ones the earliest; the newest while none was evaluated.
 *
 * @param best by its metric alone.
 * @param there models whose files there are, the newest among them.
 */
export function chooseBest<M extends ShownModel>(best: ShownModel, there: readonly M[], mode: "Min" | "Max"): M {
  const wanted = there.find(({ sha256 }) => sha256 === best.sha256);
  if (wanted !== undefined) return { ...wanted, ...best };
  const byAge = there.toSorted((a, b) => a.round - b.round);
  const sign = mode === "Max" ? -1 : 1;
  const evaluated = byAge.filter(({ metricValue }) => metricValue !== undefined);
  const score = ({ metricValue }: ShownModel) => sign * Number(metricValue);
  if (evaluated.length === 0) return byAge.at(-1)!;
  return evaluated.reduce((found, model) => (score(model) < score(found) ? model : found));
}
