import { parseArgs } from "node:util";
import { toStandardError } from "@tributary/clouds";
import type { BenchLine, Provenance } from "../shared/bench-line.ts";
import { provenanceOf } from "../shared/provenance.ts";
import { flower, flowerSecAgg } from "./flower.ts";
import { selectMaskedCases } from "./masked-case.ts";
import { type MaskedRuns, maskedLinesOf } from "./masked-lines.ts";
import { nvflare } from "./nvflare.ts";
import { processesOf } from "./processes.ts";
import { type RoundContestant, type RoundRun, type RoundSize, selectCases } from "./round-case.ts";
import { type ContestantRuns, describeLine, linesOf } from "./round-lines.ts";
import { installTributary } from "./tributary.ts";

const usage = `node bench/src/round/main.ts [--kind unmasked|masked|both] [--mib M --workers W] [--peers none] [--turns 2]
Rounds of a no-op trainer on the local clouds beside NVFLARE and Flower on loopback, in turns: 1 MiB of 2 workers and 100 MiB of 4.
Masked ones as processes of this machine beside the same without masks, with keys exchanged in the round itself, and Flower's SecAgg+:
1 and 100 MiB of 4 workers; 1 MiB of 64 by --kind masked --mib 1 --workers 64. JSON lines on standard output.`;

const { values } = parseArgs({
  options: {
    kind: { type: "string", default: "unmasked" },
    mib: { type: "string" },
    workers: { type: "string" },
    peers: { type: "string", default: "all" },
    turns: { type: "string", default: "2" },
    help: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  const { kind, mib } = values;
  if (!["unmasked", "masked", "both"].includes(kind)) throw new Error(`--kind ${kind}: want unmasked, masked or both`);
  if (kind === "both" && mib !== undefined)
    throw new Error(`--mib ${mib} is of one kind: want --kind unmasked or masked`);
  const provenance = provenanceOf("round");
  if (kind !== "masked") await runUnmasked(provenance);
  if (kind !== "unmasked") await runMasked(provenance);
}

async function runUnmasked(provenance: Provenance): Promise<void> {
  const cases = selectCases(values.mib, values.workers);
  const peers = values.peers === "none" ? [] : [nvflare, flower];
  const ours = await installTributary(toStandardError);
  for (const size of cases) {
    const runs = await inTurns([...peers, ours], size);
    print(linesOf(size, runs.at(-1)!.runs, runs.slice(0, -1), provenance));
  }
}

async function runMasked(provenance: Provenance): Promise<void> {
  const ours = [processesOf("LateKeys"), processesOf("None"), processesOf("Masking")];
  for (const size of selectMaskedCases(values.mib, values.workers)) {
    const peers = values.peers === "none" || size.timesPeerAtLeast === undefined ? [] : [flowerSecAgg];
    const runs = await inTurns([...peers, ...ours], size);
    print(maskedLinesOf(size, maskedRunsOf(runs), provenance));
  }
}

/** Ours are the last three, in the order in which they take part. */
function maskedRunsOf(runs: readonly ContestantRuns[]): MaskedRuns {
  const [lateKeys, unmasked, masked] = runs.slice(-3);
  return { masked: masked!, unmasked: unmasked!, lateKeys: lateKeys!, peer: runs.at(-4) };
}

function print(lines: readonly BenchLine[]): void {
  for (const line of lines) {
    process.stdout.write(`${JSON.stringify(line)}\n`);
    toStandardError(describeLine(line));
  }
}

/** Runs each contestant in every turn; a run that fails is said, fails the benchmark and gives no figures. */
async function inTurns(contestants: readonly RoundContestant[], size: RoundSize): Promise<ContestantRuns[]> {
  const runs: RoundRun[][] = contestants.map(() => []);
  const turns = Number(values.turns);
  for (let turn = 1; turn <= turns; turn++)
    for (const [index, contestant] of contestants.entries()) {
      const what = `${size.mib} MiB, ${size.workers} workers, turn ${turn} of ${turns}, ${contestant.name}`;
      try {
        const run = await contestant.run(size);
        runs[index]!.push(run);
        const inside = run.inside === undefined ? "" : `; from start to commit ${run.inside.join(" ")} s`;
        toStandardError(`${what}: ${run.periods.join(" ")} s${inside}`);
      } catch (error) {
        process.exitCode = 1;
        toStandardError(`${what} failed: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  if (runs.at(-1)?.length === 0) throw new Error("no run of ours gave figures");
  return contestants.map(({ name, version }, index) => ({ name, version, runs: runs[index]! }));
}

// An exit of its own, not the signal's, so that a peer's processes are killed on the way out.
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => process.exit(130));
if (values.help) process.stdout.write(`${usage}\n`);
else await main();
