import { describe, expect, it } from "vitest";
import { readPlainScalar } from "./plain-scalar.ts";

// What kubectl 1.32 makes of each: `kubectl annotate --local -o json`.
describe("a scalar without quotes, as kubectl reads it", () => {
  it.each(["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"])("%s is true", (text) => {
    expect(readPlainScalar(text)).toBe(true);
  });

  it.each(["n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"])("%s is false", (text) => {
    expect(readPlainScalar(text)).toBe(false);
  });

  it.each(["", "~", "null", "Null", "NULL"])("%j is null", (text) => {
    expect(readPlainScalar(text)).toBeNull();
  });

  it.each([
    ["0777", 511],
    ["0o17", 15],
    ["0x1F", 31],
    ["0b101", 5],
    ["-0b1", -1],
    ["0b+1", 1],
    ["0b-1", -1],
    ["1_000", 1000],
    ["1__0", 10],
    ["1_", 1],
    ["1_0.5", 10.5],
    ["+12", 12],
    ["-012", -10],
    ["089", 89],
    ["0_7", 7],
    ["00", 0],
    ["1.0", 1],
    ["1e3", 1000],
    ["1E2", 100],
    [".5", 0.5],
    ["5.", 5],
    ["-.5", -0.5],
    ["1e21", 1e21],
    ["18446744073709551616", 2 ** 64],
    ["-9223372036854775809", -(2 ** 63)],
    [".inf", Number.POSITIVE_INFINITY],
    ["-.Inf", Number.NEGATIVE_INFINITY],
    [".nan", Number.NaN],
  ])("%s is the number %d", (text, value) => {
    expect(readPlainScalar(text)).toBe(value);
  });

  it.each([
    "tRue",
    "nUll",
    "yEs",
    "0o9",
    "0x",
    "0b102",
    "-0b+1",
    "0B+1",
    "0x+1",
    "0b+1111111111111111111111111111111111111111111111111111111111111111",
    "_1",
    "1e400",
    "0xFFFFFFFFFFFFFFFFF",
    "2001-01-01",
    "12:30:45",
    "=",
    "<<",
    "1k",
    "2^-20",
    "10m",
    "-",
    ".",
    "v1",
  ])("%s is a text", (text) => {
    expect(readPlainScalar(text)).toBe(text);
  });
});
