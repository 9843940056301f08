import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type PrivacyEvent, spentEpsilon } from "./accountant.ts";
import type { LedgerTerms } from "./ledger-terms.ts";
import {
  chargeLedger,
  hashOfEntry,
  hashOfTerms,
  type LedgerEntry,
  ledgerEpsilon,
  ledgerHead,
  openPrivacyLedger,
  type PrivacyLedger,
} from "./privacy-ledger.ts";
import { verifyPrivacyLedger } from "./verify-ledger.ts";

const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash("sha256").update(bytes).digest());
const terms: LedgerTerms = {
  dataset: "notes-aws",
  unit: "Example",
  epsilonBudget: 3,
  deltaDp: 1e-6,
  accountant: "Rdp",
};
const event: PrivacyEvent = { kind: "SampledGaussian", samplingRate: 0.02, noiseMultiplier: 1.1, steps: 50 };

/** Charges rounds of one job until the budget refuses, at most `limit`. */
function spend(limit: number, opened = openPrivacyLedger(terms, sha256)): PrivacyLedger {
  let ledger = opened;
  for (let round = 0; round < limit; round++) {
    const outcome = chargeLedger(ledger, { job: "clinic", round, attempt: 1, event }, sha256);
    if (outcome.kind !== "Charged") return ledger;
    ledger = outcome.ledger;
  }
  return ledger;
}

/** The ledger with entry `sequence` changed and its own hash, but no other, made right again. */
function resealed(ledger: PrivacyLedger, sequence: number, change: Partial<LedgerEntry>): PrivacyLedger {
  const changed = { ...ledger.entries[sequence]!, ...change };
  return { ...ledger, entries: ledger.entries.with(sequence, { ...changed, hash: hashOfEntry(changed, sha256) }) };
}

describe("privacy ledger", () => {
  it("refuses the round that would pass the budget before it starts, and says by how much", () => {
    const ledger = spend(1000);
    const next = { job: "clinic", round: ledger.entries.length, attempt: 1, event };
    const outcome = chargeLedger(ledger, next, sha256);
    expect(ledger.entries.length).toBeGreaterThan(3);
    expect(ledgerEpsilon(ledger)).toBeLessThanOrEqual(3);
    expect(outcome).toMatchObject({ kind: "BudgetExceeded", epsilonSpent: ledgerEpsilon(ledger), epsilonBudget: 3 });
    expect(outcome.kind === "BudgetExceeded" && outcome.epsilonWouldBe).toBeGreaterThan(3);
    const smaller = { ...next, event: { ...event, samplingRate: 1e-4, steps: 1 } };
    expect(chargeLedger(ledger, smaller, sha256).kind).toBe("Charged");
  });

  it("never lets epsilon fall, and counts jobs of one data set together", () => {
    const ledger = spend(5);
    const spent = ledger.entries.map(({ epsilonAfter }) => epsilonAfter);
    expect(spent).toEqual([...spent].sort((a, b) => a - b));
    const other = chargeLedger(ledger, { job: "another", round: 0, attempt: 1, event }, sha256);
    expect(other.kind === "Charged" && other.entry.epsilonAfter).toBeGreaterThan(ledgerEpsilon(ledger));
  });

  it("answers a repeated charge with its entry, and a changed one with a conflict", () => {
    const ledger = spend(3);
    const again = { job: "clinic", round: 1, attempt: 1, event };
    expect(chargeLedger(ledger, again, sha256)).toEqual({ kind: "AlreadyCharged", entry: ledger.entries[1] });
    const changed = { ...again, event: { ...event, steps: 51 } };
    expect(chargeLedger(ledger, changed, sha256)).toEqual({ kind: "ChargeConflict", entry: ledger.entries[1] });
    expect(chargeLedger(ledger, { ...again, attempt: 2 }, sha256).kind).toBe("Charged");
  });

  it("leaves the ledger it was given alone", () => {
    const ledger = openPrivacyLedger(terms, sha256);
    spend(2, ledger);
    expect(ledger.entries).toEqual([]);
    expect(ledgerEpsilon(ledger)).toBe(0);
  });

  it("survives JSON and verifies, with either accountant and with Skellam noise", () => {
    const sum: PrivacyEvent = { kind: "Skellam", sensitivityL2: 100, sensitivityL1: 9000, variance: 4e6, steps: 1 };
    const mixed = chargeLedger(spend(2), { job: "sum", round: 0, attempt: 1, event: sum }, sha256);
    if (mixed.kind !== "Charged") throw new Error(mixed.kind);
    const byLoss = spend(2, openPrivacyLedger({ ...terms, accountant: "Pld" }, sha256));
    for (const ledger of [openPrivacyLedger(terms, sha256), spend(3), mixed.ledger, byLoss]) {
      const read = JSON.parse(JSON.stringify(ledger)) as PrivacyLedger;
      const want = { kind: "Intact", epsilonSpent: ledgerEpsilon(ledger) };
      expect(verifyPrivacyLedger(read, sha256, ledgerHead(ledger))).toEqual(want);
    }
  });

  it.each(["Rdp", "Pld"] as const)("goes on beyond the steps of one event, and verifies: %s", (accountant) => {
    let ledger = openPrivacyLedger({ ...terms, accountant }, sha256);
    const many: PrivacyEvent = { kind: "SampledGaussian", samplingRate: 1e-3, noiseMultiplier: 1e3, steps: 6e8 };
    for (const round of [0, 1]) {
      const outcome = chargeLedger(ledger, { job: "clinic", round, attempt: 1, event: many }, sha256);
      if (outcome.kind !== "Charged") throw new Error(outcome.kind);
      ({ ledger } = outcome);
    }
    const [first, second] = ledger.entries.map(({ epsilonAfter }) => epsilonAfter);
    expect(second).toBeGreaterThan(first!);
    expect(verifyPrivacyLedger(ledger, sha256)).toEqual({ kind: "Intact", epsilonSpent: second });
  });

  it("has hashes that do not change between versions", () => {
    const ledger = openPrivacyLedger(terms, sha256);
    expect(ledger.termsHash).toBe(
      createHash("sha256")
        .update('["tributary/privacy-ledger/terms/1","notes-aws","Example",3,0.000001,"Rdp"]')
        .digest("hex"),
    );
    const text = `["tributary/privacy-ledger/entry/1",0,"${ledger.termsHash}","clinic",0,1,"[\\"SampledGaussian\\",0.02,1.1,50]",0.5]`;
    const entry = {
      sequence: 0,
      previousHash: ledger.termsHash,
      job: "clinic",
      round: 0,
      attempt: 1,
      event,
      epsilonAfter: 0.5,
    };
    expect(hashOfEntry(entry, sha256)).toBe(createHash("sha256").update(text).digest("hex"));
  });
});

