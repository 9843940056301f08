import { type FederatedTrainingJob, Kinds, Label, Reason } from "@tributary/contracts";
import { createMetricsRegistry, type Logger, startHealthEndpoint } from "@tributary/kit";
import { Collector } from "../controllers/collector/collector.ts";
import { registerCollectorMetrics } from "../controllers/collector/collector-metrics.ts";
import { AggregatorDirectory } from "../controllers/federated-training-job/act/aggregator-directory.ts";
import { createHubObjects } from "../controllers/federated-training-job/act/hub-objects.ts";
import { registerJobMetrics } from "../controllers/federated-training-job/job-metrics.ts";
import { findAggregator } from "../controllers/federated-training-job/observe/hub.ts";
import { isUrgentNews } from "../controllers/federated-training-job/observe/job-news.ts";
import { createSeenRunning } from "../controllers/federated-training-job/observe/seen-running.ts";
import { type JobDeps, reconcileJob } from "../controllers/federated-training-job/reconcile.ts";
import { aggregatorPorts } from "../controllers/federated-training-job/render/aggregator.ts";
import { jobNames } from "../controllers/federated-training-job/render/names.ts";
import { MemberController } from "../controllers/member-cluster/member-controller.ts";
import { reconcileSeats, type SeatDeps } from "../controllers/seat/reconcile.ts";
import { createSeatDesk } from "../controllers/seat/seat-desk.ts";
import { isJobGone } from "../controllers/shared/is-job-gone.ts";
import { registerMemberMetrics } from "../members/member-metrics.ts";
import { connectCluster } from "../runtime/api/connect-cluster.ts";
import { type KubeObject, objectKey, type Unstructured } from "../runtime/api/object.ts";
import type { Informer } from "../runtime/cache/informer.ts";
import { systemClock } from "../runtime/clock.ts";
import type { ReconcileReport } from "../runtime/control/controller.ts";
import { controllerPart, createManager, informerPart, leadershipPart, type Part } from "../runtime/control/manager.ts";
import type { LeaderElection } from "../runtime/leader/leader-election.ts";
import { admitWhileLeading } from "../runtime/leader/leadership-fence.ts";
import { createEventRecorder } from "../runtime/observe/event-recorder.ts";
import { logReconciles } from "../runtime/observe/reconcile-log.ts";
import { createRuntimeMetrics } from "../runtime/observe/runtime-metrics.ts";
import { createRetryLimit } from "../runtime/queue/retry-limit.ts";
import { createWorkQueue, Priority, type WorkQueue } from "../runtime/queue/work-queue.ts";
import type { OperatorConfiguration } from "./configuration.ts";
import { followHub } from "./follow-hub.ts";
import type { HubAccess } from "./hub-access.ts";
import { settleHubId } from "./hub-id.ts";

/**
 * Time over which changes that do not hold up a round are gathered into one look, in milliseconds: what pods, parties and our own
 * writes are the cause of makes at most one write of a job's status a second.
 */
const gatherMs = 1_000;
/** The same for changes of what the operator made on the hub, which placing waits for. */
const hubGatherMs = 100;
/** Jobs looked at at once. */
const jobConcurrency = 8;
/** Looks at seats at once, over all members; of one member only a few. */
const seatConcurrency = 32;

/** How long what an API server refuses is left alone, by key: what lasts is tried ever more seldom, and for ever. */
const refusedBackoff = { initialMs: 2_000, maxMs: 60_000, factor: 2 };

/** What an operator is started with. */
export interface OperatorOptions {
  readonly hub: HubAccess;
  readonly configuration: OperatorConfiguration;
  /** Says whether this replica may write; released at the end. */
  readonly election: LeaderElection;
  /** Names this replica in events. */
  readonly instance: string;
  readonly log: Logger;
}

/**
 * Runs the operator against one hub until `stop` aborts. It follows the hub at once, and looks at jobs and members while it
 * leads; every write, also in a member and to an aggregator, passes the fence of its leadership.
 *
 * @throws TributaryError LEADERSHIP_LOST when another replica may lead.
 */
