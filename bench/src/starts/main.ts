import { parseArgs } from "node:util";
import { kubectl, toStandardError } from "@tributary/clouds";
import { applyJob, deleteJob, eventually, installNoopStack, noopJob, readJob, stackNames } from "@tributary/test/stack";
import { judge } from "../shared/bench-line.ts";
import { provenanceOf } from "../shared/provenance.ts";

const usage = `node bench/src/starts/main.ts [--jobs 50]
Jobs applied, started and deleted one after the other on the local clouds. One JSON line on standard output.`;

const { values } = parseArgs({
  options: { jobs: { type: "string", default: "50" }, help: { type: "boolean", default: false } },
});
const { hubNamespace } = stackNames;
/** A start that takes longer than this is a fault, not a figure. */
const patienceMs = 360_000;

async function main(): Promise<void> {
  const provenance = provenanceOf("starts");
  const hub = (await installNoopStack(toStandardError)).clusters.hub.name;
  const seconds: number[] = [];
  for (let index = 0; index < Number(values.jobs); index += 1) {
    seconds.push(await startOne(hub, `start-${index}`));
    toStandardError(
      `job ${index + 1} of ${values.jobs}: first round committed ${seconds.at(-1)} s after kubectl apply`,
    );
  }
  const line = judge(
    {
      case: `${values.jobs} jobs made and deleted in a row`,
      metric: "longest time from apply to the first commit",
      unit: "s",
      better: "lower",
      ours: [Math.max(...seconds)],
      peer: null,
      target: { atMost: 20 },
      cpuSeconds: { ours: [], peer: null },
      peakBytes: { ours: 0, peer: null },
    },
    provenance,
  );
  process.stdout.write(`${JSON.stringify({ ...line, seconds })}\n`);
  if (!line.met) toStandardError(await volumeWarnings(hub));
}

async function startOne(hub: string, name: string): Promise<number> {
  const manifest = await noopJob(name, (spec) => {
    spec.schedule.synchronous = { maxRounds: 1, localSteps: 1, quorum: 4, deadline: "2m" };
  });
  const startedMs = performance.now();
  await applyJob(hub, manifest);
  await eventually(
    `the first round of ${name} is committed`,
    async () => ((await readJob(hub, hubNamespace, name)).status?.round?.committed >= 1 ? true : undefined),
    patienceMs,
  );
  const seconds = Math.round(performance.now() - startedMs) / 1000;
  await deleteJob(hub, hubNamespace, name);
  return seconds;
}

/** What the scheduler said of pods that it could not place: the first suspect when a start is slow. */
function volumeWarnings(hub: string): Promise<string> {
  return kubectl(hub, ["get", "events", "-n", hubNamespace, "--field-selector", "reason=FailedScheduling"]);
}

if (values.help) process.stdout.write(`${usage}\n`);
else await main();
