import type { FederatedTrainingJob, TrainingRound } from "@tributary/contracts";
import type { SynchronousSchedule } from "@tributary/contracts/fields";
import { describe, expect, it } from "vitest";
import { renderTrainingRound } from "../render/training-round.ts";
import type { AggregatorReport, JobSnapshot, WindowPlan } from "../snapshot.ts";
import { updateRounds } from "../status/training-rounds.ts";
import { aJob, aReport, aRound, aSnapshot, someSettings, someTimeMs } from "../testing/a-snapshot.ts";
import { decide } from "./index.ts";
import { termsOf } from "./window-terms.ts";

type Convergence = NonNullable<FederatedTrainingJob["spec"]["convergence"]>;

const accepted: SynchronousSchedule = { maxRounds: 9, localSteps: 3, quorum: 2, deadline: "10m" };
const rule: Convergence = { metric: "validation_loss", mode: "Min", target: "1.0", minDelta: "0" };
const aJobOf = (synchronous: Partial<SynchronousSchedule>, convergence?: Convergence): FederatedTrainingJob =>
  aJob({
    schedule: { synchronous: { ...accepted, ...synchronous } },
    ...(convergence === undefined ? {} : { convergence }),
  });

const written = (job: FederatedTrainingJob, window: WindowPlan): TrainingRound =>
  renderTrainingRound(job, window) as unknown as TrainingRound;
/** A window as the aggregator reports it, opened by the terms of `job`. */
const open = (bounds: Omit<WindowPlan, "attempt">, job = aJobOf({}), attempt = 1): WindowPlan => ({
  ...bounds,
  attempt,
  terms: { ...termsOf(job), localSteps: bounds.evaluateOnly ? 0 : termsOf(job).localSteps },
});

function look(job: FederatedTrainingJob, report: Partial<AggregatorReport>, rounds: TrainingRound[] = []): JobSnapshot {
  return aSnapshot({ job, rounds, aggregator: { state: "heard", heardMs: someTimeMs, report: aReport(report) } });
}

function windowsOf(snapshot: JobSnapshot): WindowPlan[] {
  return decide(snapshot, someSettings).actions.flatMap((action) =>
    action.type === "open-window" ? [action.window] : [],
  );
}

const training = { from: 2, through: 5, evaluateOnly: false };
const evaluating = { from: 4, through: 4, evaluateOnly: true };
const history = [aRound(3, 2)];

