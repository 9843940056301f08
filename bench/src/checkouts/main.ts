import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { toStandardError } from "@tributary/clouds";
import { selectCases } from "../round/round-case.ts";
import { describeLine } from "../round/round-lines.ts";
import type { BenchLine } from "../shared/bench-line.ts";
import { provenanceOf } from "../shared/provenance.ts";
import { compareCheckouts } from "./compare-checkouts.ts";

const usage = `node bench/src/checkouts/main.ts --baseline FOLDER [--turns 2] [--mib 1 --workers 2 | --mib 100 --workers 4]
Rounds of this checkout and of another one (installed: \`make install tfjs\` there), in turns, each on local clouds that it makes
itself, first one and then the other one first. JSON lines on standard output: the other checkout stands where a peer would.`;

const own = join(import.meta.dirname, "../../..");
const { values } = parseArgs({
  options: {
    baseline: { type: "string" },
    turns: { type: "string", default: "2" },
    mib: { type: "string" },
    workers: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  if (values.baseline === undefined) throw new Error(`--baseline is missing\n${usage}`);
  const baseline = resolve(values.baseline);
  if (!existsSync(join(baseline, "node_modules/.installed")))
    throw new Error(`--baseline is ${baseline}, must be a checkout in which \`make install tfjs\` was run`);
  const turns = Number(values.turns);
  // In an odd number one checkout is the first once more than the other.
  if (!Number.isInteger(turns) || turns < 2 || turns % 2 === 1)
    throw new Error(`--turns is ${values.turns}, must be an even number >= 2`);
  const { mib, workers } = values;
  selectCases(mib, workers);
  const size = mib === undefined || workers === undefined ? [] : ["--mib", mib, "--workers", workers];
  const lines: { ours: BenchLine[]; baseline: BenchLine[] } = { ours: [], baseline: [] };
  const checkouts = [
    { name: baseline, folder: baseline, lines: lines.baseline },
    { name: "this checkout", folder: own, lines: lines.ours },
  ];
  for (let turn = 1; turn <= turns; turn++) {
    // A machine is faster or slower after what ran before: neither checkout is always the first.
    for (const checkout of turn % 2 === 1 ? checkouts : checkouts.toReversed()) {
      toStandardError(`turn ${turn} of ${turns}: ${checkout.name}`);
      checkout.lines.push(...(await runRounds(checkout.folder, size)));
    }
  }
  for (const line of compareCheckouts(lines.ours, lines.baseline, provenanceOf("round-checkouts"))) {
    process.stdout.write(`${JSON.stringify(line)}\n`);
    toStandardError(describeLine(line));
  }
}

/** One turn of a checkout: its own clouds, charts and images, no peers; nothing is left of them. */
async function runRounds(checkout: string, size: readonly string[]): Promise<BenchLine[]> {
  await run(checkout, ["test/clouds/src/main.ts", "down"]);
  try {
    const output = await run(checkout, ["bench/src/round/main.ts", "--peers", "none", "--turns", "1", ...size]);
    return output
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as BenchLine);
  } finally {
    await run(checkout, ["test/clouds/src/main.ts", "down"]);
  }
}

async function run(checkout: string, args: readonly string[]): Promise<string> {
  const PATH = `${join(checkout, "node_modules/.bin")}:${process.env.PATH ?? ""}`;
  const env = { ...process.env, PATH, TRIBUTARY_ROOT: checkout };
  const node = join(checkout, "node_modules/.bin/node");
  const child = spawn(node, args, { cwd: checkout, env, stdio: ["ignore", "pipe", "inherit"] });
  const [output, code] = await Promise.all([
    text(child.stdout),
    new Promise<number | null>((done, fail) => child.on("error", fail).on("exit", done)),
  ]);
  if (code !== 0) throw new Error(`${args.join(" ")} in ${checkout} ended with ${code}`);
  return output;
}

if (values.help) process.stdout.write(`${usage}\n`);
else await main();
