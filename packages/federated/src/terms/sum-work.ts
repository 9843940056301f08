import { isTensorSection, type Section } from "../reports/section.ts";
import { ByteWriter, toHex, utf8 } from "../xsa1/bytes.ts";
import type { CryptoSuite } from "../xsa1/crypto-suite.ts";
import type { RoundTerms, SeatWork } from "./round-terms.ts";

/** A seat whose report is in a sum. */
export interface SummedSeat {
  readonly party: number;
  /** Whose data it trains on, across pods, jobs and hubs. */
  readonly dataName: Uint8Array;
}

/** Hyperparameters that scale what a seat does: where all seats of a sum have the same, another value for all sets nobody apart. */
const SCALES: readonly string[] = ["learningRate", "batchSize"];

/** Parameters of a strategy that decide how much of whom is in a sum: they may touch one seat alone though all have the same. */
const OF_SUMS: readonly string[] = ["clipNorm", "weighting"];

/**
 * Digests, by section and 32 bytes each, of that by which the sum of the same seats on the same start may be another one in a way that tells
 * of single seats: their difference would then be no sum of like changes.
 *
 * It is what seats do and how they are summed, by data name: role, the number of workers among whom its data are dealt, rank, hyperparameters, `clipNorm` and weighting; local steps where the section tells of training.
 * Steps, learning rate and batch size count only where seats of the sum differ in them, so that a sweep of all seats passes. Nothing is in it of job, line, numbers of
 * parties, names of participants, certificates and the server's step: a job that is made again has the same digests.
 */
export function sumWorks(
  crypto: Pick<CryptoSuite, "sha256">,
  terms: RoundTerms,
  seats: readonly SummedSeat[],
): Readonly<Record<string, Uint8Array>> {
  const works = inOrder(seats).map((seat) => ({ ...workOf(terms, seat.party), dataName: seat.dataName }));
  const digests = [true, false].map((isTraining) =>
    crypto.sha256(utf8("tributary/sum-work"), encode(terms, works, isTraining)),
  );
  return Object.fromEntries(
    terms.sections.map((section) => [section.name, digests[tellsOfTraining(section) ? 0 : 1]!]),
  );
}

interface PlacedWork extends SeatWork {
  readonly role: string;
  /** A worker of one trains on all of its data, one of two on every second passage: a data name says nothing of it. */
  readonly workerCount: number;
}

interface NamedWork extends PlacedWork {
  readonly dataName: Uint8Array;
}

/** A section of metrics without norms says how good the start is. */
function tellsOfTraining(section: Section): boolean {
  return isTensorSection(section) || section.hasNorms;
}

function encode({ strategy, sections }: RoundTerms, works: readonly NamedWork[], isTraining: boolean): Uint8Array {
  const writer = new ByteWriter().u8(isTraining ? 1 : 0);
  const weighted = isTraining ? sections.filter(isTensorSection) : [];
  writer.list(weighted, ({ name, weighting }) => writer.text(name).text(weighting));
  writeTexts(writer, isTraining ? only(strategy.parameters, (name) => OF_SUMS.includes(name)) : []);
  const scales = works.map((work) => scaleOf(work, isTraining));
  const isOneScale = scales.every((scale) => JSON.stringify(scale) === JSON.stringify(scales[0]));
  writer.list(works.entries(), ([index, { dataName, role, workerCount, rank, hyperparameters }]) => {
    writer.blob(dataName).blob(utf8(role)).u32(workerCount).u32(rank);
    writeTexts(
      writer,
      only(hyperparameters, (name) => !SCALES.includes(name)),
    );
    writeTexts(writer, isOneScale ? [] : scales[index]!);
  });
  return writer.finish();
}

type Texts = readonly (readonly [name: string, value: string])[];

function scaleOf({ localSteps, hyperparameters }: SeatWork, isTraining: boolean): Texts {
  const steps = isTraining ? [["localSteps", String(localSteps)] as const] : [];
  return [...only(hyperparameters, (name) => SCALES.includes(name)), ...steps];
}

/** Maps have no order of their own. */
function only(texts: Readonly<Record<string, string>>, isWanted: (name: string) => boolean): Texts {
  return Object.entries(texts)
    .filter(([name]) => isWanted(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function writeTexts(writer: ByteWriter, texts: Texts): void {
  writer.list(texts, ([name, value]) => writer.blob(utf8(name)).blob(utf8(value)));
}

function workOf({ seats, works }: RoundTerms, party: number): PlacedWork {
  const { role, workerCount, work } = seats.find((one) => one.party === party)!;
  return { ...works[work]!, role, workerCount };
}

function inOrder(seats: readonly SummedSeat[]): SummedSeat[] {
  return [...seats].sort((a, b) => (toHex(a.dataName) < toHex(b.dataName) ? -1 : 1));
}
