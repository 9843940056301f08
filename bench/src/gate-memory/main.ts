import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { type Better, judge, type Target } from "../shared/bench-line.ts";
import { provenanceOf } from "../shared/provenance.ts";
import type { MemoryFigures, MemoryTask } from "./memory-actor.ts";

const usage = `node bench/src/gate-memory/main.ts [--starts 131072] [--parties 4,64] [--directory FOLDER] [--opens 5]
The gate's memory of one seat: a start after the other is recorded durably, then new processes open the file. One JSON line a figure.`;

const { values } = parseArgs({
  options: {
    starts: { type: "string", default: "131072" },
    parties: { type: "string", default: "4,64" },
    directory: { type: "string", default: tmpdir() },
    opens: { type: "string", default: "5" },
    help: { type: "boolean", default: false },
  },
});
const provenance = provenanceOf("gate-memory");
const starts = Number(values.starts);

/** As the data plane's image runs its programs (`dataplaneFlags`), and what lets the actor collect garbage before it looks. */
const nodeFlags = ["--max-semi-space-size=2", "--heap-growing-percent=200", "--expose-gc"];

async function runActor(task: MemoryTask): Promise<MemoryFigures> {
  const script = fileURLToPath(new URL("./memory-actor.ts", import.meta.url));
  const env = { ...process.env, MALLOC_ARENA_MAX: "1" };
  const args = [...nodeFlags, "--conditions=tributary-source", script, JSON.stringify(task)];
  return JSON.parse((await promisify(execFile)(process.execPath, args, { env })).stdout) as MemoryFigures;
}

interface Figure {
  readonly metric: string;
  readonly unit: string;
  readonly runs: readonly number[];
  readonly target: Target;
}

async function measure(parties: number): Promise<void> {
  const directory = await mkdtemp(join(values.directory, "gate-memory-"));
  try {
    const filled = await runActor({ task: "fill", directory, starts, parties });
    const opened: MemoryFigures[] = [];
    for (let run = 0; run < Number(values.opens); run++)
      opened.push(await runActor({ task: "open", directory, starts, parties }));
    const figures: Figure[] = [
      { metric: "size of the file", unit: "bytes a start", runs: [filled.fileBytes / starts], target: { atMost: 64 } },
      { metric: "latency of a record, P50", unit: "ms", runs: [filled.p50Ms], target: { atMost: 10 } },
      { metric: "latency of a record, P99", unit: "ms", runs: [filled.p99Ms], target: { atMost: 100 } },
      { metric: "time to open", unit: "s", runs: opened.map(({ seconds }) => seconds), target: { atMost: 5 } },
      {
        metric: "resident memory once open",
        unit: "MiB",
        runs: opened.map(({ residentBytes }) => residentBytes / 2 ** 20),
        target: { atMost: 8 },
      },
    ];
    const better: Better = "lower";
    const peakBytes = { ours: Math.max(...opened.map(({ residentBytes }) => residentBytes)), peer: null };
    const cpuSeconds = { ours: [filled.cpuSeconds, ...opened.map((each) => each.cpuSeconds)], peer: null };
    for (const { runs, ...figure } of figures) {
      const about = { case: `${starts} starts, ${parties} parties`, better, peer: null, cpuSeconds, peakBytes };
      process.stdout.write(`${JSON.stringify(judge({ ...figure, ...about, ours: runs }, provenance))}\n`);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

if (values.help) process.stdout.write(`${usage}\n`);
else for (const parties of values.parties.split(",")) await measure(Number(parties));
