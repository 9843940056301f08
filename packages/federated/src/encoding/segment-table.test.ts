import { describe, expect, it } from "vitest";
import { planSegments } from "./segment-table.ts";
import { applyWeight, sampleWeight } from "./weight.ts";

const loss = { name: "loss", step: 2 ** -10 };

describe("planSegments", () => {
  it("cuts the flat vector into ranges and ends with the metrics", () => {
    const table = planSegments({ parameters: 20, parties: 16, metrics: [loss], segmentParameters: 8 });
    const update = { kind: "Update", valueBits: 16, ringBits: 20 };
    expect(table.segments).toEqual([
      { ...update, index: 0, offset: 0, parameters: 8, values: 8, sizeBytes: 20 },
      { ...update, index: 1, offset: 8, parameters: 8, values: 8, sizeBytes: 20 },
      { ...update, index: 2, offset: 16, parameters: 4, values: 4, sizeBytes: 20 },
      { kind: "Metrics", index: 3, offset: 0, parameters: 0, values: 1, valueBits: 28, ringBits: 32, sizeBytes: 32 },
    ]);
    expect(table.weighting).toBe("Uniform");
  });

  it("gives every update segment its own weight, and the bits it costs, when weighting is by samples", () => {
    const table = planSegments({
      parameters: 17,
      parties: 16,
      metrics: [],
      weighting: "Samples",
      segmentParameters: 16,
    });
    expect(
      table.segments.map(({ values, parameters, valueBits, ringBits }) => [values, parameters, valueBits, ringBits]),
    ).toEqual([
      [17, 16, 24, 28],
      [2, 1, 24, 28],
    ]);
  });

  it("cuts at 64 Mi parameters by default", () => {
    const table = planSegments({ parameters: 7_000_000_000, parties: 8, metrics: [loss], valueBits: 8 });
    expect(table.segments).toHaveLength(106);
    expect(table.segments[0]).toMatchObject({ parameters: 67_108_864, ringBits: 12, sizeBytes: 100_663_296 });
    const covered = table.segments.reduce((sum, { parameters }) => sum + parameters, 0);
    expect(covered).toBe(7_000_000_000);
  });

  it.each([
    { change: { parameters: 0 }, want: "parameters is 0, must be an integer from 1" },
    { change: { parameters: 1.5 }, want: "parameters is 1.5" },
    { change: { segmentParameters: 12 }, want: "segmentParameters is 12, must be a multiple of 8" },
    { change: { segmentParameters: 0 }, want: "segmentParameters is 0" },
    { change: { ringBits: 16 as const }, want: "ringBits is 16, must be at least 20 for 16 value bits and 16 parties" },
    { change: { valueBits: 24, parties: 257 }, want: "valueBits is 24, must be at most 23 for 257 parties" },
    {
      change: { valueBits: 17, weighting: "Samples" as const },
      want: "valueBits is 17, must be at most 16 with 8 weight bits",
    },
    { change: { metrics: [loss, loss] }, want: 'metrics is "loss", must be a name that appears once' },
  ])("refuses: $want", ({ change, want }) => {
    expect(() => planSegments({ parameters: 20, parties: 16, metrics: [], ...change })).toThrow(want);
  });
});

describe("sample weights", () => {
  it.each([
    { samples: 1000, maxSamples: 1000, want: 255 },
    { samples: 500, maxSamples: 1000, want: 128 },
    { samples: 1, maxSamples: 1_000_000, want: 1 },
  ])("$samples of at most $maxSamples samples weigh $want", ({ samples, maxSamples, want }) => {
    expect(sampleWeight(samples, maxSamples)).toBe(want);
  });

  it("multiply an update", () => {
    expect([...applyWeight(Float32Array.of(0.5, -2), 3, new Float32Array(2))]).toEqual([1.5, -6]);
  });

  it("refuse samples, weights and lengths out of range", () => {
    expect(() => sampleWeight(0, 10)).toThrow("samples is 0, must be an integer from 1 to 10");
    expect(() => sampleWeight(11, 10)).toThrow("samples is 11");
    expect(() => sampleWeight(1, 0)).toThrow("maxSamples is 0");
    expect(() => applyWeight(new Float32Array(1), 256, new Float32Array(1))).toThrow("weight is 256");
    expect(() => applyWeight(new Float32Array(1), 1, new Float32Array(2))).toThrow("out is Float32Array of 8 bytes");
  });
});