export async function runOperator(options: OperatorOptions, stop: AbortSignal): Promise<void> {
  const { configuration, election, log } = options;
  const nowMs = (): number => Date.now();
  const registry = createMetricsRegistry();
  const series = createRuntimeMetrics(registry, systemClock);
  series.trackLeadership(election.fence);
  const passage = { admit: admitWhileLeading(election.fence), observe: series.observeCall };
  const hub = connectCluster(options.hub.access, { cluster: "hub", ...passage });
  const { client } = hub;
  series.trackConnection(hub.connection);
  const informers = followHub(client, series, log);
  const whenReady = async (signal: AbortSignal): Promise<boolean> => {
    const synced = await Promise.all(Object.values(informers).map((informer) => informer.whenSynced(signal)));
    return synced.every(Boolean);
  };
  const jobs = createWorkQueue({
    clock: systemClock,
    groupOf: (key) => key.split("/")[0] ?? "",
    refill: () => informers.jobs.objects.keys(),
    report: series.queueReports("federated-training-job"),
  });
  const members = createWorkQueue({
    clock: systemClock,
    refill: () => informers.members.objects.keys(),
    report: series.queueReports("member-cluster"),
  });
  const collections = createWorkQueue({
    clock: systemClock,
    refill: () => informers.members.objects.keys(),
    report: series.queueReports("collector"),
  });
  series.trackQueue("collector", collections);
  const seats = createSeatDesk({
    clock: systemClock,
    jobs: informers.jobs.objects,
    report: series.queueReports("seat"),
    onReport: (key) => jobs.add(key, Priority.Change),
  });
  series.trackQueue("federated-training-job", jobs);
  series.trackQueue("seat", seats.queue);
  series.trackQueue("member-cluster", members);

  const events = createEventRecorder({
    client,
    clock: systemClock,
    controller: "tributary.dev/operator",
    instance: options.instance,
    onError: (error) => log.warn({ code: error.code, err: error.message }, "an event was lost"),
  });
  // Settled by the replica that leads, before it looks at anything.
  const settled = { hubId: configuration.hubId };
  const memberController = new MemberController({
    hub: client,
    members: informers.members.objects,
    jobs: informers.jobs.objects,
    operatorNamespace: configuration.operatorNamespace,
    get hubId() {
      return settled.hubId;
    },
    nowMs,
    log,
    ...passage,
    watchReports: series.watchReports,
    track: (connection) => series.trackConnection(connection),
    trackCache: series.trackInformer,
    leftoversOf: (cluster) => collector.reportOf(cluster),
    collect: (cluster) => collections.add(cluster, Priority.User),
    tell: (member, note) =>
      events.record({ resource: Kinds.MemberCluster, regarding: member, action: "Reconcile", ...note }),
    onChange: (change) => {
      if ("object" in change) {
        enqueueOwner(jobs, change.object, gatherMs);
        return seats.noteChange(change);
      }
      members.add(change.cluster, Priority.User);
      collections.addAfter(change.cluster, gatherMs);
      seats.enqueueCluster(change.cluster);
      for (const job of informers.jobs.objects.list()) {
        if (usesCluster(job, change.cluster)) jobs.add(objectKey(job.metadata), Priority.Change);
      }
    },
  });
  registerMemberMetrics(registry, memberController.links, systemClock);
  registerJobMetrics(registry, () => informers.jobs.objects.list());
  const collector = new Collector({
    hub: client,
    members: memberController,
    namespacesOf: (cluster) => memberController.namespacesOf(cluster).map(({ name }) => name),
    isCachedJob: (uid) => informers.jobs.objects.byIndex("uid", uid).length > 0,
    get hubId() {
      return settled.hubId;
    },
    random: Math.random,
    clock: systemClock,
    log,
    count: registerCollectorMetrics(registry),
    tell: (cluster, note) => {
      const regarding = informers.members.objects.get(cluster);
      if (regarding === undefined) return;
      const kind = { resource: Kinds.MemberCluster, regarding, action: "Collect", type: "Normal" as const };
      events.record({ ...kind, reason: Reason.Collected, note });
    },
    onReport: (cluster) => members.add(cluster),
  });
  const aggregators = new AggregatorDirectory({
    hub: client,
    hostOf: (job) => aggregatorPlace(informers.services.objects.get(aggregatorKey(job)), configuration),
    enqueue: (key, urgent) => (urgent ? jobs.add(key, Priority.User) : jobs.addAfter(key, gatherMs)),
    nowMs,
  });
  const present: Readonly<Record<string, Informer<Unstructured>>> = {
    services: informers.services,
    statefulsets: informers.statefulSets,
    configmaps: informers.configMaps,
    trainingrounds: informers.rounds as Informer<KubeObject> as Informer<Unstructured>,
  };
  const deps: JobDeps = {
    hub: client,
    async openWindow(job, window, signal) {
      election.fence.assertLeading();
      await aggregators.openWindow(job, window, signal);
    },
    async finishJob(job, outcome, signal) {
      election.fence.assertLeading();
      await aggregators.finishJob(job, outcome, signal);
    },
    hubObjects: createHubObjects(client, (kind, ref) => present[kind.plural]?.objects.get(objectKey(ref))),
    onCertificates: ({ metadata }) => seats.enqueueJob(objectKey(metadata)),
    nowMs,
    sources: {
      client,
      jobs: informers.jobs.objects,
      trainingRounds: informers.rounds.objects,
      memberClusters: informers.members.objects,
      members: memberController,
      seatReports: seats.reports,
      services: informers.services.objects,
      statefulSets: informers.statefulSets.objects,
      configMaps: informers.configMaps.objects,
      pods: informers.pods.objects,
      advertisedAddress: configuration.advertisedAddress,
      aggregatorOf: (uid) => aggregators.observationOf(uid),
      nowMs,
      seenRunning: createSeenRunning(() => systemClock.monotonicMs()),
    },
    settings: {
      get hubId() {
        return settled.hubId;
      },
      aggregator: configuration.aggregator,
    },
    events,
    log,
    retries: createRetryLimit({ clock: systemClock, backoff: refusedBackoff }),
    followAggregator: (key, snapshot) => aggregators.follow(key, snapshot),
  };

  const seatDeps: SeatDeps = {
    get hubId() {
      return settled.hubId;
    },
    log,
    expectations: seats.expectations,
    retries: createRetryLimit({ clock: systemClock, backoff: refusedBackoff }),
    isJobAlive: (uid) => informers.jobs.objects.byIndex("uid", uid).length > 0,
    isJobGone: (job, call) => isJobGone(client, job, call),
    sources: {
      jobs: informers.jobs.objects,
      members: memberController,
      namespacesOf: (cluster) => memberController.namespacesOf(cluster).map(({ name }) => name),
      aggregatorOf: (job, signal) => findAggregator(job, deps.sources, signal),
      expectations: seats.expectations,
      reports: seats.reports,
      get hubId() {
        return settled.hubId;
      },
    },
  };

  informers.jobs.listen((change) => {
    if (isUrgentNews(change)) jobs.add(change.key, Priority.User);
    else jobs.addAfter(change.key, gatherMs);
  });
  informers.jobs.listen(seats.noteJob);
  informers.services.listen(({ object }) => seats.enqueueOwner(object));
  informers.members.listen(({ key }) => {
    members.add(key);
    collections.addAfter(key, gatherMs);
  });
  informers.members.listen(seats.noteMember);
  for (const informer of [informers.services, informers.statefulSets, informers.configMaps, informers.pods])
    informer.listen(({ object }) => enqueueOwner(jobs, object, hubGatherMs));

  let settling: Promise<string> | undefined;
  const whenLeading = async (signal: AbortSignal): Promise<boolean> => {
    if (!(await election.whenLeading(signal))) return false;
    const { hubId: configured, operatorNamespace: namespace } = configuration;
    settling ??= settleHubId(client, { configured, namespace, log }, signal);
    try {
      settled.hubId = await settling;
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  };
  const logReport = logReconciles(log);
  const common = {
    clock: systemClock,
    whenReady,
    whenLeading,
    report: (report: ReconcileReport) => {
      series.reconcileReports(report);
      logReport(report);
    },
  };
  const parts: Part[] = [
    leadershipPart(election),
    ...Object.entries(informers).map(([name, informer]) => informerPart(name, informer as Informer<KubeObject>)),
    controllerPart({
      ...common,
      name: "member-cluster",
      queue: members,
      reconcile: memberController.reconcile,
      concurrency: 16,
    }),
    controllerPart({
      ...common,
      name: "collector",
      queue: collections,
      reconcile: collector.reconcile,
      concurrency: 16,
    }),
    controllerPart({
      ...common,
      name: "federated-training-job",
      queue: jobs,
      reconcile: (key, context) => reconcileJob(key, deps, context),
      concurrency: jobConcurrency,
    }),
    controllerPart({
      ...common,
      name: "seat",
      queue: seats.queue,
      reconcile: (key, context) => reconcileSeats(key, seatDeps, context),
      concurrency: seatConcurrency,
    }),
  ];
  const manager = createManager({
    parts,
    clock: systemClock,
    onStopped: async () => {
      aggregators.close();
      await memberController.close();
      await events.flush();
      await election.release();
      await hub.close();
    },
  });
  const probes = { registry, isReady: () => manager.health().isReady, isAlive: () => manager.health().isLive };
  const health = await startHealthEndpoint({ ...probes, port: configuration.ports.health });
  const metrics = await startHealthEndpoint({ ...probes, port: configuration.ports.metrics });
  log.info({ hubId: configuration.hubId, healthPort: health.port }, "the operator runs");
  try {
    await manager.run(stop);
  } finally {
    await Promise.all([health.close(), metrics.close()]);
    series.close();
  }
}

function enqueueOwner(queue: WorkQueue, object: KubeObject, delayMs: number): void {
  const name = object.metadata.labels?.[Label.JobName];
  const namespace = object.metadata.labels?.[Label.JobNamespace] ?? object.metadata.namespace;
  if (name !== undefined && namespace !== undefined) queue.addAfter(objectKey({ namespace, name }), delayMs);
}

function usesCluster({ spec, status }: FederatedTrainingJob, cluster: string): boolean {
  return [...spec.participants, ...(status?.placements ?? [])].some((place) => place.cluster === cluster);
}

function aggregatorKey(job: FederatedTrainingJob): string {
  const { namespace, aggregator } = jobNames(job);
  return objectKey({ namespace, name: aggregator });
}

function aggregatorPlace(
  service: Unstructured | undefined,
  configuration: OperatorConfiguration,
): { host: string; controlPort: number } | undefined {
  const spec = service?.spec as { clusterIP?: string; ports?: { name?: string; nodePort?: number }[] } | undefined;
  const nodePort = spec?.ports?.find((port) => port.name === "control")?.nodePort;
  if (configuration.reachByNodePort)
    return nodePort === undefined ? undefined : { host: configuration.advertisedAddress, controlPort: nodePort };
  return spec?.clusterIP === undefined ? undefined : { host: spec.clusterIP, controlPort: aggregatorPorts.control };
}
