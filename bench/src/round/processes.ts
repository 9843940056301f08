import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type LedgerEntry, readLedgerLines, valueRange } from "@tributary/test/stack";
import { INITIAL_VALUE, WireJob, WireMembers } from "@tributary/test/wire";
import { figuresOf } from "./ledger-figures.ts";
import { peakBytesOf } from "./marked-processes.ts";
import { dealWorkers } from "./masked-case.ts";
import type { RoundContestant, RoundRun, RoundSize } from "./round-case.ts";

const droppedRounds = 2;
const localSteps = 1;
const stepSize = 2 ** -10;

/** Rounds of a job, fewer where one takes long. */
const roundsOf = ({ mib, workers }: RoundSize): number => (workers > 16 ? 6 : mib <= 1 ? 42 : 10);

/** How reports are summed, by what the results call it. */
const summedBy = {
  Masking: ["tributary, masked", { protocol: "Masking", minOrganisations: 2 }],
  LateKeys: ["tributary, masked, keys in the round", { protocol: "Masking", minOrganisations: 2, earlyKeys: false }],
  None: ["tributary, not masked", { protocol: "None" }],
} as const;

/**
 * Ours as processes of one machine: an aggregator, three members with a real gate each and their workers, with TLS and durable commits.
 * All kinds have the same processes, so that what they differ by is the masks and when their keys are exchanged.
 */
export function processesOf(kind: keyof typeof summedBy): RoundContestant {
  const [name, secureAggregation] = summedBy[kind];
  return { name, version: "0.2.0", run: (size) => runRounds(size, secureAggregation) };
}

async function runRounds(size: RoundSize, secureAggregation: object): Promise<RoundRun> {
  const dealt = dealWorkers(size.workers);
  // Of this run alone: a gate that remembers the sums of another run would rightly refuse this one's.
  const members = await WireMembers.start(dealt.length);
  let job: WireJob | undefined;
  try {
    job = await WireJob.create({
      workers: dealt,
      values: size.mib * 2 ** 18,
      gateCaPems: members.caPems,
      jobConfig: () => ({ secureAggregation }),
    });
    await startWorkers(job, members, dealt);
    return await measure(job, size);
  } finally {
    await job?.destroy();
    await members.stop();
  }
}

async function startWorkers(job: WireJob, members: WireMembers, dealt: readonly number[]): Promise<void> {
  await job.startAggregator();
  for (const [member, count] of dealt.entries())
    for (let index = 0; index < count; index++) await job.addWorker(member, index, await members.seat(member, index));
}

async function measure(job: WireJob, size: RoundSize): Promise<RoundRun> {
  const rounds = roundsOf(size);
  await job.openWindow({ from: 0, through: rounds - 1, localSteps, deadlineMs: 300_000n });
  await job.untilCommitted(rounds, 300_000 + size.mib * rounds * 1_000 + size.workers * 10_000);
  const workerPeakBytes = Math.max(...job.workers.map(({ sidecar }) => peakBytesOf(sidecar.pid)));
  const peaks = { peakBytes: peakBytesOf(job.aggregator.pid), workerPeakBytes };
  // Models are published beside the rounds, as the operator waits for too.
  await job.untilState("the output is written", ({ outputPending }) => !outputPending);
  await job.finish();
  await checkModel(job, rounds);
  const lines = (await readLedgerLines(job.dataDirectory)).map((line) => JSON.parse(line) as LedgerEntry);
  return { ...figuresOf(lines, size.workers, droppedRounds), ...peaks };
}

/** Figures of rounds that did not happen exactly once would be worth nothing. */
async function checkModel(job: WireJob, rounds: number): Promise<void> {
  const want = INITIAL_VALUE + rounds * localSteps * stepSize;
  const { min, max } = valueRange(await readFile(join(job.outputDirectory, "last/model.safetensors")));
  if (min !== want || max !== want) throw new Error(`every value must be ${want}; smallest ${min}, largest ${max}`);
}
