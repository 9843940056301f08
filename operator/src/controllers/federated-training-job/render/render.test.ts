import { describe, expect, it } from "vitest";
import { aJob, aTemplate, someSettings } from "../testing/a-snapshot.ts";
import { renderAggregatorStatefulSet, renderJobConfig } from "./aggregator.ts";
import { type FrozenRun, printFrozenRun, readFrozenRun } from "./frozen-run.ts";
import { hashText } from "./hash-text.ts";
import { seatName } from "./names.ts";
import { renderAnchor, renderBatchJob, type SeatInput } from "./seat.ts";

const job = aJob();
const run: FrozenRun = {
  settings: someSettings.aggregator,
  members: [
    { cluster: "aws-1", gateCaPem: "gate CA", namespace: "jobs" },
    { cluster: "gcp-1", gateCaPem: "gate CA" },
  ],
};

function aSeatInput(changes: Partial<SeatInput> = {}): SeatInput {
  const participant = {
    ...job.spec.participants[0]!,
    workers: 3,
    accelerator: { resource: "nvidia.com/gpu", count: 2 },
  };
  return {
    job,
    participant,
    namespace: "jobs",
    origin: "hub",
    endpoint: { controlAddress: "h:1", tensorAddress: "h:2" },
    caPem: "CA",
    template: aTemplate,
    ...changes,
  };
}

describe("the aggregator's configuration", () => {
  it("carries each member's gate CA and the namespace that workers must come from", () => {
    expect(renderJobConfig(job, run)).toMatchObject({
      clusters: [{ name: "aws-1", gateCaPem: "gate CA" }, { name: "gcp-1" }],
      participants: [{ name: "aws", cluster: "aws-1", namespace: "jobs", workers: 1 }, { name: "gcp" }],
    });
  });

  it("carries the organisation of each member that names one, and leaves out what the spec leaves open", () => {
    const [first, second] = run.members;
    const members = [{ ...first!, organisation: "St. Anna" }, second!];
    const told = (secureAggregation: typeof job.spec.privacy.secureAggregation) =>
      renderJobConfig(aJob({ privacy: { secureAggregation } }), { ...run, members });
    const { participants } = told({ protocol: "None" }) as { participants: object[] };
    expect(participants[0]).toMatchObject({ name: "aws", organisation: "St. Anna" });
    expect(participants[1]).not.toHaveProperty("organisation");
    const whole = { protocol: "Masking", minOrganisations: 3, threshold: 4 } as const;
    for (const asked of [{ protocol: "None" }, { protocol: "Masking" }, whole] as const)
      expect(told(asked)).toMatchObject({ secureAggregation: asked });
    expect(Object.keys(told({ protocol: "Masking" }).secureAggregation as object)).toEqual(["protocol"]);
  });

  it("makes a new pod when it changes and none when it does not", () => {
    const annotation = (changed: typeof job): unknown =>
      renderAggregatorStatefulSet(changed, { run, certificateHash: "1", replicas: 1 });
    expect(annotation(job)).toEqual(annotation(structuredClone(job)));
    expect(JSON.stringify(annotation(aJob({ strategy: { name: "FedAdam" } })))).not.toBe(
      JSON.stringify(annotation(job)),
    );
  });

  it("runs restricted, without a token of the API server", () => {
    const set = renderAggregatorStatefulSet(job, { run, replicas: 1 }) as unknown as {
      spec: { template: { spec: Record<string, unknown> } };
    };
    expect(set.spec.template.spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
        },
      ],
    });
  });
});

describe("participants in the aggregator's configuration", () => {
  const told = aJob({ trainer: { ...job.spec.trainer, hyperparameters: { increment: "0.5", simulateStepMs: 5 } } });
  const [first, second] = told.spec.participants;
  const own = aJob({
    ...told.spec,
    participants: [{ ...first!, runtime: "torch", hyperparameters: { increment: "0.25", simulateStepMs: 7 } }, second!],
  });

  it("have the hyperparameters that are their own, as texts, and nothing of what the operator alone needs", () => {
    const { participants, trainer } = renderJobConfig(own, run) as { participants: object[]; trainer: object };
    expect(participants).toEqual([
      {
        name: "aws",
        cluster: "aws-1",
        namespace: "jobs",
        workers: 1,
        hyperparameters: { increment: "0.25", simulateStepMs: "7" },
      },
      { name: "gcp", cluster: "gcp-1", workers: 1 },
    ]);
    expect(trainer).toMatchObject({ hyperparameters: { increment: "0.5", simulateStepMs: "5" } });
  });

  it("say nothing of hyperparameters when they have none of their own: such a configuration is what it always was", () => {
    const { participants } = renderJobConfig(told, run) as { participants: object[] };
    for (const participant of participants) expect(participant).not.toHaveProperty("hyperparameters");
  });
});

