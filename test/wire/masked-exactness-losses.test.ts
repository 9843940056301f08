import { MessageType } from "@tributary/federated";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ExpectedLines } from "./support/masked-rounds/expected-line.ts";
import { MaskedCrew } from "./support/masked-rounds/masked-crew.ts";
import { WireMembers } from "./support/members/wire-members.ts";

/** Models of no two tests are of one size: on one start the members' gates remember what was signed, whatever job it was of. */
let values = 200;
/** Until when those are waited for that are lost before their report: long enough for the others on a busy machine. */
const DEADLINE_MS = 30_000n;
const COMMIT_MS = 300_000;

let members: WireMembers;
let crew: MaskedCrew;
let expected: ExpectedLines;

beforeAll(async () => {
  members = await WireMembers.start(3);
}, 300_000);
afterEach(async () => {
  await crew?.destroy();
  await members.removePods();
});
afterAll(() => members?.stop());

async function startCrew(workers: readonly number[], seed: string): Promise<void> {
  values += 1;
  crew = await MaskedCrew.start(members, { workers, values, seed });
  expected = new ExpectedLines(seed, values, crew.parties);
}

/** Opens a round in which workers are killed in the place of a message; resolves once they are dead. */
async function loseIn(round: number, lost: readonly number[], type: MessageType, quorum: number): Promise<void> {
  const died = lost.map((worker) => crew.dieAt(worker, type));
  await crew.job.openWindow({ from: round, through: round, quorum, deadlineMs: DEADLINE_MS });
  await Promise.all(died);
}

/** Compares a committed line with the vectors of its survivors, whose number it gives. */
async function survivorsWhoseSumIsIn(round: number): Promise<number> {
  const line = await crew.line(round);
  expect(ExpectedLines.recordedIn(line)).toEqual(expected.next(line));
  return expected.survivorsOf(line).length;
}

/** Commits round 0 with everybody. */
async function commitFirst(): Promise<void> {
  await crew.job.openWindow({ from: 0, through: 0, deadlineMs: 120_000n });
  await crew.job.untilCommitted(1, COMMIT_MS);
  expect(await survivorsWhoseSumIsIn(0)).toBe(crew.job.workers.length);
}

/** Waits until an attempt at round 1 has closed without a sum, and nothing of it is left in ledger and model. */
async function untilClosedEmpty(): Promise<void> {
  const { job } = crew;
  const before = await job.state();
  const model = await job.lastModel();
  const closed = await job.untilState("an attempt closes", ({ failedRounds }) => failedRounds > 0, COMMIT_MS);
  expect([closed.committedRounds, closed.problemCode]).toEqual([1, "QUORUM_NOT_REACHED"]);
  expect(closed.ledgerHeadSha256).toEqual(before.ledgerHeadSha256);
  expect(await job.lastModel()).toEqual(model);
}

describe("ten workers of three members", () => {
  it("commit exactly the sum of seven when three are lost after they masked, and of all ten when those had reported", async () => {
    await startCrew([4, 3, 3], "three of ten");
    const lost = [1, 4, 9];
    await loseIn(0, lost, MessageType.MaskedInput, 7);
    await crew.job.untilCommitted(1, COMMIT_MS);
    expect(await survivorsWhoseSumIsIn(0)).toBe(7);
    for (const worker of lost) await crew.revive(worker);
    await loseIn(1, lost, MessageType.Consistency, 7);
    await crew.job.untilCommitted(2, COMMIT_MS);
    expect(await survivorsWhoseSumIsIn(1)).toBe(10);
    expect(await crew.refusals()).toEqual([]);
  }, 900_000);

  it("close empty when six are left, of whom seven must open a sum; once they are back the same round commits", async () => {
    await startCrew([4, 3, 3], "four of ten");
    await commitFirst();
    const lost = [1, 4, 7, 9];
    await loseIn(1, lost, MessageType.MaskedInput, 7);
    await untilClosedEmpty();
    for (const worker of lost) await crew.revive(worker);
    await crew.job.untilCommitted(2, COMMIT_MS);
    expect(await survivorsWhoseSumIsIn(1)).toBeGreaterThanOrEqual(7);
    expect(await crew.refusals()).toEqual([]);
  }, 900_000);
});

it("three of four close empty when they are of one organisation; once the other's worker is back the same round commits", async () => {
  await startCrew([3, 1], "one organisation");
  await commitFirst();
  await loseIn(1, [3], MessageType.MaskedInput, 3);
  await untilClosedEmpty();
  await crew.revive(3);
  await crew.job.untilCommitted(2, COMMIT_MS);
  expect(await survivorsWhoseSumIsIn(1)).toBe(4);
  expect(await crew.refusals()).toEqual([]);
}, 600_000);
