import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheDirectory, kubectl, toStandardError } from "@tributary/clouds";
import { parse } from "yaml";
import type { Manifest } from "../support/a-job.ts";
import { claimFolder } from "../support/stack/claims.ts";
import { stackNames } from "../support/stack/install-stack.ts";
import { applyJob, deleteJob, type JobObject, waitForEnd } from "../support/stack/run-job.ts";
import { installSmolLm2Stack, type SmolLm2Stack } from "../support/stack/smollm2-stack.ts";
import { runCheck, sampleText } from "./check.ts";
import { describePrivacy } from "./describe-privacy.ts";
import { countBytes, type LedgerEntry, meanOf, readLedgerLines, survivorsOf } from "./ledger.ts";
import { drawLossCurve } from "./loss-curve.ts";
import { createWatcher } from "./watch-job.ts";

const root = join(import.meta.dirname, "../..");
const output = join(root, ".demo");
const name = "smollm2-lora";
const { hubNamespace } = stackNames;

/** Fine-tunes a language model over two local stand-in clouds until it converges, and writes `.demo/report.json`. */
async function main(): Promise<void> {
  const started = startOfDemo();
  const duration = isFirstRun() ? "secondsCold" : "secondsWarm";
  const stack = await installSmolLm2Stack(toStandardError);
  const hub = stack.clusters.hub.name;
  await deleteJob(hub, hubNamespace, name);
  const manifest = parse(await readFile(join(root, "examples/smollm2-lora/job.yaml"), "utf8")) as Manifest;
  await applyJob(hub, manifest);
  toStandardError(
    "examples/smollm2-lora/job.yaml is applied; kubectl get ftj,mbr,trd -n research answers how it is going",
  );
  const job = await waitForEnd(hub, hubNamespace, name, {
    timeoutMs: 3_000_000,
    everyMs: 1_000,
    onChange: createWatcher(toStandardError),
  });
  process.stdout.write(await kubectl(hub, ["get", "ftj,mbr,trd", "-n", hubNamespace]));
  process.stdout.write(`${describePrivacy(job)}\n`);
  if (!hasConverged(job)) throw new Error(`the job ended as ${job.status.phase} (${job.status.reason}), not Converged`);
  const entries = await collect(stack, hub);
  const run = await describeRun(hub, job, entries);
  await writeReport(run);
  process.stdout.write(`\n${drawLossCurve(entries.flatMap((entry) => meanOf(entry, "validation_loss") ?? []))}\n\n`);
  toStandardError("text before and after; the table and its reference runs (made once, then cached)");
  process.stdout.write(`${await sampleText(stack.data, run.modelPath)}\n`);
  const check = await runCheck(stack.data, output);
  const seconds = Math.round((Date.now() - started.getTime()) / 1000);
  await writeReport({ ...run, ...check.figures, [duration]: seconds });
  process.stdout.write(
    `${check.text}\nmodel: ${run.modelPath}\nreport: ${join(output, "report.json")}\n${seconds} s\n`,
  );
}

/** When the command began: `make` says so, because it installs packages before this program starts. */
function startOfDemo(): Date {
  const epochMs = process.env.TRIBUTARY_STARTED;
  return epochMs === undefined ? new Date() : new Date(Number(epochMs));
}

/** Whether Kubernetes was not yet built on this machine when the demo began. */
function isFirstRun(): boolean {
  return !existsSync(join(cacheDirectory(), "kubernetes"));
}

async function writeReport(report: object): Promise<void> {
  await writeFile(join(output, "report.json"), `${JSON.stringify(report, null, 2)}\n`);
}

function hasConverged(job: JobObject): boolean {
  return (
    job.status?.conditions?.some(
      (one: { type: string; status: string; reason: string }) =>
        one.type === "Complete" && one.status === "True" && one.reason !== "MaxRounds",
    ) === true
  );
}

/** Copies model and ledger out of the clouds into `.demo`. */
async function collect(stack: SmolLm2Stack, hub: string): Promise<LedgerEntry[]> {
  await mkdir(output, { recursive: true });
  await copyFile(join(stack.modelsFolder, name, "best/model.safetensors"), join(output, "model.safetensors"));
  const lines = await readLedgerLines(await claimFolder(hub, hubNamespace, `data-${name}-aggregator-0`));
  await writeFile(join(output, "ledger.jsonl"), lines.join(""));
  return lines.map((line) => JSON.parse(line) as LedgerEntry);
}

async function describeRun(hub: string, job: JobObject, entries: readonly LedgerEntry[]) {
  const modelPath = join(output, "model.safetensors");
  const modelSha256 = createHash("sha256")
    .update(await readFile(modelPath))
    .digest("hex");
  const members = JSON.parse(await kubectl(hub, ["get", "mbr", "-o", "json"])) as {
    items: { metadata: { name: string }; status: { kubernetesVersion: string; nodes: number } }[];
  };
  const participants = parse(await readFile(join(root, "examples/smollm2-lora/job.yaml"), "utf8")).spec
    .participants as { workers: number; accelerator?: { count: number } }[];
  return {
    clusters: members.items.map((member) => ({
      name: member.metadata.name,
      kubernetesVersion: member.status.kubernetesVersion,
      nodes: member.status.nodes,
    })),
    workers: participants.reduce((sum, one) => sum + one.workers, 0),
    gpuRequested: participants.reduce((sum, one) => sum + one.workers * (one.accelerator?.count ?? 0), 0),
    rounds: entries.map((entry) => ({
      number: entry.round,
      loss: meanOf(entry, "validation_loss"),
      seconds: (entry.committedMs - entry.startedMs) / 1000,
      bytesUp: countBytes(entry, "up"),
      bytesDown: countBytes(entry, "down"),
      reports: survivorsOf(entry).length,
    })),
    converged: hasConverged(job),
    initialValidationLoss: lossOfModel(entries, entries[0]?.reads.model),
    finalValidationLoss: lossOfModel(entries, modelSha256),
    modelPath,
    modelSha256,
    ledgerPath: join(output, "ledger.jsonl"),
  };
}

/** The loss that the workers reported of a model: in the round that started from it. */
function lossOfModel(entries: readonly LedgerEntry[], sha256: string | undefined): number | undefined {
  const entry = entries.find((one) => one.reads.model === sha256);
  return entry === undefined ? undefined : meanOf(entry, "validation_loss");
}

await main();
