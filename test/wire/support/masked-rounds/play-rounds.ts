import { isDeepStrictEqual } from "node:util";
import { MessageType } from "@tributary/federated";
import { createSeededRandom } from "../../../support/chaos/seeded-random.ts";
import type { WireWorker } from "../wire-job.ts";
import { ExpectedLines, type SummedLine, type WorkerName } from "./expected-line.ts";
import type { MaskedCrew } from "./masked-crew.ts";

/** The message that a worker does not get to say when it is lost at a stage. */
export const lossStages = {
  beforeKeys: MessageType.Advertise,
  afterKeys: MessageType.ShareBundle,
  beforeMaskedInput: MessageType.MaskedInput,
  beforeSurvivorsSigned: MessageType.Consistency,
  beforeShares: MessageType.UnmaskAnswer,
} as const;
/** One of the stages of {@link lossStages}. */
export type LossStage = keyof typeof lossStages;

const stages = Object.keys(lossStages) as LossStage[];
/** Stages after which the update of the lost worker is in the sum. */
const counted: ReadonlySet<LossStage> = new Set(["beforeSurvivorsSigned", "beforeShares"]);

/** Rounds of an episode: in the first a worker is lost, in the others all are there again. */
const EPISODE_ROUNDS = 5;
/** Time of a round that a worker is lost in: it is waited for until then, and the rest of it is enough on a busy machine. */
const LOSSY_DEADLINE_MS = 12_000n;
const CALM_DEADLINE_MS = 120_000n;
const COMMIT_MS = 600_000;
/** Fewest of four workers that open a sum. */
const LEAST_SURVIVORS = 3;
/** Segments of a report, each with a message of its own: the update and two of metrics. */
const REPORT_SEGMENTS = 3;

/** A worker, the stage at which it is lost, and which of its messages there is the first that it does not say. */
interface Loss {
  readonly worker: number;
  readonly stage: LossStage;
  readonly nth: number;
}

/** What was played. */
export interface PlayedRounds {
  /** Workers lost, by stage. */
  readonly losses: Readonly<Record<LossStage, number>>;
  /** Lines that are not what the vectors of their survivors come to, in words. */
  readonly wrong: readonly string[];
}

/** Runs rounds in which stage of loss, lost worker and place among its messages follow from a seed, and compares each line with the vectors. */
export async function playRounds(
  crew: MaskedCrew,
  { seed, values, rounds }: { readonly seed: string; readonly values: number; readonly rounds: number },
): Promise<PlayedRounds> {
  const random = createSeededRandom(seed);
  const expected = new ExpectedLines(seed, values, crew.parties);
  const losses = { beforeKeys: 0, afterKeys: 0, beforeMaskedInput: 0, beforeSurvivorsSigned: 0, beforeShares: 0 };
  const wrong: string[] = [];
  for (let from = 0; from < rounds; from += EPISODE_ROUNDS) {
    const stage = stages[(from / EPISODE_ROUNDS) % stages.length]!;
    const nth = stage === "beforeMaskedInput" ? 1 + random.below(REPORT_SEGMENTS) : 1;
    const loss = { worker: random.below(crew.job.workers.length), stage, nth };
    const through = Math.min(rounds, from + EPISODE_ROUNDS) - 1;
    await runEpisode(crew, loss, from, through);
    losses[stage] += 1;
    for (let round = from; round <= through; round++) {
      const faults = faultsOf(crew, expected, await crew.line(round), round === from ? loss : undefined);
      wrong.push(...faults.map((fault) => `round ${round} after ${JSON.stringify(loss)} in round ${from}: ${fault}`));
    }
  }
  return { losses, wrong };
}

/** Commits a round in which a worker is killed, and then rounds of all. */
async function runEpisode(crew: MaskedCrew, loss: Loss, from: number, through: number): Promise<void> {
  const { job } = crew;
  const died = crew.dieAt(loss.worker, lossStages[loss.stage], loss.nth);
  await job.openWindow({ from, through: from, quorum: LEAST_SURVIVORS, deadlineMs: LOSSY_DEADLINE_MS });
  await died;
  await job.untilCommitted(from + 1, COMMIT_MS);
  await crew.revive(loss.worker);
  if (through === from) return;
  await job.openWindow({ from: from + 1, through, deadlineMs: CALM_DEADLINE_MS });
  await job.untilCommitted(through + 1, COMMIT_MS);
}

function faultsOf(crew: MaskedCrew, expected: ExpectedLines, line: SummedLine, loss: Loss | undefined): string[] {
  const [found, right] = [ExpectedLines.recordedIn(line), expected.next(line)].map((one) => JSON.stringify(one));
  const faults = found === right ? [] : [`${found}, must be ${right}`];
  const missing = crew.job.workers.filter((worker) => !isIn(expected.survivorsOf(line), worker));
  const lost = loss === undefined || counted.has(loss.stage) ? [] : [crew.job.workers[loss.worker]];
  // Of a report that was sent in part the segment of the update may have been whole.
  const isWhole = loss === undefined || loss.nth === 1;
  if (isWhole && !isDeepStrictEqual(missing, lost)) faults.push(`${missing.length} workers are missing in the sum`);
  return faults;
}

function isIn(survivors: readonly WorkerName[], { participant, index }: WireWorker): boolean {
  return survivors.some((one) => one.participant === participant && one.workerIndex === index);
}
