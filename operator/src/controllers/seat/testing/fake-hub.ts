import { rootCertificates } from "node:tls";
import { type FederatedTrainingJob, Kinds } from "@tributary/contracts";
import type { KubeObject } from "../../../runtime/api/object.ts";
import { createExpectations } from "../../../runtime/control/expectations.ts";
import { createRetryLimit } from "../../../runtime/queue/retry-limit.ts";
import { createFakeClock } from "../../../runtime/testing/fake-clock.ts";
import { decide } from "../../federated-training-job/decide/index.ts";
import { observeSeat } from "../../federated-training-job/observe/seat.ts";
import type { Plan } from "../../federated-training-job/plan.ts";
import { configField } from "../../federated-training-job/render/aggregator.ts";
import { frozenField, readFrozenRun } from "../../federated-training-job/render/frozen-run.ts";
import type { HubObservation } from "../../federated-training-job/snapshot.ts";
import { aSnapshot, someSettings, someTimeMs } from "../../federated-training-job/testing/a-snapshot.ts";
import type { MemberState } from "../../member-cluster/member-directory.ts";
import { reconcileSeats, type SeatDeps } from "../reconcile.ts";
import { placeKey, printSeatKey } from "../seat-key.ts";
import { createSeatReports } from "../seat-reports.ts";
import type { FakeMember } from "./fake-member.ts";
import { someAggregator } from "./some-seats.ts";

type Job = FederatedTrainingJob & KubeObject;

/** A fake of a hub with one job, and the two controllers that look at it: whole looks, one after the other. */
export interface FakeHub {
  /** The job as the hub holds it; undefined once its finalizer is gone. */
  job: Job | undefined;
  /** Members that do not answer. */
  readonly away: Set<string>;
  /** Namespaces in which the members may hold objects of the hub. */
  readonly namespaces: string[];
  /** One look at the job: what is recorded and whether its finalizer goes. */
  readonly lookAtJob: () => Plan | undefined;
  /** One look at its seats in each cluster that the record names; gives the times until the next, in milliseconds, by cluster. */
  readonly lookAtSeats: () => Promise<Readonly<Record<string, number | undefined>>>;
  /** Whether the process was killed. */
  readonly isDead: () => boolean;
  /** Another process takes over: nothing is remembered. */
  readonly restart: () => void;
}

