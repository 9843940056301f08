import type { FederatedTrainingJob } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import { expect, it } from "vitest";
import type { ApiClient } from "../../runtime/api/api-client.ts";
import type { KubeObject } from "../../runtime/api/object.ts";
import type { BackoffBounds } from "../../runtime/backoff.ts";
import type { EventNote } from "../../runtime/observe/event-recorder.ts";
import { createRetryLimit } from "../../runtime/queue/retry-limit.ts";
import { createFakeClock } from "../../runtime/testing/fake-clock.ts";
import { createHubObjects } from "./act/hub-objects.ts";
import { type JobDeps, reconcileJob } from "./reconcile.ts";
import { aJob, aReport, someSettings, someTimeMs } from "./testing/a-snapshot.ts";
import { cacheOf, someSources } from "./testing/some-sources.ts";

type Job = FederatedTrainingJob & KubeObject;

/** A hub that takes statuses and refuses every other write; its job has an aggregator that answers. */
function aRefusingHub(backoff?: BackoffBounds) {
  const jobs = cacheOf<Job>();
  jobs.upsert(aJob({}, { resourceVersion: "1" }) as Job);
  const refuse = async (): Promise<never> => {
    throw new TributaryError("API_REFUSED", "admission webhook denied the request");
  };
  const client = {
    get: async () => undefined,
    create: refuse,
    apply: refuse,
    patchJson: refuse,
    delete: refuse,
    async applyStatus(_kind: unknown, { status }: Pick<Job, "status">) {
      const [before] = jobs.list();
      const resourceVersion = String(Number(before!.metadata.resourceVersion) + 1);
      jobs.upsert({
        ...before!,
        status: structuredClone(status),
        metadata: { ...before!.metadata, resourceVersion },
      } as Job);
    },
  } as unknown as ApiClient;
  const clock = createFakeClock(someTimeMs);
  const events: EventNote[] = [];
  const deps: JobDeps = {
    hub: client,
    openWindow: refuse,
    finishJob: refuse,
    hubObjects: createHubObjects(client, () => undefined),
    onCertificates() {},
    nowMs: clock.nowMs,
    settings: someSettings,
    events: { record: (note) => void events.push(note), flush: async () => {} },
    log: { info() {}, warn() {} } as unknown as JobDeps["log"],
    retries: createRetryLimit({ clock, ...(backoff && { backoff }) }),
    followAggregator() {},
    sources: someSources({
      client,
      jobs,
      aggregatorOf: () => ({ state: "heard", heardMs: someTimeMs, report: aReport() }),
      nowMs: clock.nowMs,
    }),
  };
  return { deps, events, jobs, clock };
}

it("tells of what a hub refuses once, and never of the aggregator as ready beside it", async () => {
  const { deps, events, jobs } = aRefusingHub();
  const { signal } = new AbortController();
  const ready = () => jobs.list()[0]?.status?.conditions?.find(({ type }) => type === "AggregationReady");
  for (let look = 0; look < 3; look += 1) {
    await reconcileJob("research/notes", deps, { signal, failures: look, reconcileId: "look" });
    expect(ready()).toMatchObject({ status: "False", reason: "Refused" });
  }
  const told = events.filter(({ reason }) => ["Refused", "AggregatorReady"].includes(reason));
  expect(told.map(({ type, reason }) => `${type} ${reason}`)).toEqual(["Warning Refused"]);
});

it("tries what is refused ever more seldom, whatever the plan waits for", async () => {
  const { deps, clock } = aRefusingHub({ initialMs: 2_000, maxMs: 60_000, factor: 2 });
  const { signal } = new AbortController();
  const waits: unknown[] = [];
  for (let look = 0; look < 7; look += 1) {
    const wait = await reconcileJob("research/notes", deps, { signal, failures: 0, reconcileId: "look" });
    waits.push(wait);
    await clock.advance(wait?.requeueAfterMs ?? 0);
  }
  const seconds = [2, 4, 8, 16, 32, 60, 60];
  expect(waits).toEqual(seconds.map((s) => ({ requeueAfterMs: s * 1_000 })));
});
