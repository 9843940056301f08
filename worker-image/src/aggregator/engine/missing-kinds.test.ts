import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { MemoryJob, type MemoryProcess, steadyReport } from "./testing/memory-job.ts";

const WAIT_MS = 60_000;
const [LACKING, SEATS] = [3, 3];
let job: MemoryJob;
let process: MemoryProcess;
beforeEach(async () => {
  job = await MemoryJob.create({ parties: SEATS, report: steadyReport(2 ** -9) });
  job.parties[LACKING - 1]!.kinds = ["Train"];
  process = await job.start();
});
afterEach(() => job.destroy());

const lines = () => job.lines.map(({ msg }) => msg);
const untilCommitted = (rounds: number) =>
  vi.waitFor(() => expect(process.engine.view.committedRounds).toBe(rounds), WAIT_MS);
const problemOf = (party: number) => process.directory.list()[party - 1]!.problem?.code;

it(
  "no round is opened with a trainer that lacks a verb, and it is said who lacks what; one that has it takes part",
  async () => {
    await job.openWindow(process, 0);
    await vi.waitFor(() => expect(process.engine.view.problem).toBeDefined(), WAIT_MS);
    expect(process.engine.view).toMatchObject({
      attempt: 0,
      committedRounds: 0,
      problem: {
        code: "QUORUM_NOT_REACHED",
        message: expect.stringMatching(
          /^3 of 3 workers have joined, quorum is 3; worker 2 of p: its trainer does not do Evaluate, .* \(KIND_MISSING\)$/u,
        ),
      },
    });
    expect(problemOf(LACKING)).toBe("KIND_MISSING");
    expect(lines()).not.toContain("round opened");
    process.directory.join(process.directory.holderOf(LACKING)!, {
      kinds: ["Train", "Evaluate"],
      capability: undefined,
    });
    await untilCommitted(1);
    expect([problemOf(LACKING), process.engine.view.problem]).toEqual([undefined, undefined]);
    expect(job.parties[LACKING - 1]!.told).toHaveLength(1);
  },
  WAIT_MS,
);

it(
  "others that are enough go on without it, and a commit does not take back what is told of it",
  async () => {
    await job.openWindow(process, 1, { quorum: SEATS - 1 });
    await untilCommitted(2);
    expect(job.parties.map(({ told }) => told.length)).toEqual([2, 2, 0]);
    expect([1, 2, LACKING].map(problemOf)).toEqual([undefined, undefined, "KIND_MISSING"]);
  },
  WAIT_MS,
);

it(
  "waits for a trainer that starts instead of opening a round without it, though the others are enough",
  async () => {
    const holder = process.directory.holderOf(LACKING)!;
    process.directory.join(holder, undefined);
    await job.openWindow(process, 0, { quorum: SEATS - 1 });
    await vi.waitFor(() => expect(lines()).toContain("window taken"), WAIT_MS);
    expect(process.engine.view.problem).toBeUndefined();
    process.directory.join(holder, { kinds: ["Evaluate", "Train"], capability: undefined });
    await untilCommitted(1);
    expect(job.parties[LACKING - 1]!.told).toHaveLength(1);
  },
  WAIT_MS,
);
