import { controlV1 } from "@tributary/contracts";
import { describe, expect, it } from "vitest";
import { toReport } from "./aggregator-report.ts";

const report = (state: object) =>
  toReport(
    {
      parties: [],
      spent: [],
      sourceSha256: new Uint8Array(),
      phase: "",
      outputProblem: "",
      problemCode: "",
      ...state,
    } as never,
    [],
    { bytesUp: 0, bytesDown: 0, initialMetrics: {} },
  );

describe("the report of an aggregator", () => {
  it("says what the recipe calls the round in work, and nothing while there is none", () => {
    expect(report({ stage: controlV1.Stage.TRAINING, phase: "Train" })).toMatchObject({
      stage: "Training",
      phase: "Train",
    });
    expect(report({ stage: controlV1.Stage.IDLE })).not.toHaveProperty("phase");
  });

  it("names the workers of a sum that was given up, and none while there is none", () => {
    const spent = [{ participant: "q", workerIndex: 1 }];
    expect(report({ spent }).spent).toEqual(spent);
    expect(report({})).not.toHaveProperty("spent");
  });

  it("cuts a phase that a status has no room for", () => {
    expect(report({ phase: "p".repeat(40) }).phase).toMatch(/^p{31}…$/u);
  });
});
