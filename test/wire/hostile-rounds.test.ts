import { create } from "@bufbuild/protobuf";
import { type partyV1, termsV1 } from "@tributary/contracts";
import { layoutReport, MessageType, planDigest, planExponents, setupDigest, toHex } from "@tributary/federated";
import { createNodeCryptoSuite } from "@tributary/worker-image";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { decodeTerms } from "../../worker-image/src/shared/terms/terms-message.ts";
import { until } from "../support/until.ts";
import type { HostileHub, HubSeat, MaskedLie } from "./support/lying-aggregator/hostile-hub.ts";
import { startHostileJob } from "./support/lying-aggregator/hostile-job.ts";
import { type Lie, planOf, setupOf, tellOpened, tellStarted } from "./support/lying-aggregator/lie.ts";
import {
  type InventedWorker,
  inventWorker,
  withEntry,
  withOtherWork,
  withSeat,
} from "./support/lying-aggregator/masked-lies.ts";
import { WireMembers } from "./support/members/wire-members.ts";
import { JOB_UID, type WireJob } from "./support/wire-job.ts";

const SEATS = [2, 1, 1];
/** The party that is lied to, alone in its organisation; parties count from 1. */
const VICTIM = 4;
const crypto = createNodeCryptoSuite();
let members: WireMembers;
let job: WireJob;
let hub: HostileHub;
let victim: HubSeat;
let invented: InventedWorker;

beforeAll(async () => {
  members = await WireMembers.start(SEATS.length, { protocols: ["Masking"] });
  invented = await inventWorker(`tributary://cluster-9/jobs/${JOB_UID}/p9/0`);
  ({ job, hub } = await startHostileJob(members, { values: 2_001, workers: SEATS }));
  victim = hub.seats[VICTIM - 1]!;
}, 300_000);
afterEach(() => {
  for (const seat of hub.seats) seat.lie = {};
});
afterAll(async () => {
  await hub?.close();
  await job?.destroy();
  await members?.stop();
});

/** Opens the next round; the victim's trouble is nobody else's. */
async function openRound(): Promise<number> {
  const { rounds: line } = await job.state();
  await job.openWindow({ from: line, through: line, quorum: 3, deadlineMs: 12_000n });
  return line;
}

const untilClosed = (line: number) => job.untilState("the others commit", ({ rounds }) => rounds > line);

interface RoundLie {
  readonly given: string;
  /** Beginning of what the worker says, or of what its log says of the protocol. */
  readonly refusal: string;
  readonly lie: () => MaskedLie;
  /** Whether the worker goes on with what it was told first. */
  readonly goesOn?: true;
}

