import { create } from "@bufbuild/protobuf";
import { controlV1 } from "@tributary/contracts";
import { describe, expect, it } from "vitest";
import { endedWindowOf, enterNext, type JobWindows, openWindowOf, takePlan } from "./job-windows.ts";

function aPlan(change: Partial<controlV1.WindowPlan> = {}) {
  const plan = { jobUid: "j", from: 3, through: 5, attempt: 1, quorum: 2, deadlineMs: 1000n, localSteps: 4 };
  return create(controlV1.WindowPlanSchema, { ...plan, ...change });
}

function known(change: Partial<JobWindows> & { rounds: number; isEvaluated?: boolean; stops?: boolean }) {
  const { rounds, isEvaluated = false, stops = false, ...windows } = change;
  const ledger = { rounds, isEvaluated, stops: () => stops };
  return { windows: { current: undefined, next: undefined, finished: undefined, ...windows }, ledger };
}

const following = aPlan({ from: 6, through: 8 });
const evaluating = aPlan({ from: 4, through: 4, evaluateOnly: true, localSteps: 0 });
const first = known({ rounds: 0 });
const open = known({ current: aPlan(), rounds: 4 });
const queued = known({ current: aPlan(), next: following, rounds: 4 });
const replaced = known({ current: aPlan({ attempt: 3 }), rounds: 4 });
const over = known({ current: aPlan(), rounds: 6 });
const converged = known({ current: aPlan(), rounds: 4, stops: true });
const finished = known({ current: aPlan(), rounds: 4, finished: "Complete" });

describe("takePlan", () => {
  it.each([
    { name: "the first window opens", given: first, plan: aPlan({ from: 0, through: 0 }), want: "Open" },
    { name: "the same plan is known while it is open", given: open, plan: aPlan(), want: "Known" },
    { name: "the same plan is known after it is over", given: over, plan: aPlan(), want: "Known" },
    { name: "the same plan is known after the job was ended", given: finished, plan: aPlan(), want: "Known" },
    { name: "a later attempt replaces the window", given: open, plan: aPlan({ attempt: 2, quorum: 1 }), want: "Open" },
    {
      name: "a later attempt replaces what is left of the window",
      given: open,
      plan: aPlan({ from: 4, attempt: 2, quorum: 1 }),
      want: "Open",
    },
    {
      name: "a later attempt starts from a round that was committed meanwhile",
      given: known({ current: aPlan(), rounds: 5 }),
      plan: aPlan({ from: 4, through: 8, attempt: 2 }),
      want: "Open",
    },
    {
      name: "a later attempt with another rule takes up a window that had converged",
      given: known({ current: aPlan(), rounds: 4 }),
      plan: aPlan({ attempt: 2, through: 9 }),
      want: "Open",
    },
    { name: "the window after the open one waits", given: open, plan: following, want: "Queue" },
    { name: "a waiting window is known", given: queued, plan: aPlan({ from: 6, through: 8 }), want: "Known" },
    {
      name: "a waiting window takes other terms",
      given: queued,
      plan: aPlan({ from: 6, through: 8, quorum: 1 }),
      want: "Queue",
    },
    { name: "a window opens after the last one", given: over, plan: following, want: "Open" },
    { name: "a window follows one that converged early", given: converged, plan: evaluating, want: "Open" },
    {
      name: "an evaluating window takes the place of one that had converged before its first round",
      given: known({ current: aPlan({ from: 4 }), rounds: 4, stops: true }),
      plan: evaluating,
      want: "Open",
    },
  ])("$name", ({ given, plan, want }) => {
    const { decision, windows } = takePlan(given.windows, plan, given.ledger);
    expect(decision).toBe(want);
    expect(want === "Queue" ? windows.next : windows.current).toEqual(
      want === "Known" && plan.from === 6 ? aPlan() : plan,
    );
    // Said twice it changes nothing more.
    expect(takePlan(windows, plan, given.ledger)).toEqual({ decision: "Known", windows });
  });

  it.each([
    {
      name: "other terms of an open window",
      given: open,
      plan: aPlan({ quorum: 1 }),
      says: "open with another quorum",
    },
    { name: "an earlier attempt", given: replaced, plan: aPlan(), says: "attempt 1 was replaced by attempt 3" },
    { name: "committed rounds", given: over, plan: aPlan({ from: 2 }), says: "the next round is 6" },
    { name: "an attempt that leaves nothing", given: over, plan: aPlan({ attempt: 2 }), says: "the next round is 6" },
    { name: "a gap", given: open, plan: aPlan({ from: 7, through: 9 }), says: "rounds 3 to 5 are open" },
    { name: "a finished job", given: finished, plan: aPlan({ attempt: 2 }), says: "the job is finished" },
    { name: "an end before the start", given: first, plan: aPlan({ through: 2 }), says: "through is 2" },
    { name: "attempt 0", given: first, plan: aPlan({ attempt: 0 }), says: "attempt is 0" },
    { name: "no quorum", given: first, plan: aPlan({ quorum: 0 }), says: "quorum is 0" },
    { name: "no time", given: first, plan: aPlan({ deadlineMs: 0n }), says: "deadline_ms is 0" },
    { name: "nothing to do", given: first, plan: aPlan({ localSteps: 0 }), says: "local_steps is 0" },
  ])("refuses $name", ({ given, plan, says }) => {
    expect(() => takePlan(given.windows, plan, given.ledger)).toThrow(says);
  });

  it("drops what waited behind a window that is replaced", () => {
    const { windows } = takePlan(queued.windows, aPlan({ attempt: 2 }), queued.ledger);
    expect(windows.next).toBeUndefined();
  });
});

