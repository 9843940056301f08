import { create } from "@bufbuild/protobuf";
import { termsV1 } from "@tributary/contracts";
import { createNodeCryptoSuite } from "@tributary/worker-image";
import type { Lie } from "./lie.ts";
import { type InventedWorker, withEntry, withOtherWork, withSeat } from "./masked-lies.ts";

const crypto = createNodeCryptoSuite();
/** The party that is lied to, alone in its organisation; parties count from 1. */
export const VICTIM = 4;

/** A round that is opened with a lie in it. */
export interface OpeningLie {
  /** What it is a round of. */
  readonly given: string;
  /** Beginning of what the worker says, or of what its log says of the protocol. */
  readonly refusal: string;
  readonly lie: (invented: InventedWorker) => Lie;
}

/** Lies to party {@link VICTIM} of a job of 2, 1 and 1 workers: it refuses each before anything of the round leaves it. */
export const openingLies: readonly OpeningLie[] = [
  {
    given: "with the hub's identity key in the place of another worker's",
    refusal: "ChainRefused: seat 1 has another key in the roster than in its chain",
    lie: (invented) => withEntry(1, () => ({ publicKey: invented.publicKey })),
  },
  {
    given: "with another worker's certificate in the roster",
    refusal: "ChainRefused: seat 1 has another certificate in the roster than in its chain",
    lie: () => withEntry(1, (_, { roster }) => ({ certificateSha256: roster[1]!.certificateSha256 })),
  },
  {
    given: "in which a seat shows the chain of another one's worker",
    refusal: "ChainRefused: seat 1 shows a worker whose participant is p1, must be p0",
    lie: () => ({
      terms: ({ seats }) => {
        seats[0]!.chainDer = seats[2]!.chainDer;
      },
    }),
  },
  {
    given: "in which a seat is taken by a worker of the hub's",
    refusal: "ChainRefused: seat 1 shows no worker",
    lie: (invented) => ({
      terms: ({ seats }) => {
        seats[0]!.chainDer = invented.chainDer;
      },
      ...withEntry(1, () => ({
        publicKey: invented.publicKey,
        certificateSha256: crypto.sha256(invented.chainDer[0]!),
      })),
    }),
  },
  {
    given: "with a seat of the hub's more",
    refusal: "ChainRefused: seat 5 shows no worker",
    lie: (invented) =>
      withSeat(
        () => ({ participant: "p9", organisation: "cluster-9", workerCount: 1 }),
        () => invented,
      ),
  },
  {
    given: "with one worker on two seats",
    refusal: "DuplicateKey: an identity key is in the roster twice",
    lie: () =>
      withSeat(
        () => ({}),
        ([seat], roster) => ({
          chainDer: seat!.chainDer,
          publicKey: roster[0]?.publicKey ?? new Uint8Array(32),
        }),
      ),
  },
  {
    given: "without a seat that is in the roster",
    refusal: "TermsChanged: party 1 of cluster-0 has no seat",
    lie: () => ({ terms: (terms) => void terms.seats.shift() }),
  },
  {
    given: "whose roster is too small to hide anybody",
    refusal: "WorkNotShared: fewer than 3 parties",
    lie: () => ({ setup: (setup) => ({ ...setup, roster: setup.roster.slice(2) }) }),
  },
  {
    given: "whose roster has somebody else on its own seat",
    refusal: `TermsChanged: party ${VICTIM} of the roster is not this worker`,
    lie: (invented) => withEntry(VICTIM, () => ({ publicKey: invented.publicKey })),
  },
  {
    given: "that calls two workers of one organisation two organisations",
    refusal: "ChainRefused: seat 2 shows a worker whose organisation is cluster-0, must be cluster-9",
    lie: () => ({
      terms: ({ seats }) => {
        seats[1]!.organisation = "cluster-9";
      },
      ...withEntry(2, () => ({ organisation: "cluster-9" })),
    }),
  },
  {
    given: "whose roster counts a seat for another organisation than the terms",
    refusal: "TermsChanged: party 2 of cluster-9 has no seat of this organisation",
    lie: () => withEntry(2, () => ({ organisation: "cluster-9" })),
  },
  {
    given: "of another job",
    refusal: "TermsChanged: the job is another",
    lie: () => ({
      terms: (terms) => {
        terms.jobUid = "another";
      },
    }),
  },
  {
    given: "whose terms are not those that were signed",
    refusal: "TermsAltered: the terms are not those",
    lie: () => ({
      opened: (opened) => {
        opened.terms = opened.terms.slice(0, -1);
      },
    }),
  },
  {
    given: "whose signature is of another attempt",
    refusal: "SignatureInvalid: the terms are not signed",
    lie: () => ({
      opened: (opened) => {
        opened.signature = opened.signature.with(0, opened.signature[0]! ^ 1);
      },
    }),
  },
  {
    given: "of another script",
    refusal: "ScriptChanged: steps and report",
    lie: () => ({
      terms: ({ steps }) => {
        steps[0]!.parameters = { split: "training" };
      },
    }),
  },
  {
    given: "with another segment table",
    refusal: "LayoutChanged: the setup's segments do not follow",
    lie: () => ({
      setup: (setup) => ({
        ...setup,
        segments: setup.segments.map((segment) => ({ ...segment, valueCount: segment.valueCount + 1 })),
      }),
    }),
  },
  {
    given: "in which the others do no steps",
    refusal: "WorkNotShared: fewer than 3 parties",
    lie: () =>
      withOtherWork(VICTIM, (work) => {
        work.localSteps = 0;
      }),
  },
  {
    given: "in which the others do more than eight times its steps",
    refusal: "WorkNotShared: fewer than 3 parties",
    lie: () =>
      withOtherWork(VICTIM, (work) => {
        work.localSteps = 33;
      }),
  },
  {
    given: "in which the others have another learning rate",
    refusal: "WorkNotShared: fewer than 3 parties",
    lie: () =>
      withOtherWork(VICTIM, ({ hyperparameters }) => {
        hyperparameters.learningRate = "0.9";
      }),
  },
  {
    given: "in which one participant has other hyperparameters, and too few are left that share its own",
    refusal: "WorkNotShared: fewer than 3 parties",
    lie: () => ({
      terms: ({ works, seats }) => {
        works.push(create(termsV1.WorkSchema, { ...works[0]!, hyperparameters: { increment: "0.25" } }));
        for (const seat of seats) if (seat.participant === "p0") seat.work = works.length - 1;
      },
    }),
  },
  {
    given: "that asks it for other hyperparameters than it was told of",
    refusal: "TermsChanged: the hyperparameters are others",
    lie: () => ({
      terms: ({ works }) => {
        works[0]!.hyperparameters = { increment: "0.25" };
      },
    }),
  },
  {
    given: "that two can open",
    refusal: "ThresholdTooLow: threshold 2, must be at least 3",
    lie: () => ({ setup: (setup) => ({ ...setup, threshold: 2 }) }),
  },
  {
    given: "of which a sum may hold two",
    refusal: "MinSurvivorsTooLow: 2, must be at least 3",
    lie: () => ({ setup: (setup) => ({ ...setup, minSurvivors: 2 }) }),
  },
  {
    given: "of which a sum may hold one organisation",
    refusal: "MinOrganisationsTooLow: minOrganisations is 1",
    lie: () => ({ setup: (setup) => ({ ...setup, minOrganisations: 1 }) }),
  },
];
