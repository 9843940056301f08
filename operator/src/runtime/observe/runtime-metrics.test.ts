import { Kinds } from "@tributary/contracts";
import { Registry } from "@tributary/kit";
import { afterEach, describe, expect, it } from "vitest";
import { createWorkQueue } from "../queue/work-queue.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { createRuntimeMetrics, type RuntimeMetrics } from "./runtime-metrics.ts";

const opened: RuntimeMetrics[] = [];

afterEach(() => {
  for (const metrics of opened.splice(0)) metrics.close();
});

function make() {
  const registry = new Registry();
  const clock = createFakeClock();
  const metrics = createRuntimeMetrics(registry, clock);
  opened.push(metrics);
  return { registry, clock, metrics };
}

describe("runtime metrics", () => {
  it("registers every series of the control plane's list for runtime and queue", async () => {
    const { registry } = make();
    const names = (await registry.getMetricsAsJSON()).map(({ name }) => name.replace("tributary_", "")).sort();
    expect(names).toEqual([
      "api_request_duration_seconds",
      "api_requests_total",
      "cache_objects",
      "eventloop_lag_seconds",
      "leader",
      "reconcile_duration_seconds",
      "reconcile_total",
      "tls_handshakes_total",
      "watch_last_event_age_seconds",
      "watch_lists_total",
      "watch_reconnects_total",
      "workqueue_adds_total",
      "workqueue_depth",
      "workqueue_longest_running_processor_seconds",
      "workqueue_overflows_total",
      "workqueue_queue_duration_seconds",
      "workqueue_retries_total",
      "workqueue_unfinished_work_seconds",
      "workqueue_work_duration_seconds",
    ]);
  });

  it("follows a queue from its reports and its state", async () => {
    const { registry, clock, metrics } = make();
    const queue = createWorkQueue({ clock, report: metrics.queueReports("jobs") });
    metrics.trackQueue("jobs", queue);
    queue.add("a");
    queue.add("b");
    queue.addRetry("c");
    await clock.advance(2);
    await queue.take(new AbortController().signal);
    await clock.advance(3_000);
    const text = await registry.metrics();
    expect(text).toContain('tributary_workqueue_depth{controller="jobs"} 2');
    expect(text).toContain('tributary_workqueue_retries_total{controller="jobs"} 1');
    expect(text).toContain('tributary_workqueue_longest_running_processor_seconds{controller="jobs"} 3');
    expect(text).toContain('tributary_workqueue_queue_duration_seconds_sum{controller="jobs"} 0.002');
  });

  it("shows the age of a watch's last event, and forgets a watch that was stopped", async () => {
    const { registry, clock, metrics } = make();
    const report = metrics.watchReports("edge", "pods");
    report({ type: "heard" });
    await clock.advance(42_000);
    report({ type: "watchEnded", end: "Silent" });
    let text = await registry.metrics();
    expect(text).toContain('tributary_watch_last_event_age_seconds{cluster="edge",kind="pods"} 42');
    expect(text).toContain('tributary_watch_reconnects_total{cluster="edge",kind="pods",reason="Silent"} 1');
    report({ type: "watchEnded", end: "Stopped" });
    text = await registry.metrics();
    expect(text).not.toContain('last_event_age_seconds{cluster="edge"');
  });

  it("sums caches and handshakes of one cluster, until they are no longer tracked", async () => {
    const { registry, metrics } = make();
    const cache = (size: number) => ({ cluster: "edge", resource: Kinds.Job, objects: { size } });
    const untrack = metrics.trackInformer(cache(3));
    metrics.trackInformer(cache(4));
    const untrackConnection = metrics.trackConnection({ cluster: "edge", handshakes: () => 5 });
    expect(await registry.metrics()).toContain('tributary_cache_objects{cluster="edge",kind="jobs.batch"} 7');
    expect(await registry.metrics()).toContain('tributary_tls_handshakes_total{cluster="edge"} 5');
    untrack();
    untrackConnection();
    metrics.trackConnection({ cluster: "edge", handshakes: () => 2 });
    expect(await registry.metrics()).toContain('tributary_tls_handshakes_total{cluster="edge"} 7');
    expect(await registry.metrics()).toContain('tributary_cache_objects{cluster="edge",kind="jobs.batch"} 4');
  });

  it("counts calls by code, and not those that were given up", async () => {
    const { registry, metrics } = make();
    const context = { cluster: "edge", verb: "list", resource: Kinds.Pod };
    metrics.observeCall({ context, status: 200, durationMs: 10, isAborted: false });
    metrics.observeCall({ context, status: 0, durationMs: 10, isAborted: false });
    metrics.observeCall({ context, status: 0, durationMs: 10, isAborted: true });
    const text = await registry.metrics();
    expect(text).toContain('tributary_api_requests_total{cluster="edge",verb="list",code="200"} 1');
    expect(text).toContain('tributary_api_requests_total{cluster="edge",verb="list",code="0"} 1');
  });
});
