import { describe, expect, it } from "vitest";
import { horizontal } from "../recipes/horizontal.ts";
import { requireScript, type ScriptStep } from "./script.ts";

const job = { tensors: [{ name: "w", shape: [4] }], hasAdapter: false };
const { steps, sections } = horizontal.plan(job, {}, { isEvaluateOnly: false });
const known = { roles: ["Trainer"], sections: sections.map(({ name }) => name) };
const [evaluate, train] = steps as readonly [ScriptStep, ScriptStep];

describe("the script of a round", () => {
  it("is taken as a recipe plans it", () => {
    requireScript(steps, known);
    const alone = horizontal.plan(job, {}, { isEvaluateOnly: true });
    requireScript(alone.steps, { ...known, sections: alone.sections.map(({ name }) => name) });
  });

  it.each([
    { given: "no step", script: [], says: "steps is a list of 0" },
    { given: "too many", script: Array.from({ length: 33 }, () => evaluate), says: "1 to 32 steps" },
    { given: "a verb of other letters", script: [{ ...evaluate, kind: "rm -rf" }, train], says: "steps.0.kind" },
    { given: "a role that nobody has", script: [evaluate, { ...train, role: "Judge" }], says: "steps.1.role" },
    {
      given: "an object of other letters",
      script: [{ ...evaluate, inputs: [{ set: "model", object: "../model" }] }, train],
      says: "steps.0.sets",
    },
    {
      given: "very many sets",
      script: [{ ...evaluate, inputs: Array.from({ length: 17 }, () => ({ set: "model", object: "model" })) }, train],
      says: "steps.0.sets is a list of 17",
    },
    {
      given: "a section that is not there",
      script: [{ ...evaluate, metrics: "more" }, train],
      says: "steps.0.section",
    },
    { given: "a section fed twice", script: [evaluate, { ...train, metrics: "evaluation" }], says: "fed by one step" },
    { given: "a section that nobody feeds", script: [evaluate], says: "sections that a step feeds" },
  ])("is refused by name: $given", ({ script, says }) => {
    expect(() => requireScript(script, known)).toThrow(says);
  });
});
