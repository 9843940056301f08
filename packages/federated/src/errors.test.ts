import { describe, expect, it } from "vitest";
import { ArgumentError, isArgumentError, requireArgument, requireInteger } from "./errors.ts";

describe("ArgumentError", () => {
  it.each([
    { given: Number.NaN, want: "NaN" },
    { given: 7n, want: "7n" },
    { given: "abc", want: '"abc"' },
    { given: new Float32Array(3), want: "Float32Array of 12 bytes" },
    { given: [1, 2], want: "a list of 2" },
    { given: undefined, want: "undefined" },
  ])("shows $want as the refused value", ({ given, want }) => {
    const error = new ArgumentError("step", given, "> 0 and finite");
    expect(error.message).toBe(`step is ${want}, must be > 0 and finite`);
    expect(error).toMatchObject({ code: "ARGUMENT_INVALID", argument: "step", value: want, bound: "> 0 and finite" });
  });

  it("is recognised by its code, also from another copy of the package", () => {
    const foreign = Object.assign(new Error("x"), { code: "ARGUMENT_INVALID" });
    expect([new ArgumentError("a", 1, "0"), foreign, new Error("x"), "x"].map(isArgumentError)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it("is thrown by the require functions only outside the bound", () => {
    expect(() => requireArgument(true, "a", 1, "1")).not.toThrow();
    expect(() => requireArgument(false, "a", 1, "2")).toThrow("a is 1, must be 2");
    expect(() => requireInteger("n", 3, 1, 3)).not.toThrow();
    for (const bad of [0, 4, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => requireInteger("n", bad, 1, 3)).toThrow(`n is ${bad}, must be an integer from 1 to 3`);
    }
  });
});
