import { readFileSync } from "node:fs";
import { pldEpsilon, sampledGaussianRenyi, spentEpsilon } from "@tributary/federated";
import { describe, expect, it } from "vitest";
import type { Setting } from "./accounting/random-settings.ts";

interface Vector extends Setting {
  rdp: number;
  pld: number;
  divergences: string[];
}

const path = new URL("../vectors/accounting/dp-accounting.json", import.meta.url);
const { vectors } = JSON.parse(readFileSync(path, "utf8")) as { vectors: Vector[] };

describe("stored vectors of dp-accounting and mpmath", () => {
  it("are forty", () => {
    expect(vectors).toHaveLength(40);
  });

  it.each(vectors)("q $samplingRate, sigma $noiseMultiplier, $steps steps, delta $deltaDp", (vector) => {
    const { samplingRate, noiseMultiplier, steps, deltaDp, orders, divergences, rdp, pld } = vector;
    const ours = sampledGaussianRenyi(samplingRate, noiseMultiplier, orders);
    for (const [i, text] of divergences.entries()) {
      expect(ours[i]).toBeGreaterThanOrEqual(Number(text));
      expect(ours[i]).toBeLessThanOrEqual(Number(text) * (1 + 1e-6));
    }
    const event = { kind: "SampledGaussian", samplingRate, noiseMultiplier, steps } as const;
    const byRenyi = spentEpsilon([event], deltaDp, "Rdp");
    const byLoss = pldEpsilon([event], deltaDp);
    expect(Math.abs(byLoss / pld - 1)).toBeLessThan(1e-3);
    expect(byRenyi).toBeLessThanOrEqual(rdp * (1 + 1e-6));
    expect(byRenyi).toBeGreaterThanOrEqual(byLoss);
  });
});
