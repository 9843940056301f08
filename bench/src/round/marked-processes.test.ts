import { describe, expect, it } from "vitest";
import { parsePeakBytes } from "./marked-processes.ts";

describe("peak memory of a process", () => {
  it.each([
    ["Name:\tnode\nVmPeak:\t  900 kB\nVmHWM:\t    512 kB\nVmRSS:\t 100 kB\n", 512 * 1024],
    ["Name:\tkthreadd\n", 0],
    ["", 0],
  ])("of %j is read from VmHWM", (status, want) => {
    expect(parsePeakBytes(status)).toBe(want);
  });
});
