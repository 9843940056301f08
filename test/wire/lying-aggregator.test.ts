import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { freePorts } from "@tributary/clouds";
import { termsV1 } from "@tributary/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "../support/until.ts";
import type { Lie } from "./support/lying-aggregator/lie.ts";
import { LyingRelay } from "./support/lying-aggregator/lying-relay.ts";
import { smallGguf } from "./support/small-gguf.ts";
import { WireJob } from "./support/wire-job.ts";

let job: WireJob;
let relay: LyingRelay | undefined;
beforeEach(async () => {
  job = await WireJob.create({ workers: [1, 1], gguf: smallGguf(2, 16, 24), hyperparameters: { increment: "0.25" } });
  await job.startAggregator();
  await job.addWorker(0, 0);
});
afterEach(async () => {
  await relay?.close();
  relay = undefined;
  await job.destroy();
});

/** The second worker hears of rounds by an aggregator that lies. */
async function lieToSecondWorker(lie: Lie): Promise<LyingRelay> {
  const liar = await startSecondWorker(lie);
  await job.untilState("both are connected", ({ parties }) => parties.length === 2);
  return liar;
}

async function startSecondWorker(lie: Lie): Promise<LyingRelay> {
  const [controlPort] = await freePorts(1);
  const { tensorPort } = job.ports;
  const honest = job.links;
  const worker = await job.issueWorker(1, 0);
  const files = await job.identities(1);
  relay = await LyingRelay.start({ ...files, worker, upstream: honest, lie }, controlPort!);
  job.reachBy({ controlPort: controlPort!, tensorPort });
  await job.addWorker(1, 0, {}, undefined, worker);
  return relay;
}

const tasksOf = (worker: number) =>
  job.workers[worker]!.sidecar.lines.filter(({ msg }) => msg === "task is done").length;

const lies: readonly { given: string; name: string; lie: Lie }[] = [
  {
    given: "other terms",
    name: "TermsChanged",
    lie: {
      terms: (terms) => {
        terms.context!.task = "quadratic";
      },
    },
  },
  {
    given: "a line that the other workers do not work for",
    name: "TermsChanged",
    lie: {
      terms: (terms) => {
        terms.line = 9;
      },
    },
  },
  {
    given: "an altered step count of one seat",
    name: "TermsAltered",
    lie: {
      opened: (opened) => {
        const terms = fromBinary(termsV1.RoundTermsSchema, opened.terms);
        terms.works.push(create(termsV1.WorkSchema, { ...terms.works[0]!, localSteps: 1 }));
        terms.seats[0]!.work = 1;
        opened.terms = toBinary(termsV1.RoundTermsSchema, terms);
      },
    },
  },
  {
    given: "another script",
    name: "ScriptChanged",
    lie: {
      terms: (terms) => {
        terms.steps[0]!.parameters = { split: "training" };
      },
    },
  },
  {
    given: "another start",
    name: "StartChanged",
    lie: {
      objects: (objects) =>
        objects.map((object) => (object.name === "base" ? { ...object, sha256: new Uint8Array(32) } : object)),
    },
  },
  { given: "another order of objects", name: "StartChanged", lie: { objects: (objects) => objects.toReversed() } },
  {
    given: "another segment table",
    name: "LayoutChanged",
    lie: {
      setup: (setup) => ({ ...setup, segments: setup.segments.map((segment) => ({ ...segment, id: segment.id ^ 1 })) }),
    },
  },
  {
    given: "a Join that says otherwise",
    name: "TermsChanged",
    lie: {
      joined: (answer) => {
        answer.hyperparameters = { increment: "64" };
      },
    },
  },
  {
    given: "a start that was signed for another attempt",
    name: "SignatureInvalid",
    lie: {
      started: (started) => {
        started.signature = started.signature.with(0, started.signature[0]! ^ 1);
      },
    },
  },
];

describe("a worker whose aggregator lies to it", () => {
  it.each(lies)(
    "refuses $given by name before its trainer runs, and tells of it",
    async ({ name, lie }) => {
      const liar = await lieToSecondWorker(lie);
      await job.openWindow({ from: 0, through: 0, quorum: 2, deadlineMs: 20_000n });
      await until("the worker refuses", () => liar.failures.length > 0);
      expect(liar.failures[0]).toMatchObject({
        code: "TERMS_REFUSED",
        message: expect.stringMatching(new RegExp(`^${name}: `, "u")),
      });
      expect([liar.lies > 0 || lie.joined !== undefined, tasksOf(1)]).toEqual([true, 0]);
      const { parties } = await job.untilState("it is told", (state) =>
        state.parties.some(({ problemCode }) => problemCode === "TERMS_REFUSED"),
      );
      expect(parties.find(({ participant }) => participant === "p1")!.problemMessage).toContain(name);
    },
    120_000,
  );

  it.each<{ given: string; name: string; mix: NonNullable<Lie["mix"]> }>([
    {
      given: "replays the round before",
      name: "round 2 attempt 1 was opened with the setup of round 1",
      mix: (_, earlier) => earlier,
    },
    {
      given: "starts it from where the round before started",
      name: "StartChanged: the objects are not those that the signed plan names",
      mix: ({ opened, started }, earlier) => ({ opened, started: { ...started, start: earlier.started.start } }),
    },
    {
      given: "starts it with the plan of the round before",
      name: "SignatureInvalid: the start is not signed",
      mix: ({ opened }, earlier) => ({ opened, started: earlier.started }),
    },
    {
      given: "opens it with the terms of the round before",
      name: "TermsAltered: the terms are not those that the signed setup names",
      mix: ({ opened, started }, earlier) => ({
        opened: { ...opened, terms: earlier.opened.terms, signature: earlier.opened.signature },
        started,
      }),
    },
    {
      given: "opens it with the signature of the round before",
      name: "SignatureInvalid: the terms are not signed",
      mix: ({ opened, started }, earlier) => ({
        opened: { ...opened, signature: earlier.opened.signature },
        started,
      }),
    },
  ])(
    "refuses a round whose aggregator $given, and the others commit it",
    async ({ name, mix }) => {
      const liar = await lieToSecondWorker({ mix });
      await job.openWindow({ from: 0, through: 1, quorum: 1, deadlineMs: 60_000n });
      await job.untilCommitted(2);
      expect(liar.failures.map(({ message }) => message)).toEqual([expect.stringContaining(name)]);
      expect([liar.lies, tasksOf(1)]).toEqual([1, 2]);
    },
    120_000,
  );

  it("ends by name, whatever else it is told, when the aggregator speaks an older version than its own", async () => {
    await startSecondWorker({
      joined: (answer) => {
        answer.protocolVersion = 0;
        answer.sourceSha256 = new Uint8Array(0);
      },
    });
    const { sidecar } = job.workers[1]!;
    expect(await sidecar.ended).toEqual({ code: 33, signal: null });
    expect(sidecar.lines.findLast(({ code }) => code !== undefined)).toMatchObject({ code: "AGGREGATOR_OUTDATED" });
  }, 120_000);

  it("takes part when it is told the truth by the same way", async () => {
    const honest = await lieToSecondWorker({});
    await job.openWindow({ from: 0, through: 1, quorum: 2 });
    await job.untilCommitted(2);
    expect([honest.lies, honest.failures, tasksOf(1)]).toEqual([0, [], 4]);
  }, 120_000);
});