it("epsilon never falls, although the grid of a longer computation can give less in the last digits", () => {
  const events = [
    { kind: "SampledGaussian", samplingRate: 0.00551408143017534, noiseMultiplier: 2.206256228557322, steps: 138 },
    { kind: "SampledGaussian", samplingRate: 1.1264658448401139e-6, noiseMultiplier: 1680.2710881602252, steps: 1 },
  ] as const;
  const alone = spentEpsilon(events.slice(0, 1), terms.deltaDp, "Pld");
  expect(spentEpsilon(events, terms.deltaDp, "Pld")).toBeLessThan(alone);
  let ledger = openPrivacyLedger({ ...terms, accountant: "Pld" }, sha256);
  for (const [round, each] of events.entries()) {
    const outcome = chargeLedger(ledger, { job: "clinic", round, attempt: 1, event: each }, sha256);
    if (outcome.kind === "Charged") ({ ledger } = outcome);
  }
  expect(ledger.entries.map(({ epsilonAfter }) => epsilonAfter)).toEqual([alone, alone]);
  expect(verifyPrivacyLedger(ledger, sha256)).toEqual({ kind: "Intact", epsilonSpent: alone });
});

/** A ledger whose second entry has other fields, which nobody could have charged; hashed again where that is possible. */
function odd(ledger: PrivacyLedger, name: string, fields: object) {
  const entry = { ...ledger.entries[1]!, ...fields } as LedgerEntry;
  return [{ name, altered: { ...ledger, entries: ledger.entries.with(1, entry) }, fault: "Malformed", sequence: 1 }];
}

