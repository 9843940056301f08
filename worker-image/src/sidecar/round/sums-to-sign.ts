import {
  type CryptoSuite,
  equalBytes,
  isTensorSection,
  ranksOf,
  type SummedSeat,
  sumWorks,
  toHex,
} from "@tributary/federated";
import { TermsRefusal, termsRefused } from "../../shared/terms/terms-refusal.ts";
import type { SumToSign } from "../gate/record-sums.ts";
import type { CheckedRound } from "./check-started.ts";

/** Survivors of a segment, over the roster. */
export interface SegmentSurvivors {
  readonly segment: number;
  readonly bitmap: Uint8Array;
}

/** An open masked round as far as this worker has come in it. */
export interface SigningRound {
  /** Of the roster's parties, in its order. */
  readonly dataNames: readonly Uint8Array[];
  /** What was signed, and hence remembered by the gate before. */
  readonly signed: readonly SegmentSurvivors[];
}

/**
 * What the gate is to remember before these survivors are signed: the sections of which nothing is signed yet, those of one work together.
 *
 * The gate remembers one set of survivors of a section and start. So all segments of a section have one, and all sections of tensors: they come of
 * one training.
 *
 * @throws TERMS_REFUSED, SurvivorsDiffer naming the section.
 */
export function sumsToSign(
  crypto: Pick<CryptoSuite, "sha256">,
  round: CheckedRound,
  { dataNames, signed }: SigningRound,
  announced: readonly SegmentSurvivors[],
): SumToSign[] {
  const before = bySection(round, signed);
  const present = bySection(round, [...signed, ...announced]);
  requireOneSet(round, present);
  const works = new Map<string, SumToSign>();
  for (const [section, [bitmap]] of present) {
    if (before.has(section)) continue;
    const seats = seatsOf(round, dataNames, bitmap!);
    const workSha256 = sumWorks(crypto, round.terms, seats)[section]!;
    const sum = works.get(toHex(workSha256)) ?? { ...numbersOf(round), workSha256, sections: [] };
    const survivors = { section, dataNames: seats.map(({ dataName }) => dataName) };
    works.set(toHex(workSha256), { ...sum, sections: [...sum.sections, survivors] });
  }
  return [...works.values()];
}

/** Distinct bitmaps of each section; a segment that no section has is the machine's to refuse. */
function bySection({ layout }: CheckedRound, survivors: readonly SegmentSurvivors[]): Map<string, Uint8Array[]> {
  const sections = new Map([...layout.updates, ...layout.metrics].map(({ segment, section }) => [segment.id, section]));
  const sets = new Map<string, Uint8Array[]>();
  for (const { segment, bitmap } of survivors) {
    const section = sections.get(segment);
    if (section === undefined) continue;
    const known = sets.get(section) ?? [];
    if (!known.some((one) => equalBytes(one, bitmap))) known.push(bitmap);
    sets.set(section, known);
  }
  return sets;
}

function requireOneSet({ terms }: CheckedRound, present: ReadonlyMap<string, readonly Uint8Array[]>): void {
  for (const [section, sets] of present)
    if (sets.length > 1)
      throw termsRefused(
        TermsRefusal.SurvivorsDiffer,
        `the segments of section ${section} have ${sets.length} sets of survivors`,
      );
  const tensors = terms.sections.filter(isTensorSection).flatMap(({ name }) => {
    const set = present.get(name)?.[0];
    return set === undefined ? [] : [{ name, set }];
  });
  const other = tensors.find(({ set }) => !equalBytes(set, tensors[0]!.set));
  if (other === undefined) return;
  const why = `sections ${tensors[0]!.name} and ${other.name} come of one training and have other survivors`;
  throw termsRefused(TermsRefusal.SurvivorsDiffer, why);
}

function seatsOf({ setup }: CheckedRound, dataNames: readonly Uint8Array[], bitmap: Uint8Array): SummedSeat[] {
  const seats = ranksOf(bitmap).map((rank) => ({ party: setup.roster[rank]!.id, dataName: dataNames[rank]! }));
  return seats.sort((a, b) => Buffer.compare(a.dataName, b.dataName));
}

function numbersOf({ signed, setup, startSha256 }: CheckedRound) {
  const { line, attempt } = signed;
  return { line, attempt, startSha256, threshold: setup.threshold };
}
