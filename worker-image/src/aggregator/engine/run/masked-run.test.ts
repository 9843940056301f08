import { createHash } from "node:crypto";
import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { DeadlineStage, type RingBits, type RoundSetup, toHex, unpackRing } from "@tributary/federated";
import { createLogger } from "@tributary/kit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createNodeCryptoSuite } from "../../../shared/crypto/node-crypto-suite.ts";
import { createRoster, type DropStage, type MemoryRoster } from "../../../shared/crypto/protocol/memory-round.ts";
import { aPlan, aSetup, idsOf, plainSum, valuesOf } from "../../../shared/crypto/protocol/round-fixtures.ts";
import { trialFolder } from "../../../shared/files/testing/faulty-disk.ts";
import { MaskedParties } from "../testing/masked-parties.ts";
import { RoundRun } from "./round-run.ts";
import type { RunDeps, RunOutcome } from "./run-contract.ts";

const segments = [
  { id: 7, valueCount: 70_001, valueBits: 16, ringBits: 20 },
  { id: 9, valueCount: 3, valueBits: 16, ringBits: 32 },
];
let directory: string;
let roster: MemoryRoster;
let setup: RoundSetup;
let parties: MaskedParties;
let opened: number[];
beforeEach(async () => {
  directory = await trialFolder("masked-run");
  roster = createRoster(createNodeCryptoSuite(), idsOf(7), 2);
  setup = aSetup(roster, { segments });
  for (const [rank, party] of roster.parties.entries()) party.values = valuesOf(setup, rank);
  parties = new MaskedParties(setup, roster.parties);
  opened = [];
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function runDeps(change: Partial<RunDeps> = {}): RunDeps {
  return {
    context: roster.aggregator,
    log: createLogger("test", "silent"),
    crash: () => {},
    directory,
    keepRecord: async () => {},
    keepAnnounced: async () => {},
    send: (to, message) => void parties.outbox.push({ to, message }),
    refused: () => {},
    dropped: () => {},
    opened: (segment) => void opened.push(segment),
    changed: () => {},
    ...change,
  };
}

/** Ends each stage in turn, and gives what the attempt came to. */
async function runStages(run: RoundRun): Promise<RunOutcome> {
  await parties.exchange(run);
  for (const stage of Object.values(DeadlineStage)) {
    await run.post({ type: "deadline", stage });
    await parties.exchange(run);
  }
  return run.outcome;
}

function drop(rank: number, at: DropStage): void {
  roster.parties[rank]!.dropAt = at;
}

/** What lies open on the disk of a segment, and its digest as the outcome names it. */
async function requireExactSums(run: RoundRun, outcome: RunOutcome, ranks: readonly number[]): Promise<void> {
  if (outcome.kind !== "Summed") throw new Error(outcome.message);
  for (const segment of segments) {
    const bytes = await readFile(run.sums.openedPathOf(setup, segment.id));
    const sums = unpackRing(bytes, segment.ringBits as RingBits, new Int32Array(segment.valueCount));
    expect(sums).toEqual(
      plainSum(
        ranks.map((rank) => roster.parties[rank]!),
        segment,
      ),
    );
    const result = outcome.results.find((one) => one.segment === segment.id)!;
    expect(toHex(result.opened!.sumSha256)).toBe(createHash("sha256").update(bytes).digest("hex"));
  }
}

it.each([
  { given: "everybody", drops: [], ranks: [0, 1, 2, 3, 4, 5, 6] },
  {
    given: "two that left before they sent masked bytes",
    drops: ["MaskedInput", "MaskedInput"],
    ranks: [2, 3, 4, 5, 6],
  },
  { given: "two that left after they sent them", drops: ["Consistency", "UnmaskAnswer"], ranks: [0, 1, 2, 3, 4, 5, 6] },
  { given: "two that left with keys alone", drops: ["ShareBundle", "Advertise"], ranks: [2, 3, 4, 5, 6] },
] as const)("opens exactly the sum of the survivors, with $given", async ({ drops, ranks }) => {
  for (const [rank, stage] of drops.entries()) drop(rank, stage);
  const run = await RoundRun.open(runDeps(), setup, aPlan(roster, setup));
  await requireExactSums(run, await runStages(run), ranks);
  expect(opened).toEqual([7, 9]);
  expect(await readFile(run.sums.pathOf(7))).not.toEqual(await readFile(run.sums.openedPathOf(setup, 7)));
});

it("leaves a party that sent one of two segments out of both: a party signs one set of survivors", async () => {
  parties.withheld = { segment: 9, by: [roster.parties[2]!.id] };
  const run = await RoundRun.open(runDeps(), setup, aPlan(roster, setup));
  await requireExactSums(run, await runStages(run), [0, 1, 3, 4, 5, 6]);
});

it("announces nothing of one segment when too few have sent the other", async () => {
  parties.withheld = { segment: 9, by: roster.parties.slice(0, 3).map(({ id }) => id) };
  const run = await RoundRun.open(runDeps(), setup, aPlan(roster, setup));
  const outcome = await runStages(run);
  expect(outcome).toMatchObject({ kind: "Summed", results: [{ opened: null }, { opened: null }] });
  expect(run.state.segments.map(({ survivors }) => survivors)).toEqual([null, null]);
});

it("opens the same sum after a restart between announcement and opening, with other holders' shares", async () => {
  const stop = new Error("killed after the announcement");
  const crash = (point: string) => {
    if (point === "after-sum-durable") throw stop;
  };
  const first = await RoundRun.open(runDeps({ crash }), setup, aPlan(roster, setup));
  await expect(runStages(first)).rejects.toBe(stop);
  await first.close();
  parties.outbox.splice(0);
  drop(3, "UnmaskAnswer");
  const second = (await RoundRun.resume(runDeps()))!;
  await second.post({ type: "resume" });
  await requireExactSums(second, await runStages(second), [0, 1, 2, 3, 4, 5, 6]);
});

it("takes up what it had opened, and knows when a disk has changed it since", async () => {
  const run = await RoundRun.open(runDeps(), setup, aPlan(roster, setup));
  await requireExactSums(run, await runStages(run), [0, 1, 2, 3, 4, 5, 6]);
  await run.close();
  const again = (await RoundRun.resume(runDeps()))!;
  await again.post({ type: "resume" });
  await requireExactSums(again, await again.outcome, [0, 1, 2, 3, 4, 5, 6]);
  await again.close();
  const file = await open(join(directory, "sums", "7.opened.bin"), "r+");
  await file.write(Buffer.alloc(64, 0xff), 0, 64, 4096);
  await file.close();
  expect(await RoundRun.resume(runDeps())).toBeUndefined();
});

it("commits nothing when a party masked otherwise than it said", async () => {
  parties.liar = roster.parties[4]!.id;
  const run = await RoundRun.open(runDeps(), setup, aPlan(roster, setup));
  expect(await runStages(run)).toMatchObject({
    kind: "Failed",
    code: "SUM_DAMAGED",
    message: expect.stringContaining("masked otherwise"),
  });
  expect(opened).not.toContain(7);
});
