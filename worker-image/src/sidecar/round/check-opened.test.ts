import { Protocol, type RoundSetup, type RoundTerms, type SeatWork } from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { type HonestOptions, speakRound, toldParty1, trustOfParty1 } from "../../shared/terms/testing/honest-round.ts";
import { checkOpened, type ToldJob } from "./check-opened.ts";

const trust = trustOfParty1();
const masked: HonestOptions = { protocol: Protocol.Masking, minOrganisations: 3 };

const check = (lie: (terms: RoundTerms) => RoundTerms, options: HonestOptions = {}) => {
  const { setup, opened } = speakRound(options, { terms: lie });
  return checkOpened(trust, setup, opened);
};
const refusal = (name: string, says = "") =>
  expect.objectContaining({
    code: "TERMS_REFUSED",
    message: expect.stringMatching(new RegExp(`^${name}: .*${says}`, "u")),
  });
const withWork =
  (change: Partial<SeatWork>) =>
  (terms: RoundTerms): RoundTerms => ({
    ...terms,
    works: [{ ...terms.works[0]!, ...change }],
  });
/** Another work for one seat. */
const forSeat =
  (party: number, change: Partial<SeatWork>) =>
  (terms: RoundTerms): RoundTerms => ({
    ...terms,
    works: [...terms.works, { ...terms.works[0]!, ...change }],
    seats: terms.seats.map((seat) => (seat.party === party ? { ...seat, work: terms.works.length } : seat)),
  });

describe("the terms of an honest aggregator", () => {
  it.each<{ given: string; options: HonestOptions }>([
    { given: "without masks", options: {} },
    { given: "with masks", options: masked },
    { given: "of a round that only evaluates", options: { isEvaluateOnly: true } },
    { given: "of a masked round that only evaluates", options: { ...masked, isEvaluateOnly: true } },
    { given: "of a later attempt", options: { round: 7, attempt: 3 } },
    { given: "of a large model", options: { tensors: [{ name: "w", shape: [5000, 5000] }] } },
  ])("are taken: $given", ({ options }) => {
    const { setup, opened, terms } = speakRound(options);
    const checked = checkOpened(trust, setup, opened);
    expect(checked.terms).toEqual(terms);
    expect(checked.work.localSteps).toBe(options.isEvaluateOnly === true ? 0 : 2);
    expect(checked.signed).toMatchObject({ line: setup.round, attempt: setup.attempt });
  });

  it("are taken where another participant's seats have hyperparameters of their own", () => {
    const checked = check(forSeat(3, { hyperparameters: { a: "2" } }), {});
    expect(checked.work.hyperparameters).toEqual({ a: "1" });
    expect(checked.terms.works[checked.terms.seats[2]!.work]!.hyperparameters).toEqual({ a: "2" });
  });

  it("are taken where a seat is slow: fewer steps, within a factor of eight", () => {
    const works = [{ localSteps: 64, hyperparameters: { a: "1" }, rank: 0 }];
    const slow = { localSteps: 8, hyperparameters: { a: "1" }, rank: 0 };
    expect(check(forSeat(3, slow), { ...masked, works }).work.localSteps).toBe(64);
  });
});

