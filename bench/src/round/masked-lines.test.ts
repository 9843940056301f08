import { describe, expect, it } from "vitest";
import { dealWorkers, maskedCases, selectMaskedCases } from "./masked-case.ts";
import { maskedLinesOf } from "./masked-lines.ts";

const provenance = { bench: "round", commit: "abc", machine: "two cores" };
const mib = 2 ** 20;
const small = maskedCases[0]!;
/** Runs of 4 workers, each of which sends 2.5 bytes for each of 2^18 values. */
const runs = (name: string, ...periods: number[]) => ({
  name,
  version: "1",
  runs: [
    {
      periods,
      peakBytes: 150 * mib,
      workerPeakBytes: 120 * mib,
      bytes: periods.map(() => 7_000_000),
      bytesUp: periods.map(() => 4 * 2.5 * 2 ** 18),
    },
  ],
});

const late = { lateKeys: runs("late", 0.6, 0.7) };

describe("lines of a masked case", () => {
  it("hold time beside the peer's and beside that without masks, bytes sent and both peaks of memory", () => {
    const given = {
      masked: runs("masked", 0.5, 0.6, 0.7),
      unmasked: runs("plain", 0.35),
      peer: runs("flwr", 36, 37),
      ...late,
    };
    const lines = maskedLinesOf(small, given, provenance);
    expect(lines.map(({ metric, peer, met }) => [metric, peer?.name, met])).toEqual([
      ["time from round to round", "flwr", true],
      ["time from round to round", "plain", true],
      ["time from round to round", "late", true],
      ["bytes sent by a worker for a value", "flwr", true],
      ["peak resident memory of the aggregator", "flwr", true],
      ["peak resident memory of the sidecar", "flwr", true],
    ]);
    expect(lines[3]).toMatchObject({ ours: [2.5, 2.5, 2.5], target: { atMost: 2.6 } });
  });

  it.each([
    [0.69, "plain", null],
    [0.71, "plain", "the median ratio is 0.49, 0.5 was wanted"],
    [0.8, "late", "the median ratio is 0.81, 0.95 was wanted"],
    [0.8, "flwr", "the median ratio is 45.00, 50 was wanted"],
  ])("of %d s say beside %s: %s", (seconds, name, want) => {
    const given = { masked: runs("masked", seconds), unmasked: runs("plain", 0.35), peer: runs("flwr", 36), ...late };
    const line = maskedLinesOf(small, given, provenance).find(({ peer }) => peer?.name === name);
    expect(line?.notMetBecause).toBe(want);
  });

  it("hold ours alone where neither the peer nor the run without masks gave figures", () => {
    const nothing = { name: "plain", version: "1", runs: [] };
    const others = { unmasked: nothing, lateKeys: nothing, peer: undefined };
    const lines = maskedLinesOf(small, { masked: runs("masked", 1), ...others }, provenance);
    expect(lines.map(({ metric, peer }) => [metric, peer])).toEqual([
      ["bytes sent by a worker for a value", null],
      ["peak resident memory of the aggregator", null],
      ["peak resident memory of the sidecar", null],
    ]);
  });
});

describe("masked cases", () => {
  it("are those of few workers unless many are asked for", () => {
    expect(selectMaskedCases(undefined, undefined).map(({ workers }) => workers)).toEqual([4, 4]);
    expect(selectMaskedCases("1", "64")).toEqual([{ mib: 1, workers: 64 }]);
    expect(() => selectMaskedCases("1", "2")).toThrow(
      "no masked case --mib 1 --workers 2: want --mib 1 --workers 4 or",
    );
  });

  it.each([
    [4, [2, 1, 1]],
    [64, [22, 21, 21]],
  ])("of %d workers deal them to three members", (workers, want) => {
    expect(dealWorkers(workers)).toEqual(want);
  });
});
