import { describe, expect, it } from "vitest";
import type { FederatedTrainingJob } from "../generated/api/types.ts";
import { describeFinding } from "./finding.ts";
import { checkJobSpec } from "./job-spec.ts";
import type { SynchronousSchedule } from "./required-by-rule.ts";
import { strategyRules } from "./strategies.ts";

type Spec = FederatedTrainingJob["spec"];

function aSpec(changes: Partial<Spec> = {}): Spec {
  return {
    paradigm: "Horizontal",
    model: { source: { persistentVolumeClaim: { claimName: "models", path: "zeros.safetensors" } } },
    trainer: { runtime: "noop", task: "noop", seed: 1 },
    participants: [
      { name: "aws", cluster: "aws-1", role: "Trainer", workers: 2 },
      { name: "gcp", cluster: "gcp-1", role: "Trainer", workers: 1 },
    ],
    strategy: { name: "FedAvg" },
    schedule: { synchronous: { maxRounds: 5, localSteps: 3, quorum: 2, deadline: "10m" } },
    privacy: { secureAggregation: { protocol: "None" } },
    communication: { initialStep: "2^-20" },
    failurePolicy: { workerRestartLimit: 10 },
    output: { persistentVolumeClaim: "models" },
    suspend: false,
    roundHistoryLimit: 10,
    ...changes,
  };
}

const scheduled = (changes: Partial<SynchronousSchedule>): Partial<Spec> => ({
  schedule: { synchronous: { maxRounds: 5, localSteps: 3, quorum: 2, deadline: "10m", ...changes } },
});
const trained = (task: Spec["trainer"]["task"], hyperparameters: Record<string, string | number>): Partial<Spec> => ({
  trainer: { runtime: "noop", task, seed: 1, hyperparameters },
});
const ownSettings = (hyperparameters: Record<string, string | number>): Partial<Spec> => ({
  participants: aSpec().participants.map((participant, index) =>
    index === 1 ? { ...participant, hyperparameters } : participant,
  ),
});
const watched = (changes: Partial<NonNullable<Spec["convergence"]>>): Partial<Spec> => ({
  convergence: { metric: "validation_loss", mode: "Min", minDelta: "0", patience: 3, ...changes },
});
const onDevices = (...resources: (string | undefined)[]): Partial<Spec> => ({
  participants: resources.map((resource, index) => ({
    name: `p${index}`,
    cluster: `cluster-${index}`,
    role: "Trainer",
    workers: 2,
    ...(resource === undefined ? {} : { accelerator: { resource, count: 1 } }),
  })),
});
const masked = (changes: Partial<Spec["privacy"]["secureAggregation"]> = {}): Partial<Spec> => ({
  privacy: { secureAggregation: { protocol: "Masking", ...changes } },
});
const strategy = (name: Spec["strategy"]["name"], parameters: Record<string, string>): Partial<Spec> => ({
  strategy: { name, parameters },
});

it("a spec of a paradigm that trains a model and names none is told of that alone", () => {
  const { model: _none, ...bare } = aSpec(trained("language-modeling", {}));
  expect(checkJobSpec(bare).map(describeFinding)).toEqual([
    "spec.model is absent, must be there: paradigm Horizontal trains one model for all participants",
  ]);
});

describe("a spec that a job can run with", () => {
  it.each<[string, Partial<Spec>]>([
    ["of defaults", {}],
    ["with a deadline of tenths", scheduled({ deadline: "1.1h" })],
    ["with a deadline of 16.1s", scheduled({ deadline: "16.1s" })],
    ["with hyperparameters as texts and whole numbers", trained("noop", { increment: "2e-3", simulateStepMs: 5 })],
    ["with hyperparameters of a participant's own", ownSettings({ increment: "2e-3", simulateStepMs: 5 })],
    ["with a target for the no-op", watched({ target: "-1.5e-3" })],
    ["with every worker in the quorum", scheduled({ quorum: 3 })],
    ["with devices of different makers, or none", onDevices("nvidia.com/gpu", undefined, "amd.com/gpu")],
    ["with masks", masked()],
    ["with masks that every worker opens", masked({ threshold: 3, minOrganisations: 3 })],
    ["with masks and the lowest server rate", { ...masked(), ...strategy("FedAvg", { serverLearningRate: "0.1" }) }],
    ["with masks and an adaptive step", { ...masked(), ...strategy("FedAdam", { serverLearningRate: "0.001" }) }],
    ["of the largest step", { communication: { initialStep: "2^96" } }],
  ])("%s has no finding", (_what, changes) => {
    expect(checkJobSpec(aSpec(changes))).toEqual([]);
  });

  it.each(Object.entries(strategyRules))("%s may set each of its parameters", (name, rules) => {
    const parameters = Object.fromEntries(Object.entries(rules).map(([key, { fallback }]) => [key, String(fallback)]));
    expect(checkJobSpec(aSpec(strategy(name as Spec["strategy"]["name"], parameters)))).toEqual([]);
  });
});