describe("a lying aggregator is refused by name before anything is trained", () => {
  it.each<{
    given: string;
    lie: (terms: RoundTerms) => RoundTerms;
    name: string;
    says: string;
    options?: HonestOptions;
  }>([
    {
      given: "another job",
      lie: (terms) => ({ ...terms, jobUid: "x" }),
      name: "TermsChanged",
      says: "the job is x, was job",
    },
    {
      given: "another paradigm",
      lie: (terms) => ({ ...terms, paradigm: "Vertical" }),
      name: "TermsChanged",
      says: "the paradigm is Vertical, was Horizontal",
    },
    {
      given: "another task than a Join said",
      lie: (terms) => ({ ...terms, context: { ...terms.context, task: "quadratic" } }),
      name: "TermsChanged",
      says: "task is quadratic, was noop",
    },
    {
      given: "another seed",
      lie: (terms) => ({ ...terms, context: { ...terms.context, seed: 2n } }),
      name: "TermsChanged",
      says: "seed is 2, was 1",
    },
    {
      given: "another model source",
      lie: (terms) => ({ ...terms, context: { ...terms.context, sourceSha256: new Uint8Array(32) } }),
      name: "TermsChanged",
      says: "the model source",
    },
    {
      given: "other hyperparameters",
      lie: withWork({ hyperparameters: { a: "2" } }),
      name: "TermsChanged",
      says: "hyperparameters",
    },
    {
      given: "the hyperparameters of another participant for the own seat",
      lie: forSeat(1, { hyperparameters: { a: "2" } }),
      name: "TermsChanged",
      says: "hyperparameters",
    },
    {
      given: "another seat",
      lie: (terms) => ({ ...terms, seats: terms.seats.slice(1) }),
      name: "TermsChanged",
      says: "there is no seat 1",
    },
    {
      given: "another place of the own seat",
      lie: (terms) => ({ ...terms, seats: terms.seats.map((seat) => ({ ...seat, workerCount: 2 })) }),
      name: "TermsChanged",
      says: "workerCount of seat 1 is 2, was 1",
    },
    {
      given: "organisations that the roster does not know",
      lie: (terms) => ({ ...terms, seats: terms.seats.map((seat) => ({ ...seat, organisation: "one" })) }),
      name: "TermsChanged",
      says: "party 1 of o0 has no seat of this organisation",
    },
    {
      given: "a party that has no seat",
      lie: (terms) => ({ ...terms, seats: terms.seats.slice(0, 2) }),
      name: "TermsChanged",
      says: "party 3 of o2",
    },
    {
      given: "a rank that the adapter has not",
      lie: withWork({ rank: 7 }),
      name: "TermsChanged",
      says: "the rank is 7",
    },
    {
      given: "another role than a Join said",
      lie: (terms) => ({
        ...terms,
        seats: terms.seats.map((seat) => (seat.party === 1 ? { ...seat, role: "Coordinator" } : seat)),
      }),
      name: "TermsChanged",
      says: "role of seat 1 is Coordinator, was Trainer",
    },
    {
      given: "no local steps for the own seat in a round that trains",
      lie: withWork({ localSteps: 0 }),
      name: "TermsChanged",
      says: "0 local steps in a round of phase Train",
    },
    {
      given: "local steps in a round that only evaluates",
      lie: withWork({ localSteps: 4 }),
      options: { isEvaluateOnly: true },
      name: "TermsChanged",
      says: "4 local steps in a round of phase Evaluate",
    },
    {
      given: "a script that trains first",
      lie: (terms) => ({ ...terms, steps: terms.steps.toReversed() }),
      name: "ScriptChanged",
      says: "steps and report",
    },
    {
      given: "a step on other data",
      lie: (terms) => ({
        ...terms,
        steps: [{ ...terms.steps[0]!, parameters: { split: "training" } }, terms.steps[1]!],
      }),
      name: "ScriptChanged",
      says: "steps and report",
    },
    {
      given: "sections in another order",
      lie: (terms) => ({ ...terms, sections: terms.sections.toReversed() }),
      name: "ScriptChanged",
      says: "steps and report",
    },
    {
      given: "an update of the values themselves",
      lie: (terms) => ({
        ...terms,
        sections: terms.sections.map((section) => ("minus" in section ? { ...section, minus: "" } : section)),
      }),
      name: "ScriptChanged",
      says: "steps and report",
    },
  ])("$given", ({ lie, name, says, options }) => {
    expect(() => check(lie, options)).toThrow(refusal(name, says));
  });

  it("terms that a `Join` contradicts", () => {
    const told: ToldJob = { ...toldParty1(), participant: "p1" };
    const { setup, opened } = speakRound();
    expect(() => checkOpened({ ...trust, told }, setup, opened)).toThrow(
      refusal("TermsChanged", "participant of seat 1"),
    );
  });

  it("a paradigm that this worker does not run, and a role that does not do its work, also when a `Join` said so", () => {
    const vertical = speakRound({}, { terms: (terms) => ({ ...terms, paradigm: "Vertical" }) });
    const told: ToldJob = { ...toldParty1(), paradigm: "Vertical" };
    expect(() => checkOpened({ ...trust, told }, vertical.setup, vertical.opened)).toThrow(
      refusal("ScriptChanged", "the paradigm is Vertical, this worker runs Horizontal"),
    );
    const coordinated = speakRound(
      {},
      {
        terms: (terms) => ({
          ...terms,
          seats: terms.seats.map((seat) => (seat.party === 1 ? { ...seat, role: "Coordinator" } : seat)),
        }),
      },
    );
    const coordinator: ToldJob = { ...toldParty1(), role: "Coordinator" };
    expect(() => checkOpened({ ...trust, told: coordinator }, coordinated.setup, coordinated.opened)).toThrow(
      refusal("TermsChanged", "seat 1 has the role Coordinator, the script asks Trainer"),
    );
  });

  const worksOf = (steps: readonly number[]) =>
    steps.map((localSteps) => ({ localSteps, hyperparameters: { a: "1" }, rank: 0 }));

  it.each([
    { given: "a step of the own seat among a hundred of others", steps: [1, 100, 100] },
    { given: "nobody else who works", steps: [100, 0, 0] },
    { given: "one seat whose step count was altered", steps: [100, 100, 5] },
  ])("hides nobody in a masked sum of $given", ({ steps }) => {
    const { setup, opened } = speakRound({ ...masked, works: worksOf(steps) });
    expect(() => checkOpened(trust, setup, opened)).toThrow(refusal("WorkNotShared"));
    // Without masks the hub sees each update anyway.
    const plain = speakRound({ works: worksOf(steps) });
    expect(checkOpened(trust, plain.setup, plain.opened).work.localSteps).toBe(steps[0]);
  });

  it("counts nobody who is not in the roster, whatever seats the terms invent", () => {
    const invent = (terms: RoundTerms): RoundTerms => ({
      ...terms,
      seats: [
        ...terms.seats,
        ...[4, 5, 6].map((party) => ({
          ...terms.seats[0]!,
          party,
          organisation: `o${party}`,
          participant: `p${party}`,
        })),
      ],
    });
    const { setup, opened } = speakRound({ ...masked, works: worksOf([100, 1, 1]) }, { terms: invent });
    expect(() => checkOpened(trust, setup, opened)).toThrow(refusal("WorkNotShared"));
  });

  it("a line that the terms are not for, which all parties read", () => {
    const { setup, opened } = speakRound({}, { line: 5 });
    expect(() => checkOpened(trust, setup, opened)).toThrow(
      refusal("TermsChanged", "line 5 is opened by terms for line 0"),
    );
  });

  it.each<{ given: string; lie: (setup: RoundSetup) => RoundSetup }>([
    {
      given: "the own key on another seat",
      lie: (setup) => ({
        ...setup,
        roster: setup.roster.map((entry, index) => ({ ...entry, publicKey: setup.roster[(index + 1) % 3]!.publicKey })),
      }),
    },
    { given: "the own seat left out", lie: (setup) => ({ ...setup, roster: setup.roster.slice(1) }) },
  ])("a roster with $given", ({ lie }) => {
    const { setup, opened } = speakRound({}, { setup: lie });
    expect(() => checkOpened(trust, setup, opened)).toThrow(
      refusal("TermsChanged", "party 1 of the roster is not this worker"),
    );
  });

  it("an update of more values than any setup has segments for, before anything is laid out", () => {
    const huge = (terms: RoundTerms): RoundTerms => ({
      ...terms,
      sections: terms.sections.map((section) =>
        "tensors" in section ? { ...section, tensors: [{ name: "w", shape: [2 ** 48] }] } : section,
      ),
    });
    const { setup, opened } = speakRound({}, { terms: huge });
    expect(() => checkOpened(trust, setup, opened)).toThrow(refusal("LayoutChanged"));
  });

  it.each<{ given: string; lie: (setup: RoundSetup) => RoundSetup }>([
    { given: "another segment table", lie: (setup) => ({ ...setup, segments: setup.segments.toReversed() }) },
    {
      given: "a segment of one value",
      lie: (setup) => ({ ...setup, segments: [{ ...setup.segments[0]!, valueCount: 1 }, ...setup.segments.slice(1)] }),
    },
    { given: "a segment left out", lie: (setup) => ({ ...setup, segments: setup.segments.slice(1) }) },
  ])("$given", ({ lie }) => {
    const { setup, opened } = speakRound({}, { setup: lie });
    expect(() => checkOpened(trust, setup, opened)).toThrow(refusal("LayoutChanged"));
  });

  it("terms that were altered on the way, swapped for those of another round, or of a setup that names others", () => {
    const [one, other] = [speakRound(), speakRound({ localSteps: 3 })];
    for (const terms of [one.opened.terms.with(5, 0xff), other.opened.terms, new Uint8Array(0)])
      expect(() => checkOpened(trust, one.setup, { ...one.opened, terms })).toThrow(refusal("TermsAltered"));
    expect(() => checkOpened(trust, other.setup, one.opened)).toThrow(refusal("TermsAltered"));
  });

  it.each([
    { given: "of another line", change: { line: 8 } },
    { given: "altered", change: { signature: new Uint8Array(64) } },
    { given: "of another attempt", change: { signature: speakRound({ attempt: 2 }).opened.signature } },
    { given: "of the start in its place", change: { signature: speakRound().started.signature } },
  ])("a signature $given", ({ change }) => {
    const { setup, opened } = speakRound();
    expect(() => checkOpened(trust, setup, { ...opened, ...change })).toThrow(refusal("SignatureInvalid"));
  });
});
