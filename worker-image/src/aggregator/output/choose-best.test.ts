import { describe, expect, it } from "vitest";
import { chooseBest } from "./choose-best.ts";

const model = (round: number, metricValue?: number) => ({
  round,
  sha256: `model ${round}`,
  metricValue: metricValue === undefined ? undefined : String(metricValue),
});

describe("the best model", () => {
  it.each([
    { name: "is the best of all while it is there", there: [model(0, 9), model(3, 1), model(7, 5), model(8)], best: 3 },
    { name: "is the best of those that are there", there: [model(0, 9), model(6, 5), model(7, 6), model(8)], best: 6 },
    { name: "may be the first", there: [model(0, 4), model(7, 5), model(8)], best: 0 },
    { name: "is the earliest of equal ones, in whichever order", there: [model(7, 5), model(8), model(5, 5)], best: 5 },
    { name: "is the newest while none was evaluated", there: [model(8), model(7)], best: 8 },
    { name: "is judged by its number, not by its digits", there: [model(7, 1e-7), model(6, 0.5), model(8)], best: 7 },
  ])("$name", ({ there, best }) => {
    expect(chooseBest(model(3, 1), there, "Min").round).toBe(best);
  });

  it("is the one of the largest value where more is better", () => {
    expect(chooseBest(model(3, 9), [model(0, 1), model(6, 5), model(7, 4)], "Max").round).toBe(6);
  });

  it("bears the round that the rule names, where two rounds made the same model", () => {
    const same = { ...model(5, 1), sha256: "model 3", source: "rounds/4" };
    expect(chooseBest(model(3, 1), [same, model(6)], "Min")).toEqual({ ...model(3, 1), source: "rounds/4" });
  });
});
