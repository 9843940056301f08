import { describe, expect, it } from "vitest";
import type { PartyReport } from "../snapshot.ts";
import { aJob, aReport, aSeat, aSnapshot } from "../testing/a-snapshot.ts";
import { clustersReady, countAbleWorkers } from "./clusters-ready.ts";

const seatCount = 20;
const workers = 8;

/** Parties that count how often they are asked whose they are. */
function countingParties(): { readonly parties: PartyReport[]; readonly reads: () => number } {
  let reads = 0;
  const parties = Array.from({ length: seatCount * workers }, (_, index) => ({
    get participant() {
      reads++;
      return `p${index % seatCount}`;
    },
    workerIndex: Math.floor(index / seatCount),
    heardAgoMs: 0,
    clockOffsetMs: 0,
  }));
  return { parties, reads: () => reads };
}

it("an object that runs and could not be mended is told of, and takes no worker away", () => {
  const placingProblem = { reason: "RBACDenied", message: "may not patch Job notes-aws" };
  const job = aJob();
  const snapshot = aSnapshot({ job, seats: [aSeat(job, 0, { hasBatchJob: true, placingProblem }), aSeat(job, 1)] });
  expect(countAbleWorkers(snapshot)).toBe(2);
  expect(clustersReady(snapshot)).toMatchObject({ status: "True", message: expect.stringContaining("may not patch") });
});

describe("workers that can work", () => {
  const participants = Array.from({ length: seatCount }, (_, index) => ({
    name: `p${index}`,
    cluster: "aws-1",
    role: "Trainer" as const,
    workers,
  }));
  const job = aJob({ participants });
  const podProblem = { reason: "Unschedulable", message: "pod x has no node" };
  const seats = participants.map((_, index) =>
    aSeat(job, index, { hasBatchJob: true, podProblem, blockedIndexes: [1, 3] }),
  );

  it("are counted without those that a problem of their seat keeps, each party read once for all seats", () => {
    const { parties, reads } = countingParties();
    const snapshot = aSnapshot({
      job,
      seats,
      aggregator: { state: "heard", heardMs: 0, report: aReport({ parties }) },
    });
    expect(countAbleWorkers(snapshot)).toBe(seatCount * (workers - 2));
    expect(clustersReady(snapshot).message).toContain("120 of 160 workers have joined");
    expect(reads()).toBe(parties.length);
  });
});
