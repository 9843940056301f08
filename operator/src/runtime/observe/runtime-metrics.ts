import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, Histogram, type Registry } from "@tributary/kit";
import type { CallObservation, Connection } from "../api/connection.ts";
import { resourceName } from "../api/resource.ts";
import type { Informer } from "../cache/informer.ts";
import type { ReflectorReport } from "../cache/reflector.ts";
import type { Clock } from "../clock.ts";
import type { ReconcileReport } from "../control/controller.ts";
import type { LeadershipFence } from "../leader/leadership-fence.ts";
import type { QueueReport, WorkQueue } from "../queue/work-queue.ts";

/** Upper bounds of durations, in seconds: from a cache hit to a reconcile's deadline. */
const durationBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What the metrics read of an informer. */
export type TrackedInformer = Pick<Informer<never>, "cluster" | "resource"> & {
  readonly objects: { readonly size: number };
};

/** What the metrics read of a connection. */
export type TrackedConnection = Pick<Connection, "cluster" | "handshakes">;

/** The series of the runtime. Labels are bounded: clusters, kinds, verbs, codes, controllers; never a name of an object. */
export interface RuntimeMetrics {
  /** Give it to a connection as `observe`. */
  readonly observeCall: (observation: CallObservation) => void;
  /** Give it to an informer as `report`. */
  watchReports(cluster: string, kind: string): (report: ReflectorReport) => void;
  /** Give it to a queue as `report`. */
  queueReports(controller: string): (report: QueueReport) => void;
  /** Give it to a controller as `report`. */
  readonly reconcileReports: (report: ReconcileReport) => void;
  /** Shows depth and unfinished work of a queue. */
  trackQueue(controller: string, queue: Pick<WorkQueue, "depth" | "unfinished">): void;
  /** Shows the size of a cache until the returned function is called. */
  trackInformer(informer: TrackedInformer): () => void;
  /** Counts the TLS handshakes of a connection until the returned function is called. */
  trackConnection(connection: TrackedConnection): () => void;
  trackLeadership(fence: LeadershipFence): void;
  /** Ends the measurement of the event loop. */
  close(): void;
}

function counter<Label extends string>(registry: Registry, name: string, help: string, labelNames: readonly Label[]) {
  return new Counter({ name: `tributary_${name}`, help, labelNames, registers: [registry] });
}

function histogram<Label extends string>(registry: Registry, name: string, help: string, labelNames: readonly Label[]) {
  return new Histogram({
    name: `tributary_${name}`,
    help,
    labelNames,
    buckets: durationBuckets,
    registers: [registry],
  });
}

/** A gauge that is read when it is scraped. */
function readGauge<Label extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly Label[],
  read: (gauge: Gauge<Label>) => void,
): void {
  const gauge = new Gauge<Label>({
    name: `tributary_${name}`,
    help,
    labelNames,
    registers: [registry],
    collect() {
      gauge.reset();
      read(gauge);
    },
  });
}

