import { parseArgs } from "node:util";
import { toStandardError } from "@tributary/clouds";
import { provenanceOf } from "../shared/provenance.ts";
import { flower } from "./flower.ts";
import { nvflare } from "./nvflare.ts";
import { type RoundCase, type RoundContestant, type RoundRun, selectCases } from "./round-case.ts";
import { describeLine, linesOf } from "./round-lines.ts";
import { installTributary } from "./tributary.ts";

const usage = `node bench/src/round/main.ts [--mib 1 --workers 2 | --mib 100 --workers 4] [--peers none] [--turns 2]
Rounds of a no-op trainer on the local clouds beside NVFLARE and Flower on loopback, in turns. JSON lines on standard output.`;

const { values } = parseArgs({
  options: {
    mib: { type: "string" },
    workers: { type: "string" },
    peers: { type: "string", default: "all" },
    turns: { type: "string", default: "2" },
    help: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  const cases = selectCases(values.mib, values.workers);
  const peers = values.peers === "none" ? [] : [nvflare, flower];
  const provenance = provenanceOf("round");
  const ours = await installTributary(toStandardError);
  for (const size of cases) {
    const contestants = [...peers, ours];
    const runs = await inTurns(contestants, size, Number(values.turns));
    const named = peers.map((peer, index) => ({ name: peer.name, version: peer.version, runs: runs[index] ?? [] }));
    for (const line of linesOf(size, runs.at(-1) ?? [], named, provenance)) {
      process.stdout.write(`${JSON.stringify(line)}\n`);
      toStandardError(describeLine(line));
    }
  }
}

/** Runs each contestant in every turn; a run that fails is said, fails the benchmark and gives no figures. */
async function inTurns(contestants: readonly RoundContestant[], size: RoundCase, turns: number): Promise<RoundRun[][]> {
  const runs: RoundRun[][] = contestants.map(() => []);
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
  return runs;
}

// An exit of its own, not the signal's, so that a peer's processes are killed on the way out.
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => process.exit(130));
if (values.help) process.stdout.write(`${usage}\n`);
else await main();
