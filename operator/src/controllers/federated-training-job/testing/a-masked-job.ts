import type { FederatedTrainingJob } from "@tributary/contracts";
import type { JobSnapshot } from "../snapshot.ts";
import { aJob, aRun, aSeat, aSnapshot, someTimeMs } from "./a-snapshot.ts";

type SecureAggregation = FederatedTrainingJob["spec"]["privacy"]["secureAggregation"];

/** A seat of a masked job: its workers, and what its MemberCluster says of its organisation. */
export interface MaskedSeat {
  readonly workers: number;
  readonly organisation?: string;
}

/** A masked job with one participant, named p0 and on, in a cluster of its own for each of `workers`; its quorum is all of them. */
export function aMaskedJob(workers: readonly number[], asked: Partial<SecureAggregation> = {}): FederatedTrainingJob {
  const quorum = workers.reduce((sum, count) => sum + count, 0);
  return aJob({
    participants: workers.map((count, index) => ({
      name: `p${index}`,
      cluster: `c${index}`,
      role: "Trainer",
      workers: count,
    })),
    schedule: { synchronous: { maxRounds: 5, localSteps: 3, quorum, deadline: "10m" } },
    privacy: { secureAggregation: { protocol: "Masking", ...asked } },
  });
}

/** A look at such a job whose members answer and before anything of it was fixed. */
export function aMaskedSnapshot(
  seats: readonly MaskedSeat[],
  job = aMaskedJob(seats.map(({ workers }) => workers)),
): JobSnapshot {
  const { kept: _kept, ...hub } = aSnapshot().hub;
  const member = { state: "reachable", heardMs: someTimeMs, namespace: "jobs", gateCaPem: "gate CA" } as const;
  return aSnapshot({
    job,
    hub,
    seats: seats.map(({ organisation }, index) =>
      aSeat(job, index, { member: { ...member, ...(organisation === undefined ? {} : { organisation }) } }),
    ),
  });
}

/** The same once it was accepted: what its aggregator runs with is fixed, and its workers are there. */
export function aStartedSnapshot(snapshot: JobSnapshot, organisations: readonly (string | undefined)[]): JobSnapshot {
  const { job } = snapshot;
  const placements = job.spec.participants.map(({ name, cluster }) => ({
    participant: name,
    cluster,
    namespace: "jobs",
    name: `job-${name}`,
    jobUid: "job-uid",
    state: "Wanted" as const,
  }));
  const run = aRun(job);
  const members = run.members.map((member, index) => {
    const organisation = organisations[index];
    return organisation === undefined ? member : { ...member, organisation };
  });
  return {
    ...snapshot,
    job: { ...job, status: { ...job.status, placements, unsearchedClusters: [] } },
    hub: { ...snapshot.hub, kept: { run: { ...run, members }, isOpen: false } },
    seats: snapshot.seats.map((seat) => ({ ...seat, hasBatchJob: true, activePods: seat.participant.workers })),
  };
}
