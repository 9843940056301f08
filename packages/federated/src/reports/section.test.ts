import { describe, expect, it } from "vitest";
import { horizontal } from "../recipes/horizontal.ts";
import { countValues, isTensorSection, type MetricSection, requireSections, type TensorSection } from "./section.ts";

const job = {
  tensors: [
    { name: "a", shape: [2, 3] },
    { name: "b", shape: [] },
  ],
  hasAdapter: false,
};
const [update, evaluation, training] = horizontal.plan(job, {}, { isEvaluateOnly: false }).sections as readonly [
  TensorSection,
  MetricSection,
  MetricSection,
];

describe("the sections of a report", () => {
  it("are taken as a recipe plans them", () => {
    requireSections([update, evaluation, training]);
    requireSections([evaluation]);
    expect([isTensorSection(update), isTensorSection(evaluation), countValues(update)]).toEqual([true, false, 7]);
  });

  it.each([
    { given: "none", sections: [], says: "sections is a list of 0, must be at least one" },
    { given: "a name twice", sections: [evaluation, evaluation], says: 'sections is "evaluation"' },
    { given: "other letters", sections: [{ ...evaluation, name: "Évaluation" }], says: "lower-case letters" },
    { given: "no tensors", sections: [{ ...update, tensors: [] }, training], says: "sections.update.values is 0" },
    {
      given: "tensors out of order",
      sections: [{ ...update, tensors: update.tensors.toReversed() }, training],
      says: "different tensors in the order of their names",
    },
    {
      given: "an impossible shape",
      sections: [{ ...update, tensors: [{ name: "a", shape: [-1] }] }, training],
      says: "sections.update.tensors.a is -1",
    },
    { given: "no metrics", sections: [{ ...evaluation, metrics: [] }], says: "sections.evaluation.metrics" },
    { given: "a metric twice", sections: [{ ...evaluation, metrics: ["a", "a"] }], says: 'metrics is "a"' },
    {
      given: "a metric in two sections",
      sections: [evaluation, { ...evaluation, name: "other" }],
      says: 'metrics is "validation_loss"',
    },
    { given: "norms of nothing", sections: [training], says: "one with norms where there are tensors" },
    { given: "tensors without norms", sections: [update, evaluation], says: "one with norms where there are tensors" },
    { given: "two of tensors", sections: [update, { ...update, name: "more" }, training], says: "at most one" },
  ])("are refused by name: $given", ({ sections, says }) => {
    expect(() => requireSections(sections)).toThrow(says);
  });
});
