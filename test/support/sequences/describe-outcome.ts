import { runSequence, shrinkSequence } from "./run-sequence.ts";
import { generateSequence } from "./sequence-event.ts";
import type { SequenceWorld } from "./sequence-world.ts";

/** Runs that the search for a smaller sequence may take; none unless `TRIBUTARY_SHRINK` says how many. */
const shrinkRuns = Number(process.env.TRIBUTARY_SHRINK ?? 0);

/** Runs the sequence of a seed and says what was wrong, with all that is needed to see it again; empty when nothing was. */
export async function findFaults(world: SequenceWorld, seed: string): Promise<string> {
  const events = generateSequence(seed);
  const { log, findings } = await runSequence(world, events);
  if (process.env.TRIBUTARY_SEQUENCE_LOG) process.stderr.write(`seed ${seed}\n${log.join("\n")}\n`);
  if (findings.length === 0) return "";
  const smallest = shrinkRuns > 0 ? await shrinkSequence(world, events, shrinkRuns) : undefined;
  return [
    `seed ${seed} (again: TRIBUTARY_SEQUENCE_SEEDS=${seed}; smaller: TRIBUTARY_SHRINK=20)`,
    ...findings.map((finding) => `- ${finding}`),
    "after",
    ...log,
    ...(smallest === undefined ? [] : [`smallest: ${JSON.stringify(smallest)}`]),
  ].join("\n");
}

/** The seeds to run: those that `TRIBUTARY_SEQUENCE_SEEDS` names, else this many from `first` on. */
export function chosenSeeds(count: number, first = 0): readonly string[] {
  const named = process.env.TRIBUTARY_SEQUENCE_SEEDS?.split(",");
  return named ?? Array.from({ length: count }, (_, index) => String(first + index));
}

/** Seeds that every change runs: ten in a row that hold every kind of event, and a job that meets every kind of foreign object. */
export const seedsOfEveryChange: readonly string[] = chosenSeeds(10, 1850);