describe("verifyPrivacyLedger names what was altered", () => {
  const ledger = spend(4);
  const cases: { name: string; altered: PrivacyLedger; fault: string; sequence?: number }[] = [
    {
      name: "a raised budget",
      altered: { ...ledger, terms: { ...terms, epsilonBudget: 30 } },
      fault: "TermsChanged",
    },
    {
      name: "a missing entry",
      altered: { ...ledger, entries: ledger.entries.toSpliced(1, 1) },
      fault: "SequenceBroken",
      sequence: 1,
    },
    {
      name: "two entries exchanged",
      altered: { ...ledger, entries: [ledger.entries[1]!, ledger.entries[0]!, ...ledger.entries.slice(2)] },
      fault: "SequenceBroken",
      sequence: 0,
    },
    {
      name: "fewer steps than were charged",
      altered: { ...ledger, entries: ledger.entries.with(2, { ...ledger.entries[2]!, event: { ...event, steps: 1 } }) },
      fault: "EntryChanged",
      sequence: 2,
    },
    {
      name: "an entry hashed again",
      altered: resealed(ledger, 1, { event: { ...event, steps: 1 } }),
      fault: "ChainBroken",
      sequence: 2,
    },
    {
      name: "a last entry below the one before",
      altered: resealed(ledger, 3, { epsilonAfter: 0.01 }),
      fault: "EpsilonFell",
      sequence: 3,
    },
    {
      name: "a last entry above the budget",
      altered: resealed(ledger, 3, { epsilonAfter: 9 }),
      fault: "OverBudget",
      sequence: 3,
    },
    {
      name: "a last entry that is no number",
      altered: resealed(ledger, 3, { epsilonAfter: Number.NaN }),
      fault: "EpsilonFell",
      sequence: 3,
    },
    {
      name: "a last epsilon that is too small",
      altered: resealed(ledger, 3, { epsilonAfter: ledger.entries[2]!.epsilonAfter }),
      fault: "EpsilonUnderstated",
      sequence: 3,
    },
    {
      name: "an attempt that is paid twice",
      altered: resealed(ledger, 3, { round: ledger.entries[2]!.round, attempt: ledger.entries[2]!.attempt }),
      fault: "ChargeDoubled",
      sequence: 3,
    },
    ...odd(ledger, "an epsilon written as text", { epsilonAfter: String(ledger.entries[1]!.epsilonAfter) }),
    ...odd(ledger, "a count that is a big integer", { round: 1n }),
    ...odd(ledger, "no event", { event: null }),
    ...odd(ledger, "an event of an unknown kind", { event: { ...event, kind: "Laplace" } }),
    ...odd(ledger, "an event of the name of an object's own", { event: { ...event, kind: "constructor" } }),
    ...odd(ledger, "a field in the event that nothing hashes", { event: { ...event, clipNorm: 1 } }),
    ...odd(ledger, "a field that nothing hashes", { note: "approved" }),
    ...odd(ledger, "steps of one half", { event: { ...event, steps: 0.5 } }),
    ...odd(ledger, "a missing job", { job: undefined }),
    ...odd(ledger, "a list for a hash", { previousHash: ["a"] }),
    ...[null, 7, "entry", []].map((entry) => ({
      name: `${JSON.stringify(entry)} for an entry`,
      altered: { ...ledger, entries: ledger.entries.with(1, entry as unknown as LedgerEntry) },
      fault: "Malformed",
      sequence: 1,
    })),
    ...[null, 7, [], {}, { ...ledger, owner: "hub" }, { ...ledger, entries: {} }, { ...ledger, terms: null }].map(
      (value) => ({
        name: `${JSON.stringify(value)?.slice(0, 40)} for a ledger`,
        altered: value as unknown as PrivacyLedger,
        fault: "Malformed",
      }),
    ),
    { name: "a cut end", altered: { ...ledger, entries: ledger.entries.slice(0, 2) }, fault: "HeadUnexpected" },
  ];

  it.each(cases)("$name: $fault", ({ altered, fault, sequence }) => {
    const verdict = verifyPrivacyLedger(altered, sha256, ledgerHead(ledger));
    expect(verdict).toEqual(
      sequence === undefined ? { kind: "Tampered", fault } : expect.objectContaining({ fault, sequence }),
    );
  });

  it.each([
    { attempt: 0 },
    { job: "" },
    { job: "x".repeat(254) },
    { event: { ...event, noiseMultiplier: 0 } },
    { event: { ...event, steps: 0 } },
    { event: { ...event, steps: 2e9 } },
    { event: { kind: "Skellam", sensitivityL2: 1, sensitivityL1: 1, variance: 0, steps: 1 } as const },
  ])("an entry that nobody could have charged, and hashed like one (%#): Malformed", (change) => {
    const { job, round, attempt, event: changed } = { ...ledger.entries[3]!, ...change };
    expect(() => chargeLedger(spend(3), { job, round, attempt, event: changed }, sha256)).toThrow(/ is .*, must be /);
    const verdict = verifyPrivacyLedger(resealed(ledger, 3, change), sha256);
    expect(verdict).toEqual({ kind: "Tampered", fault: "Malformed", sequence: 3 });
  });

  it("an event that the ledger's accountant does not know: Malformed", () => {
    const byLoss = spend(1, openPrivacyLedger({ ...terms, accountant: "Pld" }, sha256));
    const sum = { kind: "Skellam", sensitivityL2: 1, sensitivityL1: 1, variance: 100, steps: 1 } as const;
    const verdict = verifyPrivacyLedger(resealed(byLoss, 0, { event: sum }), sha256);
    expect(verdict).toEqual({ kind: "Tampered", fault: "Malformed", sequence: 0 });
  });

  it.each([
    { epsilonBudget: JSON.parse("1e999") },
    { epsilonBudget: -1 },
    { epsilonBudget: 1e5 },
    { unit: "Banana" as "User" },
    { dataset: "" },
    { dataset: "x".repeat(254) },
    { deltaDp: 2 },
    { deltaDp: Number.NaN },
    { accountant: "Foo" as "Rdp" },
  ])("terms that no ledger is opened with, and hashed like some: %j, TermsChanged", (change) => {
    const odd = { ...terms, ...change };
    expect(() => openPrivacyLedger(odd, sha256)).toThrow(/ is .*, must be /);
    const opened = { terms: odd, termsHash: hashOfTerms(odd, sha256), entries: [] };
    // Nothing of an entry is at fault, whether there are any or not.
    const verdicts = [opened, { ...opened, entries: ledger.entries }].map((each) => verifyPrivacyLedger(each, sha256));
    expect(verdicts).toEqual(Array(2).fill({ kind: "Tampered", fault: "TermsChanged" }));
  });

  it("cannot see a cut end without the head that was kept elsewhere", () => {
    expect(verifyPrivacyLedger({ ...ledger, entries: ledger.entries.slice(0, 2) }, sha256).kind).toBe("Intact");
  });

  it("passes on an error that is not about an argument", () => {
    const broken = { ...ledger, entries: [] as LedgerEntry[] };
    const failing = () => {
      throw new Error("no hash today");
    };
    expect(() => verifyPrivacyLedger(broken, failing)).toThrow("no hash today");
  });
});

