import { create } from "@bufbuild/protobuf";
import { controlV1 } from "@tributary/contracts";
import { describe, expect, it } from "vitest";
import { decideOnPlan } from "./window-plans.ts";

function aPlan(change: Partial<controlV1.WindowPlan> = {}) {
  const plan = { jobUid: "j", from: 3, through: 5, attempt: 1, quorum: 2, deadlineMs: 1000n, localSteps: 4 };
  return create(controlV1.WindowPlanSchema, { ...plan, ...change });
}

const open = { current: aPlan(), next: undefined, rounds: 4, isEnded: false };
const ended = { current: aPlan(), next: undefined, rounds: 6, isEnded: true };
const first = { current: undefined, next: undefined, rounds: 0, isEnded: true };

describe("decideOnPlan", () => {
  it.each([
    { name: "the first window opens", known: first, plan: aPlan({ from: 0, through: 0 }), want: "Open" },
    { name: "the same plan is known while it is open", known: open, plan: aPlan(), want: "Known" },
    { name: "the same plan is known after it ended", known: ended, plan: aPlan(), want: "Known" },
    {
      name: "a new attempt replaces the open window",
      known: open,
      plan: aPlan({ attempt: 2, quorum: 1 }),
      want: "Open",
    },
    { name: "the window after the open one waits", known: open, plan: aPlan({ from: 6, through: 8 }), want: "Queue" },
    {
      name: "a waiting window is known",
      known: { ...open, next: aPlan({ from: 6, through: 8 }) },
      plan: aPlan({ from: 6, through: 8 }),
      want: "Known",
    },
    {
      name: "the next window opens after the last ended",
      known: ended,
      plan: aPlan({ from: 6, through: 6 }),
      want: "Open",
    },
    {
      name: "a window that convergence ended early is followed from where it stands",
      known: { ...ended, rounds: 4 },
      plan: aPlan({ from: 4, through: 4, evaluateOnly: true, localSteps: 0 }),
      want: "Open",
    },
  ])("$name", ({ known, plan, want }) => {
    expect(decideOnPlan(plan, known)).toBe(want);
  });

  it.each([
    { name: "another plan for open rounds", known: open, plan: aPlan({ quorum: 1 }), code: "ROUND_CONFLICT" },
    { name: "a plan for committed rounds", known: ended, plan: aPlan({ from: 2 }), code: "ROUND_CONFLICT" },
    { name: "a gap before the window", known: open, plan: aPlan({ from: 7, through: 9 }), code: "ROUND_CONFLICT" },
    { name: "a window that ends before it starts", known: first, plan: aPlan({ through: 2 }), code: "MESSAGE_INVALID" },
    { name: "no quorum", known: first, plan: aPlan({ quorum: 0 }), code: "MESSAGE_INVALID" },
    { name: "no time", known: first, plan: aPlan({ deadlineMs: 0n }), code: "MESSAGE_INVALID" },
    { name: "nothing to do", known: first, plan: aPlan({ localSteps: 0 }), code: "MESSAGE_INVALID" },
  ])("refuses $name", ({ known, plan, code }) => {
    expect(() => decideOnPlan(plan, known)).toThrow(expect.objectContaining({ code }));
  });
});
