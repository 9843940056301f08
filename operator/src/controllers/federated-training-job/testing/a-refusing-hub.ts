import type { FederatedTrainingJob } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import type { KubeObject } from "../../../runtime/api/object.ts";
import type { BackoffBounds } from "../../../runtime/backoff.ts";
import type { EventNote } from "../../../runtime/observe/event-recorder.ts";
import { createRetryLimit } from "../../../runtime/queue/retry-limit.ts";
import { createFakeClock } from "../../../runtime/testing/fake-clock.ts";
import { createHubObjects } from "../act/hub-objects.ts";
import type { ObservationSources } from "../observe/observe.ts";
import type { JobDeps } from "../reconcile.ts";
import { aJob, aReport, someSettings, someTimeMs } from "./a-snapshot.ts";
import { cacheOf, someSources } from "./some-sources.ts";

type Job = FederatedTrainingJob & KubeObject;

/** What a hub of a test has that others have not. */
export interface RefusingHubOptions {
  readonly job?: FederatedTrainingJob;
  readonly backoff?: BackoffBounds;
  /** Calls that it answers otherwise. */
  readonly client?: Partial<ApiClient>;
  readonly sources?: Partial<ObservationSources>;
}

/** A hub that takes statuses and refuses every other write; its job has an aggregator that answers. */
export function aRefusingHub({ job = aJob(), backoff, client: answers, sources }: RefusingHubOptions = {}) {
  const jobs = cacheOf<Job>();
  jobs.upsert({ ...job, metadata: { ...job.metadata, resourceVersion: "1" } } as Job);
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
    ...answers,
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
    clock,
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
      ...sources,
    }),
  };
  return { deps, events, jobs, clock };
}