describe("bad input of the ledger", () => {
  it.each([
    [{ dataset: "" }, /terms\.dataset is "", must be 1 to 253 characters/],
    [{ unit: "Row" }, /terms\.unit is "Row", must be one of Example, User, Organisation/],
    [{ epsilonBudget: 0 }, /terms\.epsilonBudget is 0/],
    [{ epsilonBudget: "3" }, /terms\.epsilonBudget is "3", must be a number/],
    [{ deltaDp: 1 }, /deltaDp is 1/],
    [{ accountant: "Gdp" }, /accountant is "Gdp"/],
  ])("openPrivacyLedger refuses %j", (given, message) => {
    expect(() => openPrivacyLedger({ ...terms, ...(given as Partial<LedgerTerms>) }, sha256)).toThrow(message);
  });

  const charge = { job: "clinic", round: 0, attempt: 1, event };
  it.each([
    [{ job: "" }, /charge\.job is ""/],
    [{ round: -1 }, /charge\.round is -1/],
    [{ round: -0 }, /charge\.round is 0, must be an integer from 0, not -0/],
    [{ attempt: 0 }, /charge\.attempt is 0/],
    [{ job: ["a"] as unknown as string }, /charge\.job is "object", must be a string/],
    [{ event: null as unknown as PrivacyEvent }, /charge\.event is "object", must be an event/],
    [{ event: { ...event, kind: "Laplace" } as unknown as PrivacyEvent }, /charge\.event\.kind is "Laplace"/],
    [{ event: { ...event, clipNorm: 1 } as PrivacyEvent }, /fields of charge\.event is "kind, .*clipNorm"/],
    [{ event: { ...event, noiseMultiplier: "1" as unknown as number } }, /charge\.event\.noiseMultiplier is "1"/],
    [{ event: { ...event, samplingRate: 0 } }, /samplingRate is 0/],
    [
      { event: { kind: "Skellam", sensitivityL2: 1, sensitivityL1: 1, variance: 100, steps: 1 } as const },
      /accountant is "Pld"/,
    ],
  ])("chargeLedger refuses %j", (given, message) => {
    const ledger = openPrivacyLedger({ ...terms, accountant: "Pld" }, sha256);
    expect(() => chargeLedger(ledger, { ...charge, ...given }, sha256)).toThrow(message);
  });
});