describe("a spec that no job can run with names its field, the value and what would be right", () => {
  it.each<[Partial<Spec>, string]>([
    [
      strategy("FedAvg", { serverLearningRate: "NaN" }),
      'spec.strategy.parameters.serverLearningRate is "NaN", must be a decimal',
    ],
    [
      strategy("FedAvg", { serverLearningRate: "0" }),
      'spec.strategy.parameters.serverLearningRate is "0", must be > 0 and <= 1000',
    ],
    [
      strategy("FedAvg", { momentum: "0.9" }),
      'spec.strategy.parameters.momentum is "0.9", must be absent: only serverLearningRate is known to "FedAvg"',
    ],
    [strategy("FedAdam", { beta2: "1" }), 'spec.strategy.parameters.beta2 is "1", must be >= 0 and < 1'],
    [strategy("FedNova" as never, {}), 'spec.strategy.name is "FedNova", must be one of FedAvg,'],
    [
      { communication: { initialStep: "2^99" } },
      'spec.communication.initialStep is "2^99", must be a power of two from 2^-96 to 2^96',
    ],
    [
      trained("noop", { incremnt: "1" }),
      'spec.trainer.hyperparameters.incremnt is "1", must be absent: only increment,',
    ],
    [
      trained("noop", { increment: "Infinity" }),
      'spec.trainer.hyperparameters.increment is "Infinity", must be a number from',
    ],
    [
      trained("noop", { simulateStepMs: "1.5" }),
      'spec.trainer.hyperparameters.simulateStepMs is "1.5", must be a whole number',
    ],
    [
      ownSettings({ batchSize: 4 }),
      "spec.participants[1].hyperparameters.batchSize is 4, must be absent: only increment,",
    ],
    [ownSettings({ increment: "2" }), 'spec.participants[1].hyperparameters.increment is "2", must be a number from'],
    [
      masked({ threshold: 4 }),
      "spec.privacy.secureAggregation.threshold is 4, must be at most 3, the sum of participants[].workers",
    ],
    [
      masked({ protocol: "None", threshold: 3 }),
      "spec.privacy.secureAggregation.threshold is 3, must be absent without masks; leave it out, or choose protocol Masking",
    ],
    [
      masked({ protocol: "None", minOrganisations: 2 }),
      "spec.privacy.secureAggregation.minOrganisations is 2, must be absent without masks",
    ],
    [
      { ...masked(), ...strategy("FedAvgM", { serverLearningRate: "0.0999" }) },
      'spec.strategy.parameters.serverLearningRate is "0.0999", must be at least 0.1 under protocol Masking',
    ],
    [{ schedule: {} }, "spec.schedule is absent, must be exactly one schedule; synchronous is the only one so far"],
    [trained("language-modeling", {}), "spec.model.adapter is absent, must be there"],
    [watched({ target: "1e99999" }), 'spec.convergence.target is "1e99999", must be a decimal'],
    [watched({ minDelta: "-1" }), 'spec.convergence.minDelta is "-1", must be a decimal of 0 or more'],
    [
      { convergence: { metric: "validation_loss", mode: "Min", minDelta: "0" } },
      "spec.convergence is absent, must be a rule with a target",
    ],
    [
      scheduled({ deadline: "999ms" }),
      'spec.schedule.synchronous.deadline is "999ms", must be a duration from 1s to 24h',
    ],
    [scheduled({ deadline: "1d" }), 'spec.schedule.synchronous.deadline is "1d", must be a Go duration'],
    [
      scheduled({ quorum: 4 }),
      "spec.schedule.synchronous.quorum is 4, must be at most 3, the sum of participants[].workers",
    ],
    [
      onDevices("nvidia.com/gpu-"),
      'spec.participants[0].accelerator.resource is "nvidia.com/gpu-", must be an extended resource such as nvidia.com/gpu',
    ],
    [
      onDevices("nvidia.com/gpu", undefined, "requests.nvidia.com/gpu"),
      'spec.participants[2].accelerator.resource is "requests.nvidia.com/gpu", must be an extended resource',
    ],
    [
      { output: { persistentVolumeClaim: "../models" } },
      'spec.output.persistentVolumeClaim is "../models", must be the name of an object',
    ],
  ])("%#", (changes, says) => {
    expect(checkJobSpec(aSpec(changes)).map(describeFinding).join("\n")).toContain(says);
  });

  it("for every field that is wrong", () => {
    const spec = aSpec({ ...strategy("FedAvg", { momentum: "1" }), ...scheduled({ deadline: "1d", quorum: 9 }) });
    expect(checkJobSpec(spec).map(({ path }) => path)).toEqual([
      "spec.strategy.parameters.momentum",
      "spec.schedule.synchronous.quorum",
      "spec.schedule.synchronous.deadline",
    ]);
  });
});
