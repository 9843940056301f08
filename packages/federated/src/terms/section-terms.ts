import { isTensorSection } from "../reports/section.ts";
import { ByteWriter, utf8 } from "../xsa1/bytes.ts";
import type { CryptoSuite } from "../xsa1/crypto-suite.ts";
import type { RoundTerms, SeatTerms } from "./round-terms.ts";

/**
 * What a party agrees to with each section that it helps to sum, by name, 32 bytes each: on one start it never helps to sum the same section
 * under another agreement, because the difference of two such sums is no sum of like work.
 *
 * A section of metrics without norms says how good the start is, and depends on everything but local steps: a round that evaluates alone and
 * one that trains as well agree on it. Any other section agrees on the terms as a whole but their line: rounds that leave the model as it is
 * make the same start again.
 *
 * @param termsSha256 digest of the terms as they would travel for line 0.
 */
export function sectionAgreements(
  crypto: Pick<CryptoSuite, "sha256">,
  terms: RoundTerms,
  termsSha256: Uint8Array,
): Readonly<Record<string, Uint8Array>> {
  const entries = terms.sections.map((section) => {
    const dependsOnWork = isTensorSection(section) || section.hasNorms;
    return [section.name, dependsOnWork ? termsSha256 : evaluationAgreement(crypto, terms, section.name)] as const;
  });
  return Object.fromEntries(entries);
}

function evaluationAgreement(crypto: Pick<CryptoSuite, "sha256">, terms: RoundTerms, section: string): Uint8Array {
  const { jobUid, paradigm, context, sections, steps } = terms;
  const fed = steps.filter((step) => step.metrics === section);
  const seats = terms.seats.map((seat) => seatWithoutSteps(terms, seat));
  const source = context.sourceSha256;
  const told = [context.task, String(context.seed), context.adapterJson];
  const parts = [jobUid, paradigm, told, sections.find(({ name }) => name === section), fed, seats];
  const text = utf8(JSON.stringify(parts, sortedKeys));
  return crypto.sha256(utf8("tributary/evaluation"), new ByteWriter().blob(text).blob(source).finish());
}

function seatWithoutSteps({ works }: RoundTerms, { work, chainDer: _, ...seat }: SeatTerms) {
  const { hyperparameters, rank } = works[work]!;
  return { seat, hyperparameters, rank };
}

/** Maps have no order of their own. */
function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
