import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { RoundRun } from "../run/round-run.ts";
import { MemoryJob, type MemoryProcess, steadyReport } from "../testing/memory-job.ts";

const WAIT_MS = 60_000;
const trouble = { code: "TRAINER_LOSS_NOT_FINITE", message: "the loss is NaN" } as const;
let job: MemoryJob;
let process: MemoryProcess;
beforeEach(async () => {
  job = await MemoryJob.create({ parties: 3, report: steadyReport(2 ** -9) });
  process = await job.start();
});
afterEach(() => job.destroy());

const told = () => job.lines.filter(({ msg }) => msg === "party cannot report");
const problems = () => process.directory.list().map(({ problem }) => problem);

const segmentOf = (round: number) =>
  ({ kind: "segment", jobUid: "job", round, attempt: 1, segment: 0, party: 1 }) as const;

describe("a segment", () => {
  it("that is asked for again and again while its news waits is no more news", async () => {
    const posts = vi.spyOn(RoundRun.prototype, "post");
    onTestFinished(() => posts.mockRestore());
    const sha256 = "00".repeat(32);
    let posted = -1;
    job.parties[0]!.onStaged = async () => {
      if (posted >= 0) return;
      posts.mockClear();
      for (let time = 0; time < 500; time++) process.engine.inbox.segmentStored(segmentOf(1), sha256, 1);
      posted = posts.mock.calls.filter(([event]) => event.type === "stored" && event.party === 1).length;
    };
    await job.openWindow(process, 0);
    await vi.waitFor(() => expect(process.engine.view.committedRounds).toBe(1), WAIT_MS);
    expect(posted).toBe(2);
  });

  it("of a round that is in the ledger is taken no more", async () => {
    await job.openWindow(process, 0);
    await vi.waitFor(() => expect(process.engine.view.window).toBeUndefined(), WAIT_MS);
    const refused = expect.objectContaining({ code: "ROUND_NOT_OPEN" });
    await vi.waitFor(() => expect(() => process.engine.inbox.stagingOf(segmentOf(1))).toThrow(refused), WAIT_MS);
  });
});

describe("a failure that a party claims", () => {
  it.each([
    ["of a round that is in the ledger", 1, 1],
    ["of an attempt that never was", 999, 7],
  ])("%s is no news, however often it comes", async (_what, round, attempt) => {
    await job.openWindow(process, 0);
    await vi.waitFor(() => expect(process.engine.view.committedRounds).toBe(1), WAIT_MS);
    await vi.waitFor(() => expect(process.engine.view.window).toBeUndefined(), WAIT_MS);
    const { revision } = process.engine.feed;
    for (let time = 0; time < 50; time++) await process.engine.inbox.receiveFailure(1, round, attempt, trouble);
    expect([told().length, problems(), process.engine.feed.revision]).toEqual([
      0,
      [undefined, undefined, undefined],
      revision,
    ]);
  });

  it("of the open attempt is told once, and the others' round commits", async () => {
    job.parties[0]!.onStaged = async () => {
      for (let time = 0; time < 50; time++) await process.engine.inbox.receiveFailure(1, 1, 1, trouble);
    };
    await job.openWindow(process, 0, { quorum: 2 });
    await vi.waitFor(() => expect(process.engine.view.committedRounds).toBe(1), WAIT_MS);
    expect(told()).toHaveLength(1);
  });
});
