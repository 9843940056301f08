import type { partyV1 } from "@tributary/contracts";
import { layoutReport, MessageType, planDigest, planExponents, setupDigest, toHex } from "@tributary/federated";
import { createNodeCryptoSuite } from "@tributary/worker-image";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { decodeTerms } from "../../worker-image/src/shared/terms/terms-message.ts";
import { until } from "../support/until.ts";
import type { HostileHub, HubSeat, MaskedLie } from "./support/lying-aggregator/hostile-hub.ts";
import { startHostileJob } from "./support/lying-aggregator/hostile-job.ts";
import { type Lie, planOf, setupOf, tellOpened, tellStarted } from "./support/lying-aggregator/lie.ts";
import { type InventedWorker, inventWorker } from "./support/lying-aggregator/masked-lies.ts";
import { openingLies, VICTIM } from "./support/lying-aggregator/opening-lies.ts";
import { WireMembers } from "./support/members/wire-members.ts";
import { JOB_UID, type WireJob } from "./support/wire-job.ts";

const SEATS = [2, 1, 1];
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

  it.each(openingLies)("refuses one $given, and nothing of the round leaves it", async ({ refusal, lie }) => {
    const { said, left } = await play({ opening: lie(invented) });
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
