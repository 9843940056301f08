import { describe, expect, it } from "vitest";
import { modelOf, synchronousOf } from "./required-by-rule.ts";

const synchronous = { maxRounds: 5, localSteps: 3, quorum: 2, deadline: "10m" };
const model = { source: { persistentVolumeClaim: { claimName: "models", path: "zeros.safetensors" } } };

describe("what a rule of the CRD requires", () => {
  it("is there in every spec that an API server takes", () => {
    expect([synchronousOf({ schedule: { synchronous } }), modelOf({ model })]).toEqual([synchronous, model]);
  });

  it("is named where it is not there all the same", () => {
    expect(() => synchronousOf({ schedule: {} })).toThrow("spec.schedule.synchronous is absent");
    expect(() => modelOf({})).toThrow("spec.model is absent");
  });
});
