import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { toyModelGguf } from "@tributary/worker-image";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WireMembers } from "../wire/support/members/wire-members.ts";
import { WireJob, type WireJobOptions } from "../wire/support/wire-job.ts";

const WORKERS = [2, 1, 1];
const ROUNDS = 3;
const ROUND_MS = 120_000;
const TEXT = "the thin thing in the inn then thinks of the other thing in the thick of things. ";
const fixedRounding = pathToFileURL(fileURLToPath(new URL("bit-equality/fixed-rounding.mjs", import.meta.url))).href;

let members: WireMembers;
let job: WireJob | undefined;

beforeAll(async () => {
  members = await WireMembers.start(WORKERS.length);
});
afterEach(async () => {
  await job?.destroy();
  job = undefined;
  await members.removePods();
});
afterAll(() => members?.stop());

/** What differs between the two trainers; of neither is an update a multiple of its step, so that rounding shows in every sum. */
const trainers = {
  "no-op": { values: 5_003, hyperparameters: { increment: "0.0021" } },
  decoder: {
    gguf: toyModelGguf(9),
    trainer: {
      task: "language-modeling",
      hyperparameters: { learningRate: "0.01", batchSize: "2", sequenceLength: "16", validationPassages: "4" },
      seed: 3,
    },
  },
} as const;

/** Digests of the models of a job in which all that a process draws by chance is fixed. */
async function modelsOf(name: keyof typeof trainers, secureAggregation: object): Promise<string[]> {
  const { trainer, ...rest } = { trainer: undefined, ...trainers[name] };
  const jobConfig = () => ({ secureAggregation, ...(trainer !== undefined && { trainer }) });
  const options: WireJobOptions = { ...rest, workers: WORKERS, gateCaPems: members.caPems, jobConfig };
  job = await WireJob.create(options);
  await job.startAggregator();
  for (const [member, count] of WORKERS.entries())
    for (let index = 0; index < count; index++)
      await job.addWorker(member, index, {
        ...(await members.seat(member, index)),
        ...(await chanceless(member, index)),
      });
  await job.openWindow({ from: 0, through: ROUNDS - 1, localSteps: 3, deadlineMs: BigInt(ROUND_MS) });
  await job.untilCommitted(ROUNDS, ROUNDS * ROUND_MS);
  const digests: string[] = [];
  for (let round = 0; round < ROUNDS; round++) digests.push(await modelAfter(round));
  await job.destroy();
  await members.removePods();
  return digests;
}

async function modelAfter(round: number): Promise<string> {
  const line = await readFile(join(job!.dataDirectory, "rounds", String(round).padStart(6, "0"), "line.json"), "utf8");
  return (JSON.parse(line) as { readonly objects: { readonly model: string } }).objects.model;
}

async function chanceless(member: number, index: number): Promise<Record<string, string>> {
  const data = join(job!.directory, `data-${member}-${index}`);
  await mkdir(data);
  for (const file of ["train.txt", "validation.txt"])
    await writeFile(join(data, file), TEXT.repeat(20 + 2 * member + index));
  const oneThread = { TF_NUM_INTRAOP_THREADS: "1", TF_NUM_INTEROP_THREADS: "1", OMP_NUM_THREADS: "1" };
  return {
    NODE_OPTIONS: `--import=${fixedRounding}`,
    TRIBUTARY_TEST_ROUNDING: `worker ${member}/${index}`,
    TRIBUTARY_DATASET_PATH: data,
    ...oneThread,
  };
}

describe("models of masked rounds", () => {
  it.each(Object.keys(trainers) as (keyof typeof trainers)[])(
    "are those of rounds without masks, bit for bit, when both round alike: %s",
    async (name) => {
      const masked = await modelsOf(name, { protocol: "Masking", minOrganisations: 2 });
      expect(new Set(masked).size).toBe(ROUNDS);
      expect(masked).toEqual(await modelsOf(name, { protocol: "None" }));
    },
  );
});
