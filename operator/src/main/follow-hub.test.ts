import { Kinds } from "@tributary/contracts";
import { createMetricsRegistry } from "@tributary/kit";
import { expect, it } from "vitest";
import type { ApiClient, ListOptions } from "../runtime/api/api-client.ts";
import type { Resource } from "../runtime/api/resource.ts";
import { systemClock } from "../runtime/clock.ts";
import { createRuntimeMetrics } from "../runtime/observe/runtime-metrics.ts";
import { followHub } from "./follow-hub.ts";

const long = "x".repeat(1024 * 1024);
const metadata = { name: "theirs", namespace: "tenant", uid: "u", resourceVersion: "1", annotations: { note: long } };
const spec = { containers: [{ name: "c", image: "i", env: [{ name: "A", value: long }] }] };

/** A hub in which somebody gave one large object of each kind our label. */
function aHub(): ApiClient {
  return {
    cluster: "hub",
    async listPage({ kind }: Resource, { prepare = (one) => one }: ListOptions) {
      const fields = kind === Kinds.Pod.kind ? { spec } : { spec: { note: long }, data: { note: long } };
      const isOwnKind = [Kinds.FederatedTrainingJob, Kinds.MemberCluster, Kinds.TrainingRound].some(
        (own) => own.kind === kind,
      );
      return { items: [prepare({ metadata, ...(isOwnKind ? {} : fields) } as never)], resourceVersion: "1" };
    },
    async *watch(_resource: unknown, { signal }: { signal: AbortSignal }) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    },
  } as unknown as ApiClient;
}

it("keeps little of what others give the hub's label, whatever kind it is of", async () => {
  const series = createRuntimeMetrics(createMetricsRegistry(), systemClock);
  const informers = Object.values(followHub(aHub(), series, { error() {} } as never));
  const stop = new AbortController();
  const running = informers.map((informer) => informer.run(stop.signal));
  await Promise.all(informers.map((informer) => informer.whenSynced(stop.signal)));
  const kept = informers.map(({ resource, objects }) => [resource.kind, JSON.stringify(objects.list()).length < 500]);
  expect(kept).toHaveLength(7);
  expect(kept.filter(([, isSmall]) => isSmall !== true)).toEqual([]);
  stop.abort();
  await Promise.all(running);
  series.close();
});