describe("what an aggregator runs with", () => {
  it("is read as it was written down, and not when somebody edited it", () => {
    const text = printFrozenRun({ run, isOpen: true });
    expect(readFrozenRun(text)).toEqual({ run, isOpen: true });
    expect(readFrozenRun(text.replace("dataplane:1", "dataplane:2"))).toBeUndefined();
    expect(readFrozenRun("{")).toBeUndefined();
    expect(readFrozenRun(undefined)).toBeUndefined();
  });
});

describe("a seat's batch Job", () => {
  const batchJob = renderBatchJob(aSeatInput()) as unknown as {
    metadata: { labels: Record<string, string> };
    spec: { template: { metadata: { labels: Record<string, string> }; spec: typeof aTemplate.template.spec } };
  };
  const pod = batchJob.spec.template.spec;

  it("copies the member's template but for parameters, accelerators and labels", () => {
    const { containers, volumes, restartPolicy, ...rest } = pod;
    const { containers: own, volumes: ownVolumes, ...ownRest } = aTemplate.template.spec;
    expect(rest).toEqual(ownRest);
    expect(restartPolicy).toBe("Never");
    expect(containers[0]).toEqual({
      ...own[0],
      resources: { requests: { cpu: "1", "nvidia.com/gpu": "2" }, limits: { "nvidia.com/gpu": "2" } },
    });
    expect(volumes).toEqual([
      { name: "tributary-parameters", configMap: { name: seatName("hub", job, "aws") } },
      ownVolumes?.[1],
    ]);
  });

  it("is indexed, one completion a worker, and names runtime, job and participant", () => {
    expect(batchJob.spec).toMatchObject({
      completionMode: "Indexed",
      completions: 3,
      parallelism: 3,
      maxFailedIndexes: 3,
    });
    expect(batchJob.metadata.labels).toMatchObject({
      "tributary.dev/runtime": "noop",
      "tributary.dev/job-uid": "job-uid",
      "tributary.dev/origin": "hub",
    });
    expect(batchJob.spec.template.metadata.labels).toMatchObject({
      team: "ml",
      "tributary.dev/participant": "aws",
      "tributary.dev/component": "worker",
    });
  });

  it("does not count what the cluster takes away, and gives up at once what no other try can better", () => {
    const spec = renderBatchJob(aSeatInput()).spec as { podFailurePolicy: { rules: unknown[] } };
    expect(spec.podFailurePolicy.rules).toEqual([
      { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
      {
        action: "FailIndex",
        onExitCodes: { containerName: "trainer", operator: "In", values: [10, 11, 12, 13, 14, 16, 55] },
      },
    ]);
  });

  it("leaves the template's own resources alone when no accelerator is asked for", () => {
    const plain = renderBatchJob(aSeatInput({ participant: job.spec.participants[0]! })) as unknown as typeof batchJob;
    expect(plain.spec.template.spec.containers).toEqual(aTemplate.template.spec.containers);
  });
});

describe("an anchor", () => {
  it("tells workers where the aggregator is and whose certificate to expect, and holds no key", () => {
    const anchor = renderAnchor(aSeatInput()) as unknown as { data: { "worker.json": string } };
    const worker = JSON.parse(anchor.data["worker.json"]);
    expect(worker).toEqual({
      version: 1,
      jobUid: "job-uid",
      participant: "aws",
      aggregator: {
        controlAddress: "h:1",
        tensorAddress: "h:2",
        serverName: "notes.research.aggregator.tributary",
        caPem: "CA",
      },
    });
  });
});

describe("hashText", () => {
  it.each([
    ["", "cbf29ce484222325"],
    ["a", "af63dc4c8601ec8c"],
    ["foobar", "85944171f73967e8"],
  ])("of %j is FNV-1a's published value", (text, want) => {
    expect(hashText(text)).toBe(want);
  });
});
