import { parseArgs } from "node:util";
import { judge } from "../shared/bench-line.ts";
import { provenanceOf } from "../shared/provenance.ts";
import { type BenchSize, maskingCases, unmaskingCases, weightedSumCases } from "./cases.ts";

/**
 * Benchmarks of the data plane beside flwr, NVFLARE and numpy, each in processes of its own, asked in turns.
 *
 * One JSON object a line on standard output. `--only masking|unmasking|weighted-sum`, `--values`, `--weighted-values`, `--repetitions`.
 */
const { values: given } = parseArgs({
  options: {
    only: { type: "string" },
    values: { type: "string", default: "10000000" },
    "weighted-values": { type: "string", default: "100000000" },
    repetitions: { type: "string", default: "5" },
  },
});

const size: BenchSize = {
  values: Number(given.values),
  weightedValues: Number(given["weighted-values"]),
  repetitions: Number(given.repetitions),
};
const groups = {
  masking: () => [4, 8, 16].map((parties) => () => maskingCases(size, parties)),
  unmasking: () => [() => unmaskingCases(size, 16)],
  "weighted-sum": () => [() => weightedSumCases(size)],
};
const provenance = provenanceOf("data-plane");

for (const [name, cases] of Object.entries(groups)) {
  if (given.only !== undefined && given.only !== name) continue;
  for (const run of cases()) {
    for (const result of await run()) process.stdout.write(`${JSON.stringify(judge(result, provenance))}\n`);
  }
}
