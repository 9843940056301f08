import { describe, expect, it } from "vitest";
import { isTensorSection } from "../reports/section.ts";
import { horizontal } from "./horizontal.ts";
import type { OpenedSum } from "./recipe.ts";

const job = { tensors: [{ name: "w", shape: [4] }], hasAdapter: false };
const masks: OpenedSum = { minWorkers: 4, minOrganisations: 3 };

describe("the horizontal recipe", () => {
  it("evaluates before it trains, so that metrics tell of what the round started from", () => {
    const { phase, steps, sections, writes } = horizontal.plan(job, {}, { isEvaluateOnly: false });
    expect(steps.map(({ kind }) => kind)).toEqual(["Evaluate", "Train"]);
    expect(sections.map(({ name }) => name)).toEqual(["update", "evaluation", "training"]);
    expect({ phase, writes }).toEqual({
      phase: "Train",
      writes: [{ object: "model", from: "Update", section: "update" }],
    });
  });

  it("only evaluates when it is asked to, and changes nothing", () => {
    const { phase, steps, sections, writes } = horizontal.plan(job, {}, { isEvaluateOnly: true });
    expect({ phase, kinds: steps.map(({ kind }) => kind), writes }).toEqual({
      phase: "Evaluate",
      kinds: ["Evaluate"],
      writes: [],
    });
    expect(sections.some(isTensorSection)).toBe(false);
  });

  it("reads the frozen base and the adapter beside the model of an adapter", () => {
    const adapted = horizontal.plan({ ...job, hasAdapter: true }, {}, { isEvaluateOnly: false });
    expect(adapted.reads).toEqual(["adapter", "base", "model"]);
    expect(horizontal.plan(job, {}, { isEvaluateOnly: false }).reads).toEqual(["model"]);
  });

  it("says of every section what leaves, and asks for no verb that its roles do not name", () => {
    const { steps, sections } = horizontal.plan(job, {}, { isEvaluateOnly: false });
    const told = horizontal.disclosures({ masks }).map(({ set }) => set);
    expect(told.toSorted()).toEqual(sections.map(({ name }) => name).toSorted());
    const verbs = horizontal.roles.flatMap(({ role, kinds }) => kinds.map((kind) => `${role} ${kind}`));
    expect(steps.map(({ role, kind }) => `${role} ${kind}`).toSorted()).toEqual(verbs.toSorted());
  });

  it("discloses each set as its steps do, by the role that makes it", () => {
    const { steps } = horizontal.plan(job, {}, { isEvaluateOnly: false });
    const made = steps.flatMap(({ role, outputs }) => outputs.map((output) => ({ role, ...output })));
    const told = horizontal.disclosures({ masks });
    for (const { role, section, disclosure } of made)
      expect(told.find(({ set }) => set === section)).toMatchObject({ role, disclosure });
  });

  it("says of every set that a hub admin can read each summand while there are no masks, and of none else", () => {
    const warned = (given: OpenedSum | undefined) =>
      horizontal.disclosures({ masks: given }).map(({ meaning }) => meaning.includes("a hub admin can read each"));
    expect(warned(undefined)).toEqual([true, true, true]);
    expect(warned(masks)).toEqual([false, false, false]);
  });

  it("says of every masked set whose sum is opened, and of metrics what many sums give away", () => {
    const told = horizontal.disclosures({ masks }).map(({ meaning }) => meaning);
    for (const meaning of told)
      expect(meaning).toContain("only with at least 4 workers of at least 3 organisations in it");
    expect(told.map((meaning) => meaning.includes("can be solved for"))).toEqual([false, true, true]);
    const [lone] = horizontal.disclosures({ masks: { minWorkers: 3, minOrganisations: 1 } });
    expect(lone?.meaning).toContain("at least 3 workers of at least 1 organisation in it");
  });
});
