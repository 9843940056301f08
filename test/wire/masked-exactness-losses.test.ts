import { MessageType } from "@tributary/federated";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { ExpectedLines } from "./support/masked-rounds/expected-line.ts";
import { MaskedCrew } from "./support/masked-rounds/masked-crew.ts";
import { WireMembers } from "./support/members/wire-members.ts";

/** Models of no two tests are of one size: on one start the members' gates remember what was signed, whatever job it was of. */
let values = 200;
/** Until when those are waited for that are lost before their report: long enough for the others on a busy machine. */
const LOSSY_DEADLINE_MS = 24_000n;
const CALM_DEADLINE_MS = 120_000n;
const CLOSE_MS = 300_000;

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
  const deadlineMs = type === MessageType.MaskedInput ? LOSSY_DEADLINE_MS : CALM_DEADLINE_MS;
  const dead = await crew.loseIn({ from: round, through: round, quorum, deadlineMs }, lost, type);
  expect(dead, "workers that were lost").toEqual(lost);
}

/** Compares a committed line with the vectors of its survivors, whose number it gives. */
async function survivorsWhoseSumIsIn(round: number): Promise<number> {
  const line = await crew.line(round);
  expect(ExpectedLines.recordedIn(line)).toEqual(expected.next(line));
  return expected.survivorsOf(line).length;
}

/** Commits round 0 with everybody. */
async function commitFirst(): Promise<void> {
  await crew.job.openWindow({ from: 0, through: 0, deadlineMs: CALM_DEADLINE_MS });
  await crew.untilCommitted(1);
  expect(await survivorsWhoseSumIsIn(0)).toBe(crew.job.workers.length);
}

/** Starts the sidecars of workers again. */
async function reviveAll(workers: readonly number[]): Promise<void> {
  for (const worker of workers) await crew.revive(worker);
}

/** Waits until an attempt has closed without a sum, and nothing of it is left in ledger and model. */
async function untilClosedEmpty(rounds: number): Promise<void> {
  const { job } = crew;
  const before = await job.untilState("the output is written", ({ outputPending }) => !outputPending);
  const model = await job.lastModel();
  const isClosed = ({ failedRounds }: typeof before) => failedRounds > before.failedRounds;
  const closed = await job.untilState("an attempt closes", isClosed, CLOSE_MS);
  expect([closed.committedRounds, closed.problemCode]).toEqual([rounds, "QUORUM_NOT_REACHED"]);
  expect(closed.ledgerHeadSha256).toEqual(before.ledgerHeadSha256);
  expect(await job.lastModel()).toEqual(model);
}

it("ten workers of three members commit exactly the sum of those that are left, and close empty when six are", async () => {
  await startCrew([4, 3, 3], "losses of ten");
  await commitFirst();
  const three = [1, 4, 9];
  await loseIn(1, three, MessageType.MaskedInput, 7);
  await crew.untilCommitted(2);
  expect(await survivorsWhoseSumIsIn(1), "three are lost after they masked").toBe(7);
  await reviveAll(three);
  await loseIn(2, three, MessageType.Consistency, 7);
  await crew.untilCommitted(3);
  expect(await survivorsWhoseSumIsIn(2), "three are lost after they reported").toBe(10);
  await reviveAll(three);
  const four = [1, 4, 7, 9];
  await loseIn(3, four, MessageType.MaskedInput, 7);
  await untilClosedEmpty(3);
  await reviveAll(four);
  await crew.untilCommitted(4);
  expect(await survivorsWhoseSumIsIn(3), "all are back").toBeGreaterThanOrEqual(7);
  expect(await crew.refusals()).toEqual([]);
}, 900_000);

it("three of four close empty when they are of one organisation; once the other's worker is back the same round commits", async () => {
  await startCrew([3, 1], "one organisation");
  await commitFirst();
  await loseIn(1, [3], MessageType.MaskedInput, 3);
  await untilClosedEmpty(1);
  await crew.revive(3);
  await crew.untilCommitted(2);
  expect(await survivorsWhoseSumIsIn(1)).toBe(4);
  expect(await crew.refusals()).toEqual([]);
}, 600_000);