/** Registers the series. Call once per registry. */
export function createRuntimeMetrics(registry: Registry, clock: Clock): RuntimeMetrics {
  const requests = counter(registry, "api_requests_total", "Calls to API servers; code 0 had no answer.", [
    "cluster",
    "verb",
    "code",
  ]);
  const requestSeconds = histogram(registry, "api_request_duration_seconds", "Time of one attempt of a call.", [
    "cluster",
    "verb",
  ]);
  const reconnects = counter(registry, "watch_reconnects_total", "Watches that ended, by why.", [
    "cluster",
    "kind",
    "reason",
  ]);
  const lists = counter(registry, "watch_lists_total", "Whole lists that were read.", ["cluster", "kind"]);
  const adds = counter(registry, "workqueue_adds_total", "Keys added to a queue.", ["controller"]);
  const retries = counter(registry, "workqueue_retries_total", "Keys added after a failure.", ["controller"]);
  const overflows = counter(registry, "workqueue_overflows_total", "Keys turned away by a full queue.", ["controller"]);
  const queueSeconds = histogram(registry, "workqueue_queue_duration_seconds", "Time a key waited.", ["controller"]);
  const workSeconds = histogram(registry, "workqueue_work_duration_seconds", "Time a key was worked on.", [
    "controller",
  ]);
  const reconciles = counter(registry, "reconcile_total", "Reconciles that ended, by how.", ["controller", "result"]);
  const reconcileSeconds = histogram(registry, "reconcile_duration_seconds", "Time of one reconcile.", ["controller"]);

  /** One entry a running watch. */
  const lastEvents = new Set<{ readonly cluster: string; readonly kind: string; heardAtMs: number }>();
  const queues = new Map<string, Pick<WorkQueue, "depth" | "unfinished">>();
  const informers = new Set<TrackedInformer>();
  /** Connections in use, with the handshakes that were counted already. */
  const connections = new Map<TrackedConnection, number>();
  let fence: LeadershipFence | undefined;
  const loop = monitorEventLoopDelay({ resolution: 20 });
  loop.enable();

  readGauge(
    registry,
    "watch_last_event_age_seconds",
    "Time since an event or bookmark of the most silent watch.",
    ["cluster", "kind"],
    (gauge) => {
      // Of several watches of a kind the most silent comes last, and its age stands.
      const oldestLast = [...lastEvents].sort((left, right) => right.heardAtMs - left.heardAtMs);
      for (const { cluster, kind, heardAtMs } of oldestLast) {
        gauge.set({ cluster, kind }, (clock.monotonicMs() - heardAtMs) / 1000);
      }
    },
  );
  readGauge(registry, "cache_objects", "Objects in caches.", ["cluster", "kind"], (gauge) => {
    for (const { cluster, resource, objects } of informers) {
      gauge.inc({ cluster, kind: resourceName(resource) }, objects.size);
    }
  });
  const handshakes = new Counter({
    name: "tributary_tls_handshakes_total",
    help: "TLS handshakes with API servers.",
    labelNames: ["cluster"],
    registers: [registry],
    collect: () => connections.forEach(countHandshakes),
  });

  function countHandshakes(counted: number, connection: TrackedConnection): void {
    const now = connection.handshakes();
    handshakes.inc({ cluster: connection.cluster }, now - counted);
    connections.set(connection, now);
  }

  readGauge(registry, "workqueue_depth", "Keys that wait.", ["controller"], (gauge) => {
    for (const [controller, queue] of queues) gauge.set({ controller }, queue.depth);
  });
  readGauge(
    registry,
    "workqueue_unfinished_work_seconds",
    "Sum of the times of running work.",
    ["controller"],
    (gauge) => {
      for (const [controller, queue] of queues) {
        gauge.set(
          { controller },
          queue.unfinished().reduce((sum, { workedMs }) => sum + workedMs / 1000, 0),
        );
      }
    },
  );
  readGauge(
    registry,
    "workqueue_longest_running_processor_seconds",
    "Time of the work that runs longest.",
    ["controller"],
    (gauge) => {
      for (const [controller, queue] of queues) {
        gauge.set({ controller }, Math.max(0, ...queue.unfinished().map(({ workedMs }) => workedMs / 1000)));
      }
    },
  );
  readGauge(registry, "leader", "1 while this replica leads.", [], (gauge) => gauge.set(fence?.isLeading() ? 1 : 0));
  readGauge(registry, "eventloop_lag_seconds", "P99 of the event loop's delay since the last scrape.", [], (gauge) => {
    gauge.set(Number.isNaN(loop.percentile(99)) ? 0 : loop.percentile(99) / 1e9);
    loop.reset();
  });

  return {
    observeCall({ context: { cluster, verb }, status, durationMs, isAborted }) {
      if (isAborted) return;
      requests.inc({ cluster, verb, code: String(status) });
      requestSeconds.observe({ cluster, verb }, durationMs / 1000);
    },
    watchReports(cluster, kind) {
      const last = { cluster, kind, heardAtMs: 0 };
      return (report) => {
        if (report.type === "listed") lists.inc({ cluster, kind });
        if (report.type === "heard" || report.type === "listed") {
          last.heardAtMs = clock.monotonicMs();
          lastEvents.add(last);
        }
        if (report.type !== "watchEnded") return;
        if (report.end === "Stopped") lastEvents.delete(last);
        else reconnects.inc({ cluster, kind, reason: report.end });
      };
    },
    queueReports: (controller) => (report) => {
      if (report.type === "added") adds.inc({ controller });
      if (report.type === "retried") retries.inc({ controller });
      if (report.type === "overflowed") overflows.inc({ controller });
      if (report.type === "taken") queueSeconds.observe({ controller }, report.waitedMs / 1000);
      if (report.type === "done") workSeconds.observe({ controller }, report.workedMs / 1000);
    },
    reconcileReports({ controller, outcome, durationMs }) {
      reconciles.inc({ controller, result: outcome });
      reconcileSeconds.observe({ controller }, durationMs / 1000);
    },
    trackQueue: (controller, queue) => void queues.set(controller, queue),
    trackInformer(informer) {
      informers.add(informer);
      return () => informers.delete(informer);
    },
    trackConnection(connection) {
      connections.set(connection, 0);
      return () => {
        countHandshakes(connections.get(connection) ?? 0, connection);
        connections.delete(connection);
      };
    },
    trackLeadership(given) {
      fence = given;
    },
    close: () => loop.disable(),
  };
}
