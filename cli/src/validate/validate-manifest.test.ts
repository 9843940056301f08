import { describe, expect, it } from "vitest";
import { validateManifest } from "./validate-manifest.ts";

type Manifest = Record<string, never> & { spec: never };

function aJob(): Record<string, unknown> {
  return {
    apiVersion: "tributary.dev/v1alpha1",
    kind: "FederatedTrainingJob",
    metadata: { name: "clinic-notes", namespace: "research" },
    spec: {
      model: {
        source: { persistentVolumeClaim: { claimName: "models", path: "smollm2-135m.gguf" } },
        adapter: { type: "LoRA", rank: 8, targets: ["q_proj"] },
      },
      trainer: { runtime: "tfjs", task: "language-modeling", hyperparameters: { learningRate: "1e-3", batchSize: 4 } },
      participants: [
        { name: "aws", cluster: "aws-us-east-1", workers: 2 },
        { name: "gcp", cluster: "gcp-europe-west4" },
      ],
      schedule: { synchronous: { maxRounds: 10, quorum: 3 } },
      privacy: { secureAggregation: { protocol: "None" } },
      output: { persistentVolumeClaim: "models" },
    },
  };
}

function changed(path: readonly (string | number)[], value: unknown): Record<string, unknown> {
  const job = aJob();
  let target = job as Record<string | number, unknown>;
  for (const part of path.slice(0, -1)) target = target[part] as Record<string | number, unknown>;
  const last = path.at(-1) as string | number;
  if (value === undefined) delete target[last];
  else target[last] = value;
  return job as Manifest;
}

function withSpec(job: Record<string, unknown>, changes: object): Record<string, unknown> {
  return { ...job, spec: { ...(job.spec as object), ...changes } };
}

describe("validateManifest", () => {
  it("takes a good job and leaves it as it is", () => {
    const job = aJob();
    expect(validateManifest(job)).toEqual([]);
    expect(job).toEqual(aJob());
  });

  it.each<[string, object, number, string]>([
    [
      "fewer than three workers",
      { protocol: "Masking" },
      1,
      "(TooFewWorkers): the sum of spec.participants[].workers is 2, must be at least 3",
    ],
    [
      "a quorum below the threshold",
      { protocol: "Masking" },
      3,
      "(QuorumTooLow): spec.schedule.synchronous.quorum is 2, must be at least 3",
    ],
    [
      "a threshold that two groups reach",
      { protocol: "Masking", threshold: 3 },
      5,
      "(ThresholdImpossible): spec.privacy.secureAggregation.threshold is 3, must be from 5 to 6",
    ],
  ])("says of masks with %s that the operator would not accept them", (_what, secureAggregation, workers, message) => {
    const job = changed(["spec", "privacy"], { secureAggregation });
    const participants = [
      { name: "aws", cluster: "aws", workers },
      { name: "gcp", cluster: "gcp" },
    ];
    const schedule = { synchronous: { maxRounds: 10, quorum: 2 } };
    expect(validateManifest(withSpec(job, { participants, schedule }))).toEqual([
      { path: "spec.privacy.secureAggregation", message: expect.stringContaining(message) },
    ]);
  });

  it.each([undefined, {}, { secureAggregation: {} }])("takes a job for a masked one whose privacy is %o", (privacy) => {
    const job = changed(["spec", "privacy"], privacy);
    expect(validateManifest(job)).toEqual([]);
    const tooSmall = withSpec(job, {
      participants: [{ name: "aws", cluster: "aws", workers: 2 }],
      schedule: { synchronous: { maxRounds: 10, quorum: 2 } },
    });
    expect(validateManifest(tooSmall)).toEqual([
      { path: "spec.privacy.secureAggregation", message: expect.stringContaining("(TooFewWorkers)") },
    ]);
  });

  it.each([
    ["an unknown field", ["spec", "speed"], "fast", "spec.speed", "not a field"],
    ["an unknown strategy", ["spec", "strategy"], { name: "Krum" }, "spec.strategy.name", "must be one of FedAvg"],
    [
      "a quorum above the workers",
      ["spec", "schedule", "synchronous", "quorum"],
      4,
      "spec.schedule.synchronous.quorum",
      "quorum must not be above",
    ],
    [
      "a duplicate participant",
      ["spec", "participants", 1, "name"],
      "aws",
      "spec.participants[1].name",
      "must be unique",
    ],
    [
      "an adapter on a whole model",
      ["spec", "model", "source", "persistentVolumeClaim", "path"],
      "a.safetensors",
      "spec.model",
      "trained through model.adapter",
    ],
    [
      "a path out of the claim",
      ["spec", "model", "source", "persistentVolumeClaim", "path"],
      "../a.gguf",
      "spec.model.source.persistentVolumeClaim.path",
      "relative to the claim",
    ],
    [
      "a deadline that is too long",
      ["spec", "schedule", "synchronous", "deadline"],
      "25h",
      "spec.schedule.synchronous.deadline",
      "between 1s and 24h",
    ],
    [
      "a protocol that is not there",
      ["spec", "privacy", "secureAggregation", "protocol"],
      "Paillier",
      "spec.privacy.secureAggregation.protocol",
      "must be one of Masking, None",
    ],
    ["a name that is too long", ["metadata", "name"], "a".repeat(41), "metadata.name", "at most 40"],
    ["no workers", ["spec", "participants", 0, "workers"], 0, "spec.participants[0].workers", ">= 1"],
    [
      "an accelerator that no API server knows",
      ["spec", "participants", 0, "accelerator"],
      { resource: "nvidia.com/gpu-" },
      "spec.participants[0].accelerator.resource",
      'is "nvidia.com/gpu-"; must be an extended resource such as nvidia.com/gpu',
    ],
    [
      "an accelerator under a quota's name for it",
      ["spec", "participants", 1, "accelerator"],
      { resource: "requests.nvidia.com/gpu" },
      "spec.participants[1].accelerator.resource",
      'is "requests.nvidia.com/gpu"; must have at most 244 characters before the /',
    ],
    ["another version", ["apiVersion"], "tributary.dev/v1", "apiVersion", "tributary.dev/v1alpha1"],
    ["another kind", ["kind"], "TrainJob", "kind", "FederatedTrainingJob"],
    [
      "a convergence rule that never holds",
      ["spec", "convergence"],
      { metric: "validation_loss" },
      "spec.convergence",
      "target",
    ],
  ])("names the field of %s", (_case, path, value, field, message) => {
    const findings = validateManifest(changed(path, value));
    expect(findings.map((finding) => finding.path)).toContain(field);
    expect(findings.find((finding) => finding.path === field)?.message).toContain(message);
  });

  it.each([[null], ["text"], [[]]])("refuses %j, which is no object", (value) => {
    expect(validateManifest(value)).toHaveLength(1);
  });
});
