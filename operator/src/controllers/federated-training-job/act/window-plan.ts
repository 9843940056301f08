import type { FederatedTrainingJob } from "@tributary/contracts";
import { describeFinding, readDeadlineMs, synchronousOf } from "@tributary/contracts/fields";
import { TributaryError } from "@tributary/kit";
import type { WindowPlan } from "../snapshot.ts";

/** The plan of a window as the aggregator is told it: its rounds, and the terms of the spec. */
export function renderWindowPlan(job: FederatedTrainingJob, window: WindowPlan) {
  const { convergence } = job.spec;
  const { quorum, deadline, localSteps, maxRounds } = synchronousOf(job.spec);
  return {
    jobUid: job.metadata.uid ?? "",
    from: window.from,
    through: window.through,
    attempt: window.attempt,
    quorum,
    deadlineMs: requireDeadlineMs(deadline),
    localSteps: window.evaluateOnly ? 0 : localSteps,
    evaluateOnly: window.evaluateOnly,
    convergence: {
      metric: convergence?.metric ?? "",
      mode: convergence?.mode ?? "",
      target: convergence?.target ?? "",
      patience: convergence?.patience ?? 0,
      minDelta: convergence?.minDelta ?? "",
      maxRounds,
    },
  };
}

/** Acceptance read the deadline already; a job that was accepted by an earlier version may still hold another. */
function requireDeadlineMs(deadline: string): bigint {
  const reading = readDeadlineMs(deadline);
  if (reading.ok) return BigInt(reading.value);
  const finding = { path: "spec.schedule.synchronous.deadline", value: deadline, expected: reading.expected };
  throw new TributaryError("SPEC_INVALID", describeFinding(finding));
}
