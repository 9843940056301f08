import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { WireJob } from "../../wire/support/wire-job.ts";

/** What a job of one checkout came to: each round's record, and the digests of its summed updates. */
export interface JobOutcome {
  readonly rounds: readonly {
    readonly outcome: string;
    readonly reports: number;
    readonly dropOuts: number;
    readonly metrics: Readonly<Record<string, string>>;
    readonly modelSha256: string;
    readonly sums: readonly string[];
  }[];
}

/** Jobs that are run in both checkouts. */
export type JobName = "noop" | "decoder" | "drop-outs";

/** First id of a segment of metrics: other checkouts cut metrics otherwise. */
const FIRST_METRICS = 0xff00;
const TEXT = "the thin thing in the inn then thinks of the other thing in the thick of things. ";

const [root = "", name = ""] = process.argv.slice(2);
const { WireJob: Job } = (await import(pathToFileURL(join(root, "test/wire/support/wire-job.ts")).href)) as {
  readonly WireJob: typeof WireJob;
};
const { toyModelGguf } = await import(pathToFileURL(join(root, "worker-image/src/index.ts")).href);

const languageModeling = () => ({
  trainer: {
    task: "language-modeling",
    hyperparameters: { learningRate: "0.01", batchSize: "2", sequenceLength: "16", validationPassages: "4" },
    seed: 3,
  },
});

/** What differs between the jobs. */
const jobs: Readonly<Record<JobName, Parameters<typeof WireJob.create>[0]>> = {
  noop: { workers: [2, 1], values: 5_000, hyperparameters: { increment: "0.0009765625" } },
  decoder: { workers: [1, 1], gguf: toyModelGguf(7), jobConfig: languageModeling },
  "drop-outs": { workers: [1, 1, 1], gguf: toyModelGguf(8), jobConfig: languageModeling },
};

const job = await Job.create(jobs[name as JobName]);
try {
  await job.startAggregator();
  for (const [cluster, count] of jobs[name as JobName].workers.entries())
    for (let index = 0; index < count; index++) await job.addWorker(cluster, index, await variables(cluster, index));
  const seats = jobs[name as JobName].workers.reduce((sum, count) => sum + count, 0);
  await job.untilState("all are connected", ({ parties }) => parties.length === seats);
  const sums: string[][] = [];
  for (let round = 0; round < 4; round++) {
    const evaluateOnly = round === 3;
    const quorum = name === "drop-outs" ? seats - 1 : seats;
    await job.openWindow({
      from: round,
      through: round,
      quorum,
      localSteps: evaluateOnly ? 0 : 3,
      evaluateOnly,
      deadlineMs: 120_000n,
    });
    if (name === "drop-outs" && round === 1) await replaceLost();
    await job.untilState("the round is in the ledger", isOver(round), 120_000);
    sums.push(await summedUpdates());
  }
  const { rounds } = await (await job.operator()).listRounds({}, { timeoutMs: 10_000 });
  const outcome: JobOutcome = {
    rounds: rounds.map((record, round) => {
      const { outcome: how, reports, dropOuts, metrics } = record;
      return { outcome: how, reports, dropOuts, metrics, modelSha256: hex(modelDigest(record)), sums: sums[round]! };
    }),
  };
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
} finally {
  await job.destroy();
}

/** Digest of the model after a round: the older checkout has a field of its own for it. */
function modelDigest(record: { objects?: Record<string, Uint8Array>; modelSha256?: Uint8Array }): Uint8Array {
  return record.objects?.model ?? record.modelSha256!;
}

/** Whether a round is in the ledger and no other is in work. */
function isOver(round: number) {
  return ({ ledgerHeadSha256, round: at, stage }: { ledgerHeadSha256: Uint8Array; round: number; stage: number }) =>
    ledgerHeadSha256.length > 0 && at > round && stage === 1;
}

/** Everything that a process may draw by chance and that a sum would show is fixed. */
async function variables(cluster: number, index: number): Promise<Record<string, string>> {
  const data = join(job.directory, `data-${cluster}-${index}`);
  await mkdir(data);
  const text = TEXT.repeat(20 + cluster);
  for (const file of ["train.txt", "validation.txt"]) await writeFile(join(data, file), text);
  const preload = fileURLToPath(new URL("fixed-rounding.mjs", import.meta.url));
  const crashes = name === "drop-outs" && cluster === 2;
  return {
    NODE_OPTIONS: `--import=${pathToFileURL(preload).href}`,
    TRIBUTARY_TEST_ROUNDING: `worker ${cluster}/${index}`,
    TRIBUTARY_DATASET_PATH: data,
    TF_NUM_INTRAOP_THREADS: "1",
    TF_NUM_INTEROP_THREADS: "1",
    OMP_NUM_THREADS: "1",
    ...(crashes && {
      // Its second report: a round that it drops out of after one that holds it.
      TRIBUTARY_SIMULATE_CRASH_AT: "before-report-durable@2",
      TRIBUTARY_SIMULATE_CRASH_MARKER: join(job.directory, "crashed"),
    }),
  };
}

/** Waits for the worker that kills itself, and puts another pod in its place. */
async function replaceLost(): Promise<void> {
  const [lost] = job.workers.splice(2, 1);
  await lost!.sidecar.ended;
  await lost!.trainer.kill();
  const { TRIBUTARY_SIMULATE_CRASH_AT: _, ...healthy } = await variables(2, 1);
  await job.addWorker(2, 0, { ...healthy, TRIBUTARY_TEST_ROUNDING: "worker 2/0" });
}

async function summedUpdates(): Promise<string[]> {
  const folder = join(await attemptFolder(join(job.dataDirectory, "open")), "sums");
  const updates = (await readdir(folder)).filter((file) => Number.parseInt(file, 10) < FIRST_METRICS).sort();
  return Promise.all(
    updates.map(async (file) =>
      hex(
        createHash("sha256")
          .update(await readFile(join(folder, file)))
          .digest(),
      ),
    ),
  );
}

/** The older checkout has no folder for its cohorts. */
async function attemptFolder(open: string): Promise<string> {
  const older = (await readdir(open)).find((entry) => entry.startsWith("attempt-"));
  if (older !== undefined) return join(open, older);
  const [newest] = await readdir(join(open, "cohorts"));
  return join(open, "cohorts", newest!);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
