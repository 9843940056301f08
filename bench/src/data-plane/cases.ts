import { fileURLToPath } from "node:url";
import type { RingBits } from "@tributary/federated";
import type { CaseResult, Target } from "../shared/bench-line.ts";
import { pythonWith } from "../shared/python-environment.ts";
import { type Actor, type Measurement, startNodeActor, startPythonActor } from "./actor.ts";

/** How large and how often; the figures are 10M values, 100M for weighted sums, five repetitions. */
export interface BenchSize {
  readonly values: number;
  readonly weightedValues: number;
  readonly repetitions: number;
}

/** A width of the ring, the value bits it is used with and how much faster than the peer one and two threads must be. */
interface Width {
  readonly ringBits: RingBits;
  readonly valueBits: number;
  readonly ratios: readonly [number, number];
}

/** b = 28 with 22 value bits is what the peer's 22-bit target range amounts to for sixteen parties. */
const widths: readonly Width[] = [
  { ringBits: 12, valueBits: 8, ratios: [8, 12] },
  { ringBits: 20, valueBits: 16, ratios: [5, 5] },
  { ringBits: 28, valueBits: 22, ratios: [4, 4] },
];

const SERVER_RATIO = 8;
const VECTORS = 8;
const requirements = (name: string) =>
  fileURLToPath(new URL(`../shared/peers/requirements-${name}.txt`, import.meta.url));

/** Client masking with n parties: one line for each width and number of threads, all against the same runs of the peer. */
export async function maskingCases(size: BenchSize, parties: number): Promise<CaseResult[]> {
  const flower = await startPythonActor(pythonWith(requirements("flower")), "flower_secagg.py", [size.values, parties]);
  const variants = widths.flatMap(({ ratios, ...width }) =>
    ratios.map((ratio, i) => ({ ...width, ratio, threads: i + 1 })),
  );
  const ours: Actor[] = [];
  for (const { ringBits, valueBits, threads } of variants) {
    ours.push(await startNodeActor("party-actor.ts", { values: size.values, parties, ringBits, valueBits, threads }));
  }
  const runs = await interleaved([flower, ...ours], { operation: "mask" }, size.repetitions);
  const peer = { name: "flwr", version: String(flower.version), runs: runs[0]! };
  return variants.flatMap(({ ringBits, threads, ratio }, i) => {
    const name = `client masking, n=${parties}, b=${ringBits}, ${threadsText(threads)}`;
    const speed = timed(name, runs[i + 1]!, peer, { ratio });
    return ringBits === 12 && threads === 1 ? [speed, sizeCase(parties, runs[i + 1]!, peer)] : [speed];
  });
}

/** Server sum and unmasking with n parties and 0, 1 and 2 drop-outs. */
export async function unmaskingCases(size: BenchSize, parties: number): Promise<CaseResult[]> {
  const flower = await startPythonActor(pythonWith(requirements("flower")), "flower_secagg.py", [size.values, parties]);
  const used = widths
    .filter(({ ringBits }) => ringBits !== 28)
    .flatMap(({ ringBits, valueBits }) => [1, 2].map((threads) => ({ ringBits, valueBits, threads })));
  const ours: Actor[] = [];
  for (const variant of used) {
    ours.push(await startNodeActor("aggregator-actor.ts", { values: size.values, parties, ...variant }));
  }
  const results: CaseResult[] = [];
  for (const dropouts of [0, 1, 2]) {
    const measured = new Map<string, Measurement[][]>();
    for (let turn = -1; turn < size.repetitions; turn++) {
      for (const operation of ["sum", "unmask"]) {
        const row = await inTurn([flower, ...ours], { operation, dropouts });
        if (turn >= 0) measured.set(operation, append(measured.get(operation), row));
      }
    }
    for (const [operation, runs] of measured) {
      const peer = { name: "flwr", version: String(flower.version), runs: runs[0]! };
      used.forEach(({ ringBits, threads }, i) => {
        const name = `server ${operation}, n=${parties}, ${dropouts} drop-outs, b=${ringBits}, ${threadsText(threads)}`;
        results.push(timed(name, runs[i + 1]!, peer, { ratio: SERVER_RATIO }));
      });
    }
  }
  stopAll([flower, ...ours]);
  return results;
}

