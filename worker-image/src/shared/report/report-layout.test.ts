import { SEGMENT_PARAMETERS } from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { countUpdateSegments, layoutReport } from "./report-layout.ts";

const MEBI = 2 ** 20;

describe("layoutReport", () => {
  it.each([
    { parameters: 1, segments: 1, why: "a small model is sent whole" },
    { parameters: MEBI, segments: 1, why: "a small model is sent whole" },
    { parameters: 25 * MEBI, segments: 13, why: "sums of one of middle size overlap with its uploads" },
    { parameters: 2 ** 30, segments: 16, why: "a large one has the protocol's segments" },
    { parameters: 7 * 2 ** 30, segments: 112, why: "a large one has the protocol's segments" },
  ])("cuts $parameters parameters into $segments segments: $why", ({ parameters, segments }) => {
    const { updates } = layoutReport(parameters, 4, new Array(segments).fill(2 ** -20));
    expect(countUpdateSegments(parameters)).toBe(segments);
    expect(updates.length).toBe(segments);
    expect(updates.reduce((sum, update) => sum + update.parameters, 0)).toBe(parameters);
    expect(Math.max(...updates.map((update) => update.parameters))).toBeLessThanOrEqual(SEGMENT_PARAMETERS);
  });
});
