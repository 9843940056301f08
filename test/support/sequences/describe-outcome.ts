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

/** The seeds to run: those that `TRIBUTARY_SEQUENCE_SEEDS` names, else these. */
function chosenSeeds(seeds: readonly number[]): readonly string[] {
  return process.env.TRIBUTARY_SEQUENCE_SEEDS?.split(",") ?? seeds.map(String);
}

/** The seeds of a long run. */
export const firstHundredSeeds = chosenSeeds(Array.from({ length: 100 }, (_, seed) => seed));

/**
 * Seeds that every change runs. They hold every kind of event and a job that meets every kind of foreign object; and in 24, 64 and 271 a job
 * that runs goes by force while the operator is down.
 */
export const seedsOfEveryChange = chosenSeeds([24, 64, 178, 243, 254, 258, 271, 346, 506, 736]);
