import { describe, expect, it } from "vitest";
import type { LanguageModel } from "../../shared/language-model/language-model.ts";
import { sampleText } from "./sample-text.ts";

/** A language of four tokens in which each is followed by the next; 3 ends the text. Another token has a tenth of the odds. */
const counting: LanguageModel = {
  parameterCount: 0,
  losses: () => new Float32Array(),
  lossAndGradient: () => ({ lossSum: 0, predictions: 0, gradient: new Float32Array() }),
  nextTokenLogits: (_, { ids }) =>
    Float32Array.from({ length: 4 }, (_, id) => (id === (ids.at(-1)! + 1) % 4 ? Math.log(10) : 0)),
  [Symbol.dispose]: () => undefined,
};
const none = new Float32Array();
const settings = { tokens: 8, temperature: 0, topK: 4, seed: 1n };

describe("sampleText", () => {
  it("takes the likeliest token at temperature 0 and stops before the end of the text", () => {
    expect(sampleText(counting, none, [0], 3, settings)).toEqual([1, 2]);
  });

  it("adds no more tokens than it may", () => {
    expect(sampleText(counting, none, [0], -1, { ...settings, tokens: 5 })).toEqual([1, 2, 3, 0, 1]);
  });

  it("draws the same text for the same seed, and unlikely tokens now and then", () => {
    const drawn = { ...settings, tokens: 400, temperature: 1 };
    const ids = sampleText(counting, none, [0], -1, drawn);
    expect(sampleText(counting, none, [0], -1, drawn)).toEqual(ids);
    const expected = [0, ...ids].filter((id, index, all) => index > 0 && id === (all[index - 1]! + 1) % 4).length;
    expect(expected / 400).toBeGreaterThan(0.68);
    expect(expected / 400).toBeLessThan(0.86);
  });

  it("never draws outside the likeliest tokens", () => {
    expect(sampleText(counting, none, [0], -1, { ...settings, temperature: 5, topK: 1, tokens: 4 })).toEqual([
      1, 2, 3, 0,
    ]);
  });
});
