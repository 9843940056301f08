import { describe, expect, it } from "vitest";
import { textOfNumber } from "./number-key.ts";

// What kubectl 1.34 makes of each: `kubectl annotate --local -o json`.
describe("a number as a key", () => {
  it.each([
    ["9223372036854775807", "9223372036854775807"],
    ["-9223372036854775808", "-9223372036854775808"],
    ["9007199254740993", "9007199254740993"],
    ["1_0", "10"],
    ["-0", "0"],
    ["-0.0", "-0"],
    ["5.0", "5"],
    ["0.1", "0.1"],
    ["0.30000000000000004", "0.3"],
    ["1.5e3", "1500"],
    ["999999.5", "999999.5"],
    ["123456789.0", "1.2345679e+08"],
    ["16777217.0", "1.6777216e+07"],
    ["-1e7", "-1e+07"],
    ["1e-5", "1e-05"],
    ["1e30", "1e+30"],
    ["18446744073709551616", "1.8446744e+19"],
    ["-9223372036854775809", "-9.223372e+18"],
  ])("%s is %s", (source, key) => {
    expect(textOfNumber(Number(source.replaceAll("_", "")), source)).toBe(key);
  });

  it("is none beyond 63 bits", () => {
    expect(textOfNumber(2 ** 63, "9223372036854775808")).toBeUndefined();
  });
});
