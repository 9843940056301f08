import { afterEach, describe, expect, it, vi } from "vitest";
import { MemoryJob, type ProcessOptions, steadyReport } from "../testing/memory-job.ts";
import { type ExpiredAttempt, isDeadlineMissed } from "./missed-deadline.ts";

type Entry = ExpiredAttempt["seats"][number];

const keyOf = (fill: number) => new Uint8Array(32).fill(fill);
const roster = [1, 2, 3].map((id) => ({ id, publicKey: keyOf(id) }));
const entry = (partyId: number, changes: Partial<Entry> = {}): Entry =>
  ({
    seat: { partyId },
    holder: { publicKey: keyOf(partyId) },
    isConnected: true,
    problem: undefined,
    ...changes,
  }) as unknown as Entry;
const replaced = { holder: { publicKey: keyOf(9) } } as unknown as Partial<Entry>;
const late = { problem: { code: "DEADLINE_EXCEEDED", message: "the deadline passed" } } as const;
const notFinite = { problem: { code: "TRAINER_LOSS_NOT_FINITE", message: "the loss is NaN" } } as const;

describe("a deadline is what the workers could not meet", () => {
  it.each<[string, Partial<Entry>[], number[], boolean]>([
    ["when all are there and none has reported", [{}, {}, {}], [], true],
    ["when they say so themselves", [late, late, {}], [], true],
    ["when enough for the quorum are there, whoever else was lost", [{}, {}, { isConnected: false }], [1], true],
    ["when one reported and went, and another is late", [{ isConnected: false }, {}, replaced], [1], true],
    ["but not when too few are connected", [{}, { isConnected: false }, { isConnected: false }], [], false],
    ["but not when others have taken their places", [{}, replaced, replaced], [], false],
    ["but not when they have troubles of their own", [{}, notFinite, notFinite], [], false],
    ["but not when the quorum has reported", [{}, {}, {}], [1, 2], false],
  ])("%s", (_what, changes, reported, want) => {
    const seats = changes.map((change, index) => entry(index + 1, change));
    expect(isDeadlineMissed({ roster, quorum: 2, seats, hasReported: (id) => reported.includes(id) })).toBe(want);
  });
});

describe("an aggregator whose round closed empty", () => {
  let job: MemoryJob;
  afterEach(() => job.destroy());

  /** Starts a job whose two parties listen and never report. */
  async function startSilent(options: ProcessOptions) {
    job = await MemoryJob.create({ parties: 2, report: steadyReport(0) });
    for (const party of job.parties)
      party.listen = async (_engine, messages) => {
        for await (const _message of messages);
      };
    const process = await job.start(options);
    await job.openWindow(process, 0);
    return process.engine;
  }

  it("says that the deadline was missed when it passed", async () => {
    const engine = await startSilent({ isSkipped: () => true });
    await vi.waitFor(() => expect(engine.view.problem).toMatchObject({ isDeadlineMissed: true }), 20_000);
    expect(engine.view.problem?.code).toBe("QUORUM_NOT_REACHED");
  });

  it("does not say so when a worker was lost before, while the next attempt is open", async () => {
    const engine = await startSilent({});
    await vi.waitFor(() => expect(engine.view.attempt).toBe(1), 20_000);
    await engine.inbox.dropParty(1, { code: "PROTOCOL_REFUSED", message: "it broke a bound" });
    await vi.waitFor(() => expect(engine.view).toMatchObject({ attempt: 2, failedRounds: 1 }), 20_000);
    expect(engine.view.problem).toMatchObject({ code: "QUORUM_NOT_REACHED" });
    expect(engine.view.problem?.isDeadlineMissed).toBeUndefined();
  });
});
