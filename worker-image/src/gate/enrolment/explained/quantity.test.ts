import { describe, expect, it } from "vitest";
import { isAtMost } from "./quantity.ts";

describe("isAtMost", () => {
  it.each([
    ["4", "4"],
    ["0", "4"],
    ["3999m", "4"],
    ["1k", "1000"],
    ["1Ki", "1024"],
    ["1e3", "1k"],
    ["0.5", "500m"],
    ["2Gi", "2147483648"],
    ["1n", "1u"],
    ["1E", "1000P"],
    ["1Ei", "1024Pi"],
  ])("has %s within %s", (amount, limit) => {
    expect(isAtMost(amount, limit)).toBe(true);
  });

  it.each([
    ["5", "4"],
    ["4001m", "4"],
    ["1Ki", "1k"],
    ["9007199254740993", "9007199254740992"],
    ["-1", "4"],
    ["", "4"],
    ["four", "4"],
    ["4", ""],
    ["4", undefined],
    ["4x", "4x"],
    ["1e999", "1"],
  ])("has %s not within %s", (amount, limit) => {
    expect(isAtMost(amount, limit)).toBe(false);
  });
});