/** Refuses before anything of the round has left. */
const openings: readonly (Omit<RoundLie, "lie"> & { readonly lie: () => Lie })[] = [
  {
    given: "with the hub's identity key in the place of another worker's",
    refusal: "ChainRefused: seat 1 has another key in the roster than in its chain",
    lie: () => withEntry(1, () => ({ publicKey: invented.publicKey })),
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
    lie: () => ({
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
    lie: () =>
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
    lie: () => withEntry(VICTIM, () => ({ publicKey: invented.publicKey })),
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

/** Digest of the plan with which the worker was started first, in the round that it was told of last. */
function firstPlan(): string {
  const { told, round } = victim.opened!;
  const first = victim.told.find((one) => one.round === round && one.message.case === "started");
  const { plan } = first!.message.value as partyV1.RoundStarted;
  return toHex(planDigest(crypto, setupDigest(crypto, setupOf(told.setup)), planOf(plan)));
}

const starts: readonly RoundLie[] = [
  {
    given: "has no masks, which its member does not allow",
    refusal: "PolicyRefuses: ",
    lie: () => ({ opening: { setup: (setup) => ({ ...setup, protocol: 0 }) }, start: {} }),
  },
  {
    given: "starts from another model than its plan names",
    refusal: "StartChanged: the objects are not those that the signed plan names",
    lie: () => ({ start: { plan: (plan) => ({ ...plan, modelSha256: new Uint8Array(32).fill(7) }) } }),
  },
  {
    given: "starts from something that the script does not read",
    refusal: "StartChanged: the start holds adapter, the script reads model",
    lie: () => ({ start: { objects: (objects) => objects.map((object) => ({ ...object, name: "adapter" })) } }),
  },
  {
    given: "has other quantiser steps for metrics",
    refusal: "LayoutChanged: the plan's steps do not follow from the report",
    lie: () => ({
      start: {
        plan: (plan) => ({
          ...plan,
          stepExponents: plan.stepExponents.map((steps) => (steps.length > 1 ? steps.map((one) => one + 1) : steps)),
        }),
      },
    }),
  },
  {
    given: "is started with a signature of another start",
    refusal: "SignatureInvalid: the start is not signed",
    lie: () => ({
      start: {
        started: (started) => {
          started.signature = started.signature.with(0, started.signature[0]! ^ 1);
        },
      },
    }),
  },
  {
    given: "is started again with other quantiser steps",
    goesOn: true,
    refusal: "PlanChanged: model ",
    lie: () => ({
      also: startedAgain({ plan: (plan) => ({ ...plan, stepExponents: finerSteps() }) }),
    }),
  },
  {
    given: "is started again from another model",
    goesOn: true,
    refusal: "PlanChanged: model ",
    lie: () => ({
      also: startedAgain({
        objects: (objects) => objects.map((object) => ({ ...object, sha256: new Uint8Array(32).fill(7) })),
        plan: (plan) => plan,
      }),
    }),
  },
  {
    given: "is opened again under other terms",
    goesOn: true,
    refusal: "SetupChanged: round ",
    lie: () => ({
      also: (told) =>
        told.message.case === "opened"
          ? [{ ...told, message: { case: "opened", value: tellOpened(otherStep, hub.signer, told.message.value) } }]
          : [],
    }),
  },
  {
    given: "is followed by one that is over",
    refusal: "RoundNotIncreasing: round 1 attempt 1 comes after",
    lie: () => {
      const [first] = victim.told;
      return { also: ({ message }) => (message.case === "opened" ? [first!] : []) };
    },
  },
];

/** Other terms that a worker which hears of them first would take part under. */
const otherStep: Lie = {
  terms: ({ strategy }) => {
    strategy!.parameters = { serverLearningRate: "0.5" };
  },
};

/** Steps that follow from the report, other than those that it was started with. */
function finerSteps(): number[][] {
  const { sections, seats } = decodeTerms(victim.opened!.told.terms);
  return planExponents(layoutReport(sections, seats.length, [2 ** -30]));
}

function startedAgain(lie: Lie): NonNullable<MaskedLie["also"]> {
  return (told) => {
    const { message } = told;
    if (message.case !== "started") return [];
    const value = tellStarted(lie, hub.signer, { opened: victim.opened!.told, started: message.value });
    return [{ ...told, message: { case: "started", value } }];
  };
}

/** Tells the lie in the next round; gives what the worker said of it and what left it. */
async function play(lie: MaskedLie) {
  const [heard, failures, refusals] = [victim.heard.length, victim.failures.length, victim.refusals().length];
  const said = () => [
    ...victim.failures.slice(failures).map(({ message }) => message),
    ...victim.refusals().slice(refusals),
  ];
  victim.lie = lie;
  const line = await openRound();
  await until("the worker refuses", () => said().length > 0);
  await untilClosed(line);
  return { said: said(), left: victim.heard.slice(heard).map(({ message }) => message) };
}

describe("a worker that a hub lies to about a masked round", () => {
  it("takes part when it is told the truth by the same way", async () => {
    await untilClosed(await openRound());
    expect(victim.typesSince(0)).toEqual(
      expect.arrayContaining([MessageType.ShareBundle, MessageType.Consistency, MessageType.UnmaskAnswer]),
    );
    expect(victim.failures).toEqual([]);
  });

  it.each(openings)("refuses one $given, and nothing of the round leaves it", async ({ refusal, lie }) => {
    const { said, left } = await play({ opening: lie() });
    expect(said).toContainEqual(expect.stringContaining(refusal));
    expect(left).toEqual([]);
  });

  it.each(starts)(
    "refuses one that $given, and no share and no signature leaves it",
    async ({ refusal, lie, goesOn }) => {
      const { said, left } = await play(lie());
      expect(said).toContainEqual(expect.stringContaining(refusal));
      // Keys, and shares that are sealed for workers of members, may have left before the start was known.
      const first = goesOn && firstPlan();
      expect(left.filter((message) => "planDigest" in message && toHex(message.planDigest) !== first)).toEqual([]);
    },
  );
});
