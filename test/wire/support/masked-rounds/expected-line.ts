import { createHash } from "node:crypto";
import { CENTRE, GRID, randomSteps } from "../random-trainer/random-update.ts";
import { encodeModel } from "../wire-job.ts";

/** A worker by its names. */
export interface WorkerName {
  readonly participant: string;
  readonly workerIndex: number;
}

/** What a test reads of a line of the ledger. */
export interface SummedLine {
  readonly round: number;
  readonly outcome: string;
  readonly objects: { readonly model: string };
  readonly stepExponents: readonly number[];
  readonly cohorts: readonly {
    readonly roster: readonly number[];
    readonly survivors: readonly WorkerName[];
    readonly segments: Readonly<Record<string, { readonly survivors: string; readonly sumSha256: string }>>;
  }[];
}

/** Bits of a sum's ring for up to sixteen parties of sixteen bits each. */
const RING_BITS = 20;
/** The segment of the update: a small model has one. */
const UPDATE = "0";

/** What lines must hold when each sum is exactly that of its survivors' integers: computed from the vectors alone, with none of the product's arithmetic. */
export class ExpectedLines {
  readonly #seed: string;
  readonly #workers: ReadonlyMap<number, WorkerName>;
  #model: Float32Array;
  #sum: readonly number[] = [];

  /** @param workers those of the job by their party ids. */
  constructor(seed: string, values: number, workers: ReadonlyMap<number, WorkerName>) {
    this.#seed = seed;
    this.#workers = workers;
    this.#model = new Float32Array(values).fill(CENTRE);
  }

  /** Integers of the sum of the line before. */
  get lastSum(): readonly number[] {
    return this.#sum;
  }

  /** Digests of the sum and of the model that follow from the next line's survivors. */
  next(line: SummedLine): { readonly sumSha256: string; readonly modelSha256: string } {
    const survivors = this.survivorsOf(line);
    const model = this.#model;
    const step = 2 ** line.stepExponents[0]!;
    const sum = new Array<number>(model.length).fill(0);
    for (const worker of survivors) {
      const moved = randomSteps({ seed: this.#seed, ...worker, round: line.round }, model);
      for (const [place, steps] of moved.entries()) sum[place]! += inSteps(steps, step);
    }
    this.#sum = sum;
    this.#model = model.map((value, place) => value + Math.fround((sum[place]! * step) / survivors.length));
    return { sumSha256: sha256(pack(sum)), modelSha256: sha256(encodeModel(this.#model)) };
  }

  /** What is recorded of the same in a line. */
  static recordedIn({ cohorts, objects }: SummedLine) {
    return { sumSha256: cohorts[0]!.segments[UPDATE]!.sumSha256, modelSha256: objects.model };
  }

  /** The workers whose update is in a line's sum, by the bitmap of its segment. */
  survivorsOf({ cohorts }: SummedLine): readonly WorkerName[] {
    const { roster, segments } = cohorts[0]!;
    const bitmap = Buffer.from(segments[UPDATE]!.survivors, "hex");
    const parties = roster.filter((_, rank) => (bitmap[rank >> 3]! >> (rank & 7)) & 1);
    return parties.map((party) => this.#workers.get(party)!);
  }
}

/** Nothing may be rounded by chance: an update is a whole number of the round's steps. */
function inSteps(steps: number, step: number): number {
  const integer = (steps * GRID) / step;
  if (!Number.isInteger(integer))
    throw new Error(`${integer} steps of ${step}, must be whole: the vectors are too wide`);
  return integer;
}

/** Residues of the ring as a little-endian stream of bits, in whole groups of eight values. */
function pack(values: readonly number[]): Uint8Array {
  const ring = 1n << BigInt(RING_BITS);
  const groups = Math.ceil(values.length / 8);
  const bytes = new Uint8Array(groups * RING_BITS);
  for (let group = 0; group < groups; group++) {
    let bits = 0n;
    for (let place = 7; place >= 0; place--) {
      const value = BigInt(values[8 * group + place] ?? 0);
      bits = (bits << BigInt(RING_BITS)) | (((value % ring) + ring) % ring);
    }
    for (let at = 0; at < RING_BITS; at++, bits >>= 8n) bytes[group * RING_BITS + at] = Number(bits & 255n);
  }
  return bytes;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