describe("windows and the ledger", () => {
  it.each([
    { name: "stays while the window in work has rounds to run", given: queued, want: [aPlan(), following] },
    {
      name: "enters the window that waits once the one before is over",
      given: known({ current: aPlan(), next: following, rounds: 6 }),
      want: [following, undefined],
    },
    {
      name: "drops a window that convergence left without its rounds",
      given: known({ current: aPlan(), next: following, rounds: 4, stops: true }),
      want: [aPlan(), undefined],
    },
  ])("$name", ({ given, want }) => {
    const { current, next } = enterNext(given.windows, given.ledger);
    expect([current, next]).toEqual(want);
  });

  it.each([
    { name: "the window in work", given: open, want: true },
    { name: "none when its rounds are committed", given: over, want: false },
    { name: "none when its rule says stop", given: converged, want: false },
    {
      name: "one that evaluates although its rule says stop",
      given: known({ current: evaluating, rounds: 4, stops: true }),
      want: true,
    },
    { name: "none when the job was ended", given: finished, want: false },
    { name: "none at first", given: first, want: false },
  ])("opens $name", ({ given, want }) => {
    expect(openWindowOf(given.windows, given.ledger) !== undefined).toBe(want);
  });

  it.each([
    { name: "none while one is open", given: open, want: undefined },
    { name: "one whose rounds are committed", given: over, want: aPlan() },
    { name: "one whose rule says stop", given: converged, want: aPlan() },
    { name: "none before the first", given: first, want: undefined },
    { name: "none whose rounds were given up when the job was ended", given: finished, want: undefined },
    {
      name: "one that evaluated, also once the job was ended",
      given: known({ current: evaluating, rounds: 5, isEvaluated: true, finished: "Complete" }),
      want: evaluating,
    },
    {
      name: "none that was to evaluate and whose line an attempt took that trained",
      given: known({ current: evaluating, rounds: 5 }),
      want: undefined,
    },
  ])("knows which window ended last: $name", ({ given, want }) => {
    expect(endedWindowOf(given.windows, given.ledger)).toEqual(want);
  });
});
