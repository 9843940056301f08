import { bitmapOf, Protocol } from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { type HonestOptions, SEATS, speakRound, trustOfParty1 } from "../../shared/terms/testing/honest-round.ts";
import { checkOpened } from "./check-opened.ts";
import { type CheckedRound, checkStarted } from "./check-started.ts";
import { type SegmentSurvivors, sumsToSign } from "./sums-to-sign.ts";

const trust = trustOfParty1();
/** Names in another order than the seats: the gate takes them ascending. */
const dataNames = [3, 1, 2].map((fill) => new Uint8Array(36).fill(fill));
const [EVALUATION, TRAINING] = [0xffff, 0xfffe];

function aRound(options: HonestOptions = {}): CheckedRound {
  const spoken = speakRound({ round: 5, line: 4, attempt: 2, protocol: Protocol.Masking, ...options });
  return checkStarted(trust, checked(spoken), spoken.plan, spoken.started);
}

function checked({ setup, opened }: ReturnType<typeof speakRound>) {
  return checkOpened(trust, setup, opened);
}

const of = (segment: number, ...ranks: number[]): SegmentSurvivors => ({ segment, bitmap: bitmapOf(ranks, SEATS) });
const all = (segment: number) => of(segment, 0, 1, 2);
const sums = (announced: SegmentSurvivors[], signed: SegmentSurvivors[] = [], round = aRound()) =>
  sumsToSign(trust.crypto, round, { dataNames, signed }, announced);

/** A model of two segments. */
const large = { tensors: [{ name: "w", shape: [2 ** 20 + 8] }] };

describe("what a gate is to remember", () => {
  it("is the set of each section by data name, of like work together", () => {
    const round = aRound();
    const [trained, evaluated, ...more] = sums([all(0), all(TRAINING), all(EVALUATION)], [], round);
    const ascending = [1, 2, 3].map((fill) => new Uint8Array(36).fill(fill));
    expect(more).toEqual([]);
    expect(trained).toMatchObject({ line: 4, attempt: 2, threshold: 3, startSha256: round.startSha256 });
    expect(trained!.sections).toEqual(["update", "training"].map((section) => ({ section, dataNames: ascending })));
    expect(evaluated!.sections).toEqual([{ section: "evaluation", dataNames: ascending }]);
    expect(evaluated!.workSha256).not.toEqual(trained!.workSha256);
  });

  it("is the same of an evaluation alone as of one that a training follows", () => {
    const [alone] = sums([all(EVALUATION)], [], aRound({ isEvaluateOnly: true }));
    const [, beside] = sums([all(0), all(EVALUATION)]);
    expect(alone!.workSha256).toEqual(beside!.workSha256);
  });

  it("is nothing that was signed before: it was remembered then", () => {
    expect(sums([all(0)], [all(0)])).toEqual([]);
    expect(sums([all(0), all(TRAINING)], [all(0)]).flatMap(({ sections }) => sections)).toMatchObject([
      { section: "training" },
    ]);
    expect(sums([all(1)], [all(0)], aRound(large))).toEqual([]);
  });

  it("is not of segments that no section has", () => expect(sums([all(77)])).toEqual([]));

  it("may have other survivors where metrics alone are summed", () => {
    expect(sums([all(0), of(EVALUATION, 0, 1)]).map(({ sections }) => sections[0]!.dataNames.length)).toEqual([3, 2]);
  });
});

describe("a section with two sets of survivors is refused by name", () => {
  it.each([
    { given: "in one announcement", announced: [all(0), of(1, 0, 1)], signed: [] },
    { given: "in one after the other", announced: [of(1, 0, 1)], signed: [all(0)] },
    { given: "of one segment", announced: [of(0, 0, 1)], signed: [all(0)] },
  ])("$given", ({ announced, signed }) => {
    const error = expect.objectContaining({ code: "TERMS_REFUSED", details: { refusal: "SurvivorsDiffer" } });
    expect(() => sums(announced, signed, aRound(large))).toThrow(error);
  });

  it("and so are two sections of one training", () => {
    const plain = aRound();
    const twin = { ...plain.terms.sections[0]!, name: "control" };
    const segment = { ...plain.layout.updates[0]!, section: "control" };
    const round: CheckedRound = {
      ...plain,
      terms: { ...plain.terms, sections: [...plain.terms.sections, twin] },
      layout: {
        ...plain.layout,
        updates: [...plain.layout.updates, { ...segment, segment: { ...segment.segment, id: 1 } }],
      },
    };
    expect(sums([all(0), all(1)], [], round)).toHaveLength(1);
    expect(() => sums([all(0), of(1, 0, 1)], [], round)).toThrow(/SurvivorsDiffer: sections update and control/u);
    expect(() => sums([of(1, 0, 1)], [all(0)], round)).toThrow(/SurvivorsDiffer/u);
  });
});