describe("an open window whose terms the spec no longer has", () => {
  it.each([
    { name: "stays when nothing changed", spec: {}, report: { window: open(training), committedRounds: 4 }, want: [] },
    {
      name: "stays when the deadline is only written otherwise",
      spec: { deadline: "600s" },
      report: { window: open(training), committedRounds: 4 },
      want: [],
    },
    {
      name: "is opened anew from the next round on with another quorum",
      spec: { quorum: 1 },
      report: { window: open(training), committedRounds: 4, history },
      want: [{ from: 4, through: 8, attempt: 2, evaluateOnly: false }],
    },
    {
      name: "also while it waits for the old quorum with one worker",
      spec: { quorum: 1 },
      report: {
        window: open(training),
        committedRounds: 2,
        history,
        parties: aReport().parties.slice(0, 1),
      },
      want: [{ from: 2, through: 6, attempt: 2, evaluateOnly: false }],
    },
    {
      name: "with other local steps",
      spec: { localSteps: 7 },
      report: { window: open(training), committedRounds: 2 },
      want: [{ from: 2, through: 2, attempt: 2, evaluateOnly: false }],
    },
    {
      name: "with another deadline",
      spec: { deadline: "1m" },
      report: { window: open(training), committedRounds: 2 },
      want: [{ from: 2, through: 2, attempt: 2, evaluateOnly: false }],
    },
    {
      name: "to evaluate when enough rounds are committed for a lowered maxRounds",
      spec: { maxRounds: 4 },
      report: { window: open(training), committedRounds: 4, history },
      want: [{ from: 4, through: 4, attempt: 2, evaluateOnly: true }],
    },
    {
      name: "no longer than a lowered maxRounds",
      spec: { maxRounds: 5 },
      report: { window: open(training), committedRounds: 3, history },
      want: [{ from: 3, through: 4, attempt: 2, evaluateOnly: false }],
    },
    {
      name: "to train when maxRounds was raised before the last evaluation",
      spec: { maxRounds: 9 },
      report: {
        window: open(evaluating, aJobOf({ maxRounds: 4 })),
        committedRounds: 4,
        history,
        verdict: { ...aReport().verdict, stop: true, reason: "MaxRounds" },
      },
      want: [{ from: 4, through: 8, attempt: 2, evaluateOnly: false }],
    },
    {
      name: "to go on evaluating when only the quorum changed",
      spec: { quorum: 1 },
      report: {
        window: open(evaluating),
        committedRounds: 4,
        history,
        verdict: { ...aReport().verdict, stop: true, reason: "TargetReached" },
      },
      want: [{ from: 4, through: 4, attempt: 2, evaluateOnly: true }],
    },
    {
      name: "above every attempt before it",
      spec: { quorum: 1 },
      report: { window: open(training, aJobOf({}), 3), committedRounds: 4, history },
      want: [{ from: 4, through: 8, attempt: 4, evaluateOnly: false }],
    },
  ])("$name", ({ spec, report, want }) => {
    expect(windowsOf(look(aJobOf(spec), report))).toEqual(want);
  });

  it("is opened anew by another convergence rule", () => {
    const report = { window: open(training), committedRounds: 2 };
    expect(windowsOf(look(aJobOf({}, rule), report))).toEqual([
      { from: 2, through: 2, attempt: 2, evaluateOnly: false },
    ]);
    const same = { window: open(training, aJobOf({}, rule)), committedRounds: 2 };
    expect(windowsOf(look(aJobOf({}, rule), same))).toEqual([]);
  });

  it.each<[string, Parameters<typeof aJobOf>[0], boolean]>([
    ["goes on when more rounds are asked for", { maxRounds: 12 }, false],
    ["is over when the rule is the same", {}, true],
  ])("is no more, and training that its rule had ended %s", (_what, spec, evaluateOnly) => {
    const verdict = { ...aReport().verdict, stop: true, reason: "MaxRounds", rule: termsOf(aJobOf({})) };
    const report = { committedRounds: 5, history, verdict };
    expect(windowsOf(look(aJobOf(spec), report))).toMatchObject([{ from: 5, evaluateOnly }]);
  });

  it("is known by its TrainingRound where the aggregator does not say its terms", () => {
    const { terms: _terms, ...silent } = open(training);
    const report = { window: silent, committedRounds: 2 };
    const told = [written(aJobOf({}), silent)];
    expect(windowsOf(look(aJobOf({}), report, told))).toEqual([]);
    expect(windowsOf(look(aJobOf({ quorum: 1 }), report, told))).toHaveLength(1);
  });
});

describe("the attempt of a window", () => {
  const bounds = { from: 0, through: 0, evaluateOnly: false };
  it.each([
    { name: "is the first when nothing was written down", before: [], want: 1 },
    {
      name: "is the one that was written down before a crash",
      before: [written(aJobOf({}), { ...bounds, attempt: 1 })],
      want: 1,
    },
    {
      name: "is another when that one has other terms",
      before: [written(aJobOf({ quorum: 1 }), { ...bounds, attempt: 1 })],
      want: 2,
    },
    {
      name: "is another when that one has other bounds",
      before: [written(aJobOf({}), { ...bounds, through: 3, attempt: 1 })],
      want: 2,
    },
  ])("$name", ({ before, want }) => {
    expect(windowsOf(look(aJobOf({}), {}, before))).toEqual([{ ...bounds, attempt: want }]);
  });
});

describe("a TrainingRound whose window was replaced", () => {
  const job = aJobOf({});
  const first = { ...training, attempt: 1 };

  it("keeps what it committed and takes nothing from the attempt that followed", () => {
    const rounds = [written(job, first), written(job, { from: 4, through: 8, attempt: 2, evaluateOnly: false })];
    const window = { from: 4, through: 8, attempt: 2, evaluateOnly: false };
    const report = { window, committedRounds: 5, history: [aRound(2, 1), aRound(3, 1), aRound(4, 1)] };
    const updates = new Map(
      updateRounds(look(job, report, rounds)).map(({ seen, status }) => [seen.metadata.name, status]),
    );
    expect(updates.get("notes-r2")).toMatchObject({ phase: "Committed", committed: 2 });
    expect(updates.get("notes-r4-a2")).toMatchObject({ phase: "Open", committed: 1 });
  });

  it("says so when it committed nothing", () => {
    const rounds = [written(job, first), written(job, { ...training, attempt: 2 })];
    const updates = updateRounds(look(job, { window: { ...training, attempt: 2 }, committedRounds: 2 }, rounds));
    expect(updates.map(({ seen, status }) => `${seen.metadata.name} ${status.phase}`)).toEqual([
      "notes-r2 Superseded",
      "notes-r2-a2 Open",
    ]);
    expect(updates[0]?.status.completionTime).toBeDefined();
  });
});