/** Weighted sum of eight float32 vectors in memory, in GB of input a second. */
export async function weightedSumCases(size: BenchSize): Promise<CaseResult[]> {
  const values = size.weightedValues;
  const python = pythonWith(requirements("nvflare"));
  const peers = await startPythonActor(python, "weighted_average.py", [values, VECTORS]);
  const threads = 2;
  const ours = await startNodeActor("weighted-sum-actor.ts", { values, vectors: VECTORS, threads });
  const measured: Record<"ours" | "nvflare" | "numpy", Measurement[]> = { ours: [], nvflare: [], numpy: [] };
  for (let turn = -1; turn < size.repetitions; turn++) {
    const row = {
      ours: await ours.ask({}),
      nvflare: await peers.ask({ operation: "nvflare" }),
      numpy: await peers.ask({ operation: "numpy" }),
    };
    if (turn >= 0) for (const who of ["ours", "nvflare", "numpy"] as const) measured[who].push(row[who]);
  }
  stopAll([peers, ours]);
  const speeds = (runs: readonly Measurement[]) => runs.map(({ seconds }) => (4 * values * VECTORS) / seconds / 1e9);
  const versions = peers.version as Record<string, string>;
  return (["nvflare", "numpy"] as const).map((name) => ({
    case: `weighted sum of ${VECTORS} x ${values / 1e6}M float32 in memory, ${threads} threads, against ${name}`,
    metric: "input bytes a second",
    unit: "GB/s",
    better: "higher" as const,
    ours: speeds(measured.ours),
    peer: { name, version: versions[name]!, runs: speeds(measured[name]) },
    target: { atLeast: 6 },
    ...costs(measured.ours, measured[name]),
  }));
}

function threadsText(threads: number): string {
  return threads === 1 ? "1 thread" : `${threads} threads`;
}

interface MeasuredPeer {
  readonly name: string;
  readonly version: string;
  readonly runs: readonly Measurement[];
}

function timed(name: string, ours: readonly Measurement[], peer: MeasuredPeer, target: Target): CaseResult {
  return {
    case: name,
    metric: "time",
    unit: "s",
    better: "lower",
    ours: ours.map(({ seconds }) => seconds),
    peer: { name: peer.name, version: peer.version, runs: peer.runs.map(({ seconds }) => seconds) },
    target,
    ...costs(ours, peer.runs),
  };
}

function sizeCase(parties: number, ours: readonly Measurement[], peer: MeasuredPeer): CaseResult {
  const sizes = (runs: readonly Measurement[]) => runs.map(({ bytesPerValue }) => bytesPerValue ?? Number.NaN);
  return {
    case: `upload, n=${parties}, b=12`,
    metric: "bytes a value",
    unit: "B",
    better: "lower",
    ours: sizes(ours),
    peer: { name: peer.name, version: peer.version, runs: sizes(peer.runs) },
    target: { atMost: 1.5 },
    ...costs(ours, peer.runs),
  };
}

/** Asks all actors in turn, once to warm up and then `repetitions` times; one list of measurements for each actor. */
async function interleaved(actors: readonly Actor[], request: object, repetitions: number): Promise<Measurement[][]> {
  let runs: Measurement[][] | undefined;
  for (let turn = -1; turn < repetitions; turn++) {
    const row = await inTurn(actors, request);
    if (turn >= 0) runs = append(runs, row);
  }
  stopAll(actors);
  return runs ?? [];
}

async function inTurn(actors: readonly Actor[], request: object): Promise<Measurement[]> {
  const row: Measurement[] = [];
  for (const actor of actors) row.push(await actor.ask(request));
  return row;
}

function append(runs: Measurement[][] | undefined, row: readonly Measurement[]): Measurement[][] {
  return row.map((measurement, i) => [...(runs?.[i] ?? []), measurement]);
}

function stopAll(actors: readonly Actor[]): void {
  for (const actor of actors) actor.stop();
}

function costs(
  ours: readonly Measurement[],
  peer: readonly Measurement[],
): Pick<CaseResult, "cpuSeconds" | "peakBytes"> {
  const cpuOf = (runs: readonly Measurement[]) => runs.map(({ cpuSeconds }) => cpuSeconds);
  return {
    cpuSeconds: { ours: cpuOf(ours), peer: cpuOf(peer) },
    peakBytes: { ours: peakOf(ours), peer: peakOf(peer) },
  };
}

function peakOf(runs: readonly Measurement[]): number {
  return Math.max(...runs.map(({ peakBytes }) => peakBytes));
}