/** Makes a hub with a job and its members. */
export function createFakeHub(job: Job, members: Readonly<Record<string, FakeMember>>): FakeHub {
  const away = new Set<string>();
  const namespaces = ["jobs"];
  const stateOf = (cluster: string): MemberState | undefined => {
    const member = members[cluster];
    if (member === undefined) return undefined;
    const problem = { reason: "ClusterUnreachable", message: `cluster ${cluster} does not answer` };
    if (away.has(cluster)) return { state: "unreachable", problem, sinceMs: 1 };
    return { state: "reachable", heardMs: someTimeMs, client: member.client, view: member.view };
  };
  const clusterOf = (name: string) =>
    ({
      metadata: { name },
      spec: { namespaces: [{ hub: "research", member: "jobs" }], gate: { caBundle: rootCertificates[0] } },
    }) as never;
  const clock = createFakeClock();
  let deps = startProcess();
  /** The aggregator's ConfigMap, which outlives the operator's process. */
  let configuration: Readonly<Record<string, string>> = {};

  function startProcess(): SeatDeps {
    const expectations = createExpectations(createFakeClock());
    return {
      hubId: someSettings.hubId,
      isJobAlive: (uid) => hub.job?.metadata.uid === uid,
      isJobGone: async ({ uid }) => hub.job?.metadata.uid !== uid,
      expectations,
      retries: createRetryLimit({ clock, backoff: { initialMs: 2_000, maxMs: 60_000, factor: 2 } }),
      log: { warn() {}, info() {} } as never,
      sources: {
        jobs: { get: () => hub.job },
        members: { stateOf },
        namespacesOf: () => namespaces,
        aggregatorOf: async () => someAggregator,
        expectations,
        reports: createSeatReports(() => {}),
        hubId: someSettings.hubId,
      },
    };
  }

  const isDead = (): boolean => Object.values(members).some((member) => member.isDead());

  /** What listeners of the caches do when these show a batch Job. */
  function noteShown({ status }: Job): void {
    for (const placement of status?.placements ?? []) {
      const { cluster, namespace, jobUid, participant, name } = placement;
      const batchJobs = members[cluster]?.view.objectsOf("jobs", namespace, jobUid, participant) ?? [];
      if (batchJobs.length > 0) deps.expectations.sawCreated(placeKey(placement), name);
    }
  }

  const hub: FakeHub = {
    job,
    away,
    namespaces,
    lookAtJob() {
      const { job: seen } = hub;
      if (seen === undefined) return undefined;
      noteShown(seen);
      const reports = deps.sources.reports.of(seen.metadata.uid ?? "");
      const clusters = Object.keys(members);
      const seats = seen.spec.participants.map((participant) =>
        observeSeat(
          seen,
          participant,
          clusterOf(participant.cluster),
          stateOf(participant.cluster),
          () => 0,
          reports.get(participant.cluster),
        ),
      );
      const shown = clusters.flatMap((cluster) =>
        away.has(cluster)
          ? []
          : (members[cluster]?.view.placesOf(seen.metadata.uid ?? "") ?? []).map((place) => ({ ...place, cluster })),
      );
      const deletionMs = seen.metadata.deletionTimestamp === undefined ? {} : { deletionMs: someTimeMs };
      const linkedUids = new Map(
        clusters.flatMap((cluster) => {
          const uid = members[cluster]?.find(Kinds.Namespace, { name: "kube-system" })?.metadata.uid;
          return uid === undefined || away.has(cluster) ? [] : [[cluster, uid] as const];
        }),
      );
      const snapshot = aSnapshot({
        job: seen,
        hub: observeHub(configuration),
        seats,
        placing: { clusterUids: new Map(), linkedUids, clusters, reports, shown },
        ...deletionMs,
      });
      const plan = decide(snapshot, someSettings);
      configuration = findConfiguration(plan) ?? configuration;
      if (plan.actions.some(({ type }) => type === "remove-finalizer")) hub.job = undefined;
      else hub.job = { ...seen, status: { ...seen.status, ...plan.record } as never };
      return plan;
    },
    async lookAtSeats() {
      const { placements = [], unsearchedClusters = [] } = hub.job?.status ?? {};
      const clusters = new Set([...placements.map(({ cluster }) => cluster), ...unsearchedClusters]);
      const signal = new AbortController().signal;
      const waits: Record<string, number | undefined> = {};
      for (const cluster of clusters) {
        const looked = await reconcileSeats(printSeatKey({ cluster, job: "research/notes" }), deps, { signal });
        waits[cluster] = looked?.requeueAfterMs;
        if (isDead()) break;
      }
      // The next look comes when all are due.
      await clock.advance(Math.max(0, ...Object.values(waits).map((wait) => wait ?? 0)));
      return waits;
    },
    isDead,
    restart() {
      for (const member of Object.values(members)) member.revive();
      deps = startProcess();
    },
  };
  return hub;
}

/** A hub with all that placing needs but what its aggregator runs with: that is as it was applied at an earlier look. */
function observeHub(configuration: Readonly<Record<string, string>>): HubObservation {
  const { kept: _kept, ...hub } = aSnapshot().hub;
  const [kept, configText] = [readFrozenRun(configuration[frozenField]), configuration[configField]];
  return { ...hub, ...(kept && { kept }), ...(configText === undefined ? {} : { configText }) };
}

/** What a plan writes into the aggregator's ConfigMap, where it does. */
function findConfiguration({ actions }: Plan): Readonly<Record<string, string>> | undefined {
  const written = actions.flatMap((action) => (action.type === "apply-hub" ? [action.object.data] : []));
  return (written as Record<string, string>[]).find((data) => data?.[frozenField] !== undefined);
}
