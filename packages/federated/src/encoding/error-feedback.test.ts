import { describe, expect, it } from "vitest";
import { addResidual, holdsParty, residualOf, settleResidual } from "./error-feedback.ts";
import { quantise } from "./quantiser.ts";

describe("error feedback", () => {
  it("sends over rounds what one round is too coarse for", () => {
    const grid = { step: 1, valueBits: 8 };
    const x = Float32Array.of(0.3, -0.7);
    const highest = new Uint8Array(4).fill(255);
    let residual = new Float32Array(2);
    const sent = [0, 0];
    for (let round = 0; round < 10; round++) {
      const input = addResidual(x, residual, new Float32Array(2));
      const q = new Int32Array(2);
      quantise(input, grid, highest, q);
      residual = settleResidual(
        residual,
        residualOf(input, q, grid.step, input) as typeof residual,
        Uint8Array.of(1),
        0,
      );
      q.forEach((value, i) => {
        sent[i]! += value;
      });
    }
    expect(sent[0]! + residual[0]!).toBeCloseTo(3, 5);
    expect(sent[1]! + residual[1]!).toBeCloseTo(-7, 5);
  });

  it("carries what a clamped value lost", () => {
    const q = Int32Array.of(127);
    expect(residualOf(Float32Array.of(40), q, 0.25, new Float32Array(1))[0]).toBe(8.25);
  });

  it.each([
    { survivors: [0b101], rank: 2, want: "pending" },
    { survivors: [0b101], rank: 1, want: "last" },
    { survivors: [0, 0b10], rank: 9, want: "pending" },
    { survivors: [255], rank: 8, want: "last" },
  ])("with bitmap $survivors party $rank goes on with the $want residual", ({ survivors, rank, want }) => {
    expect(settleResidual("last", "pending", Uint8Array.from(survivors), rank)).toBe(want);
  });

  it("refuses vectors of another length and ranks that are none", () => {
    const two = new Float32Array(2);
    expect(() => addResidual(two, new Float32Array(3), two)).toThrow("residual is Float32Array of 12 bytes");
    expect(() => addResidual(two, two, new Float32Array(3))).toThrow("out is Float32Array of 12 bytes");
    expect(() => residualOf(two, new Int32Array(3), 1, two)).toThrow("q is Int32Array of 12 bytes");
    expect(() => residualOf(two, new Int32Array(2), 1, new Float32Array(1))).toThrow("out is Float32Array of 4 bytes");
    expect(() => holdsParty(Uint8Array.of(1), -1)).toThrow("rank is -1, must be an integer >= 0");
  });
});
