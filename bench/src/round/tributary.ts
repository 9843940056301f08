import { kubectl, type Progress } from "@tributary/clouds";
import {
  applyJob,
  claimFolder,
  deleteJob,
  eventually,
  findContainerProcesses,
  installNoopStack,
  type LedgerEntry,
  type NoopSpec,
  type NoopStack,
  noopJob,
  readClosedForm,
  readLedgerLines,
  stackNames,
  waitForEnd,
} from "@tributary/test/stack";
import { figuresOf } from "./ledger-figures.ts";
import { peakBytesOf } from "./marked-processes.ts";
import type { RoundContestant, RoundRun, RoundSize } from "./round-case.ts";

/** Rounds of a job: small ones are over before a process has warmed up, as no process of a real job is. */
const roundsOf = ({ mib }: RoundSize): number => (mib <= 1 ? 42 : 14);
const droppedRounds = 2;
const localSteps = 1;
const lookEveryMs = 500;
/** Every look at the job starts a kubectl, which takes its time from what is measured; the figures come from the ledger. */
const lookAtJobEveryMs = 2_000;
const { hubNamespace } = stackNames;

/** Ours: a job applied with kubectl, in pods of two local clouds, with TLS and durable commits. Brings the clouds up when they are not. */
export async function installTributary(progress: Progress): Promise<RoundContestant> {
  const stack = await installNoopStack(progress);
  return { name: "tributary", version: "0.2.0", run: (size) => runJob(stack, size) };
}

async function runJob(stack: NoopStack, size: RoundSize): Promise<RoundRun> {
  const hub = stack.clusters.hub.name;
  const name = `bench-round-${size.mib}mib`;
  await deleteJob(hub, hubNamespace, name);
  const manifest = await noopJob(name, (spec) => shapeSpec(spec, size));
  try {
    await applyJob(hub, manifest);
    const memory = watchMemory(await aggregatorUid(hub, name));
    const patience = { timeoutMs: 300_000 + size.mib * 6_000, everyMs: lookAtJobEveryMs };
    const job = await waitForEnd(hub, hubNamespace, name, patience).finally(memory.stop);
    const rounds = roundsOf(size);
    if (job.status.round.committed !== rounds)
      throw new Error(`the job committed ${job.status.round.committed} rounds, not ${rounds}: ${job.status.reason}`);
    await checkModel(stack, name, rounds);
    const lines = await readLedgerLines(await claimFolder(hub, hubNamespace, `data-${name}-aggregator-0`));
    const entries = lines.map((line) => JSON.parse(line) as LedgerEntry);
    return { ...figuresOf(entries, size.workers, droppedRounds), peakBytes: memory.peakBytes() };
  } finally {
    await deleteJob(hub, hubNamespace, name);
  }
}

function shapeSpec(spec: NoopSpec, size: RoundSize): void {
  const { mib, workers } = size;
  spec.model.source.persistentVolumeClaim.path = `zeros-${mib}mib.safetensors`;
  spec.privacy = { secureAggregation: { protocol: "None" } };
  for (const participant of spec.participants) participant.workers = workers / spec.participants.length;
  spec.schedule.synchronous = { maxRounds: roundsOf(size), localSteps, quorum: workers, deadline: "5m" };
}

async function aggregatorUid(hub: string, name: string): Promise<string> {
  const pod = ["get", "pod", `${name}-aggregator-0`, "-n", hubNamespace, "-o", "jsonpath={.metadata.uid}"];
  return eventually(
    "the aggregator's pod",
    async () => {
      const uid = await kubectl(hub, pod);
      return uid === "" ? undefined : uid;
    },
    120_000,
  );
}

/** Follows the high-water mark of the aggregator's memory while it lives. */
function watchMemory(podUid: string): { peakBytes(): number; stop(): void } {
  let peakBytes = 0;
  const timer = setInterval(() => {
    const found = findContainerProcesses(["launcher.mjs", "aggregator"], podUid);
    peakBytes = Math.max(peakBytes, ...found.map(({ pid }) => peakBytesOf(pid)));
  }, lookEveryMs);
  return { peakBytes: () => peakBytes, stop: () => clearInterval(timer) };
}

/** Figures of rounds that did not happen exactly once would be worth nothing. */
async function checkModel(stack: NoopStack, name: string, rounds: number): Promise<void> {
  const { want, min, max } = await readClosedForm(stack.modelsFolder, name, rounds, localSteps);
  if (min !== want || max !== want) throw new Error(`every value must be ${want}; smallest ${min}, largest ${max}`);
}
