import { describe, expect, it } from "vitest";
import type { AggregatorReport, JobSnapshot } from "../snapshot.ts";
import { phaseOf } from "../status/phase.ts";
import { aMaskedJob, aMaskedSnapshot } from "../testing/a-masked-job.ts";
import { aReport, someTimeMs } from "../testing/a-snapshot.ts";
import { aggregationReady } from "./aggregation.ts";

const job = aMaskedJob([2, 2]);
const withJob = (changes: Partial<JobSnapshot["job"]["spec"]>) => ({ ...job, spec: { ...job.spec, ...changes } });
const lenient = withJob({ schedule: { synchronous: { ...job.spec.schedule.synchronous!, quorum: 3 } } });
const refused = { reason: "TermsRefused", message: "TermsChanged: section update" };
const unvouched = { reason: "GateUnreachable", message: "its gate has not vouched for it" };

/** Parties of which the first `troubled` are kept out of rounds. */
function parties(troubled: number): AggregatorReport["parties"] {
  return [0, 1, 2, 3].map((index) => ({
    participant: `p${Math.floor(index / 2)}`,
    workerIndex: index % 2,
    heardAgoMs: 0,
    clockOffsetMs: 0,
    ...(index < troubled ? { isUnfit: true, problem: unvouched } : {}),
  }));
}

function ready(report: Partial<AggregatorReport>, of: JobSnapshot["job"] = lenient) {
  const snapshot = aMaskedSnapshot([{ workers: 2 }, { workers: 2 }], of);
  const told = { parties: parties(0), ...report };
  return aggregationReady({
    ...snapshot,
    aggregator: { state: "heard", heardMs: someTimeMs, report: aReport(told) },
  });
}

describe("whether an aggregator can open masked rounds", () => {
  it.each<[string, Partial<AggregatorReport>, JobSnapshot["job"]?]>([
    ["nothing is known against it", {}],
    ["the quorum is there without the worker that is kept out", { parties: parties(1) }],
    ["a round is open all the same", { problem: refused, stage: "Collecting" }],
    [
      "the last round closed for a cause that is no matter of masks",
      { problem: { reason: "QuorumNotReached", message: "" } },
    ],
    ["no round is wanted", { problem: refused }, withJob({ suspend: true })],
    ["the job has no masks", { problem: refused }, withJob({ privacy: { secureAggregation: { protocol: "None" } } })],
  ])("is said to be so while %s", (_what, report, of) => {
    expect(ready(report, of)).toMatchObject({ status: "True", reason: "AggregatorReady" });
  });

  it.each(["PeersInvalid", "TermsRefused", "GateUnreachable", "DifferenceOfJobs", "EnrolmentRefused"])(
    "is denied with reason %s of the round that closed, and its message stays",
    (reason) => {
      const told = ready({ problem: { reason, message: "what the gate said" } });
      expect(told).toMatchObject({ status: "False", reason, message: expect.stringMatching(/^what the gate said/u) });
    },
  );

  it("is denied with the remedy where the message has none", () => {
    expect(ready({ problem: refused }).message).toContain("its member's admin allows it in the gate's policy");
  });

  it("is denied when the workers that are not kept out are fewer than the quorum, naming one and counting the others", () => {
    const told = ready({ parties: parties(2) });
    expect(told).toMatchObject({ status: "False", reason: "GateUnreachable" });
    expect(told.message).toMatch(/^worker 0 of participant p0: its gate .*; see that the gate .*; 1 other worker/u);
  });

  it("prints as a job that waits, not as one that starts", () => {
    const condition = { ...ready({ problem: refused }), observedGeneration: 1, lastTransitionTime: "" };
    expect(phaseOf([condition])).toEqual({ phase: "Waiting", reason: "TermsRefused" });
    expect(phaseOf([{ ...condition, reason: "AggregatorNotReady" }]).phase).toBe("Starting");
  });
});
