import { describe, expect, it } from "vitest";
import { readDuration, readDurationMs } from "./duration.ts";

const day = { min: "1s", max: "24h" };

describe("readDuration", () => {
  // What Go's time.ParseDuration answers, in nanoseconds.
  it.each([
    ["0", 0n],
    ["-0", 0n],
    ["5s", 5_000_000_000n],
    ["+5s", 5_000_000_000n],
    ["-1.5h", -5_400_000_000_000n],
    ["1.1h", 3_960_000_000_000n],
    ["4.1m", 246_000_000_000n],
    ["16.1s", 16_100_000_000n],
    ["1h0.5ms", 3_600_000_500_000n],
    ["5.s", 5_000_000_000n],
    [".5s", 500_000_000n],
    ["1h15m30.918273645s", 4_530_918_273_645n],
    ["10.5s4m", 250_500_000_000n],
    ["52763797000ns", 52_763_797_000n],
    ["12µs", 12_000n],
    ["12\u03bcs", 12_000n],
    ["0.3333333333333333333h", 1_200_000_000_000n],
    ["0.100000000000000000000h", 360_000_000_000n],
    ["0.830103483285477580700h", 2_988_372_539_827n],
    ["9007199254.740993ms", 9_007_199_254_740_993n],
    ["9223372036854775807ns", 9_223_372_036_854_775_807n],
    ["-9223372036854775808ns", -9_223_372_036_854_775_808n],
  ])("reads %s", (text, value) => {
    expect(readDuration(text)).toEqual({ ok: true, value });
  });

  it.each(["", "3", "-", "s", ".", "-.", ".s", "+.s", "1d", "1 s", "1s ", "١s", "1e3s", "9223372036854775808ns"])(
    "refuses %j",
    (text) => {
      expect(readDuration(text)).toMatchObject({ ok: false, expected: expect.stringContaining("Go duration") });
    },
  );
});

describe("readDurationMs", () => {
  it.each([
    ["1.1h", 3_960_000],
    ["4.1m", 246_000],
    ["16.1s", 16_100],
    ["1h0.5ms", 3_600_000],
    ["1s", 1_000],
    ["24h", 86_400_000],
    ["999ms1001us", 1_000],
  ])("gives %s as whole milliseconds", (text, value) => {
    expect(readDurationMs(text, day)).toEqual({ ok: true, value });
  });

  it.each(["999ms", "24h1ns", "-5m", "0", "soon"])("refuses %s with both bounds", (text) => {
    expect(readDurationMs(text, day)).toMatchObject({ ok: false, expected: expect.stringContaining("from 1s to 24h") });
  });
});
