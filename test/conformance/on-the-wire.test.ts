import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ExpectedLines } from "../wire/support/masked-rounds/expected-line.ts";
import { MaskedCrew } from "../wire/support/masked-rounds/masked-crew.ts";
import { WireMembers } from "../wire/support/members/wire-members.ts";
import { pythonWith } from "./accounting/python-environment.ts";
import { PythonAggregator } from "./on-the-wire/python-aggregator.ts";
import { PythonWorker } from "./on-the-wire/python-worker.ts";
import { PythonReference, referenceRequirements } from "./python-reference.ts";

const ROUNDS = 3;
const DEADLINE_MS = 120_000n;

let members: WireMembers;
let python: PythonReference;
let crew: MaskedCrew | undefined;

beforeAll(async () => {
  members = await WireMembers.start(3);
});
afterEach(async () => {
  await crew?.destroy();
  crew = undefined;
  python.close();
  await members.removePods();
});
afterAll(() => members?.stop());

async function startPython(): Promise<void> {
  python = new PythonReference(await pythonWith(referenceRequirements));
}

describe("the Python reference on the wire of a masked job with real gates", () => {
  it("takes a sidecar's place: aggregator and sidecars open with it the sum of all vectors, and nobody refuses", async () => {
    await startPython();
    const [seed, values] = ["a worker in Python", 77];
    crew = await MaskedCrew.start(members, { workers: [2, 1, 1], values, seed, isLastSeatFree: true });
    const name = { participant: "p2", workerIndex: 0 };
    const worker = await PythonWorker.join({ python, job: crew.job, ...name, seat: await members.seat(2, 0), seed });
    const expected = new ExpectedLines(seed, values, new Map([...crew.parties, [worker.partyId, name]]));
    await crew.job.openWindow({ from: 0, through: ROUNDS - 1, deadlineMs: DEADLINE_MS });
    await crew.untilCommitted(ROUNDS);
    await worker.leave();
    for (let round = 0; round < ROUNDS; round++) {
      const line = await crew.line(round);
      expect(ExpectedLines.recordedIn(line)).toEqual(expected.next(line));
      expect(expected.survivorsOf(line)).toHaveLength(4);
    }
    expect(await crew.refusals()).toEqual([]);
  });

  it("takes the aggregator's place: sidecars follow its words, it says them as ours does, and opens the same sums", async () => {
    await startPython();
    // Another size: the members' gates remember what was signed on the other job's start.
    const [seed, values] = ["an aggregator in Python", 78];
    const aggregator = new PythonAggregator(python);
    const hooks = (worker: number) => aggregator.hooks(worker);
    // Python plans a round before it opens it.
    crew = await MaskedCrew.start(members, { workers: [2, 1, 1], values, seed, hooks, earlyKeys: false });
    aggregator.lead(crew);
    const expected = new ExpectedLines(seed, values, crew.parties);
    await crew.job.openWindow({ from: 0, through: ROUNDS - 1, deadlineMs: DEADLINE_MS });
    await crew.untilCommitted(ROUNDS);
    const { opened, differences, alike } = aggregator;
    for (let round = 0; round < ROUNDS; round++) {
      const line = await crew.line(round);
      expect(ExpectedLines.recordedIn(line)).toEqual(expected.next(line));
      expect(opened[round]?.[0]).toEqual(expected.lastSum);
    }
    expect(differences).toEqual([]);
    // To each of four workers setup, plan, key list and shares of each round, and all but the last one's result.
    expect(alike).toBeGreaterThanOrEqual(4 * (5 * ROUNDS - 1));
    expect(await crew.refusals()).toEqual([]);
  });
});
