import { describe, expect, it } from "vitest";
import { selectCases } from "./round-case.ts";
import { describeLine, linesOf } from "./round-lines.ts";

const provenance = { bench: "round", commit: "abc", machine: "two cores" };
const size = { mib: 1, workers: 2, atMostSeconds: 0.3 };
const run = (...periods: number[]) => ({ periods, peakBytes: 2 ** 28, ...bytesOf(periods.length) });
const bytesOf = (rounds: number) => ({ bytes: Array(rounds).fill(3_400_000), bytesUp: Array(rounds).fill(1_300_000) });
const peer = { name: "nvflare", version: "2.9.0", runs: [run(2, 3), run(2.5)] };

describe("lines of a round case", () => {
  it("hold the raw figures of all runs beside each peer's, then memory and bytes", () => {
    const lines = linesOf(size, [run(0.2, 0.3), run(0.25)], [peer, { ...peer, name: "flwr" }], provenance);
    expect(lines.map((line) => [line.peer?.name, line.metric, line.met])).toEqual([
      ["nvflare", "time from round to round", true],
      ["flwr", "time from round to round", true],
      [undefined, "peak resident memory of the aggregator", true],
      [undefined, "bytes a round, both ways, all workers", true],
    ]);
    expect(lines[0]).toMatchObject({
      ...provenance,
      case: "1 MiB, 2 workers",
      unit: "s",
      ours: [0.2, 0.3, 0.25],
      peer: { name: "nvflare", version: "2.9.0", runs: [2, 3, 2.5] },
      target: { atMost: 0.3 },
      ratio: 10,
      notMetBecause: null,
    });
  });

  it("hold ours alone when no peer gave figures", () => {
    const lines = linesOf(size, [run(0.4)], [{ ...peer, runs: [] }], provenance);
    expect(lines.map((line) => line.peer)).toEqual([null, null, null]);
    expect(lines[0]?.notMetBecause).toBe("the median is 0.4000 s, at most 0.3 was wanted");
  });

  it.each([
    [0.2, "ratio 12.50; target met"],
    [2.3, "ratio 1.09: a tie; the median is 2.300 s, at most 0.3 was wanted"],
    [2.7, "ratio 0.93: a tie; the median is 2.700 s, at most 0.3 was wanted"],
    [5, "ratio 0.50; the median is 5.000 s, at most 0.3 was wanted"],
  ])("of %d s beside 2.5 s read: %s", (seconds, want) => {
    expect(describeLine(linesOf(size, [run(seconds)], [peer], provenance)[0]!)).toContain(want);
  });
});

describe("arguments", () => {
  it("choose both cases, or the one they name", () => {
    expect(selectCases(undefined, undefined)).toHaveLength(2);
    expect(selectCases("100", "4")).toEqual([{ mib: 100, workers: 4, atMostSeconds: 6 }]);
  });

  it("are refused when there is no target for them", () => {
    expect(() => selectCases("1", "4")).toThrow(
      "no case --mib 1 --workers 4: want --mib 1 --workers 2 or --mib 100 --workers 4",
    );
  });
});
