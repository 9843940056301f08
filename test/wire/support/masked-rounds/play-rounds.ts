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
  readonly rounds: number;
  /** Workers lost, by stage. */
  readonly losses: Readonly<Record<LossStage, number>>;
  /** Lines that are not what the vectors of their survivors come to, in words. */
  readonly wrong: readonly string[];
}

/** What to play. */
export interface RoundsToPlay {
  readonly seed: string;
  readonly values: number;
  /** Fewest rounds. */
  readonly rounds: number;
  /** Fewest losses at each stage; more rounds are played until then. */
  readonly lossesEach: number;
}

/** Runs rounds in which lost worker and place among its messages follow from a seed, and compares each line with the vectors. */
export async function playRounds(crew: MaskedCrew, toPlay: RoundsToPlay): Promise<PlayedRounds> {
  const { seed, values, rounds, lossesEach } = toPlay;
  const random = createSeededRandom(seed);
  const expected = new ExpectedLines(seed, values, crew.parties);
  const losses = { beforeKeys: 0, afterKeys: 0, beforeMaskedInput: 0, beforeSurvivorsSigned: 0, beforeShares: 0 };
  const wrong: string[] = [];
  let from = 0;
  while (from < rounds || Math.min(...Object.values(losses)) < lossesEach) {
    const stage = stages.reduce((least, other) => (losses[other] < losses[least] ? other : least));
    const nth = stage === "beforeMaskedInput" ? 1 + random.below(REPORT_SEGMENTS) : 1;
    const loss = { worker: random.below(crew.job.workers.length), stage, nth };
    const isLost = await runEpisode(crew, loss, from);
    if (isLost) losses[stage] += 1;
    for (let round = from; round < from + EPISODE_ROUNDS; round++) {
      const inRound = round > from ? "nobody" : isLost ? loss : "somebody";
      const faults = faultsOf(crew, expected, await crew.line(round), inRound);
      wrong.push(...faults.map((fault) => `round ${round} after ${JSON.stringify(loss)} in round ${from}: ${fault}`));
    }
    from += EPISODE_ROUNDS;
  }
  return { rounds: from, losses, wrong };
}

/** Commits a round in which a worker is killed, and then rounds of all; gives whether it was, since one that was late has no more to say. */
async function runEpisode(crew: MaskedCrew, { worker, stage, nth }: Loss, from: number): Promise<boolean> {
  const deadlineMs = counted.has(stage) ? CALM_DEADLINE_MS : LOSSY_DEADLINE_MS;
  const window = { from, through: from, quorum: LEAST_SURVIVORS, deadlineMs };
  const dead = await crew.loseIn(window, [worker], lossStages[stage], nth);
  await crew.untilCommitted(from + 1);
  for (const one of dead) await crew.revive(one);
  await crew.job.openWindow({ from: from + 1, through: from + EPISODE_ROUNDS - 1, deadlineMs: CALM_DEADLINE_MS });
  await crew.untilCommitted(from + EPISODE_ROUNDS);
  return dead.length > 0;
}

/** @param lost who was lost in the round; of somebody that was late nobody knows at which stage. */
function faultsOf(
  crew: MaskedCrew,
  expected: ExpectedLines,
  line: SummedLine,
  lost: Loss | "nobody" | "somebody",
): string[] {
  const [found, right] = [ExpectedLines.recordedIn(line), expected.next(line)].map((one) => JSON.stringify(one));
  const faults = found === right ? [] : [`${found}, must be ${right}`];
  // Of a report that was sent in part the segment of the update may have been whole.
  if (lost === "somebody" || (lost !== "nobody" && lost.nth > 1)) return faults;
  const missing = crew.job.workers.filter((worker) => !isIn(expected.survivorsOf(line), worker));
  const wanted = lost === "nobody" || counted.has(lost.stage) ? [] : [crew.job.workers[lost.worker]];
  if (!isDeepStrictEqual(missing, wanted)) faults.push(`${missing.length} workers are missing in the sum`);
  return faults;
}

function isIn(survivors: readonly WorkerName[], { participant, index }: WireWorker): boolean {
  return survivors.some((one) => one.participant === participant && one.workerIndex === index);
}
