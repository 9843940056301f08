import type { Changes } from "./a-job.ts";

/** Wrong jobs: what is wrong, the change that makes it so, the field that must be named, and a part of the message. */
export const badJobs: readonly (readonly [what: string, changes: Changes, field: string, message: string])[] = [
  ["an unknown field", { "spec.speed": "fast" }, "spec.speed", ""],
  ["an unknown strategy", { "spec.strategy": { name: "Krum" } }, "spec.strategy.name", "FedAvg"],
  ["a quorum above the workers", { "spec.schedule.synchronous.quorum": 5 }, "spec", "quorum must not be above"],
  ["a duplicate participant", { "spec.participants.1.name": "aws" }, "spec.participants[1]", ""],
  [
    "an adapter on a whole model",
    { "spec.model.source.persistentVolumeClaim.path": "a.safetensors" },
    "spec.model",
    "model.adapter",
  ],
  [
    "a path out of the claim",
    { "spec.model.source.persistentVolumeClaim.path": "../a.gguf" },
    "spec.model.source.persistentVolumeClaim.path",
    "relative to the claim",
  ],
  [
    "a path of another format",
    { "spec.model.source.persistentVolumeClaim.path": "a.bin" },
    "spec.model.source.persistentVolumeClaim.path",
    ".safetensors or .gguf",
  ],
  [
    "a deadline that is too long",
    { "spec.schedule.synchronous.deadline": "25h" },
    "spec.schedule.synchronous.deadline",
    "between 1s and 24h",
  ],
  [
    "a deadline that is no duration",
    { "spec.schedule.synchronous.deadline": "soon" },
    "spec.schedule.synchronous.deadline",
    "",
  ],
  [
    "a protocol that does not exist yet",
    { "spec.privacy.secureAggregation.protocol": "Masking" },
    "spec.privacy.secureAggregation.protocol",
    "None",
  ],
  ["no protocol", { "spec.privacy.secureAggregation": {} }, "spec.privacy.secureAggregation.protocol", ""],
  ["a name that is too long", { "metadata.name": "a".repeat(41) }, "", "at most 40"],
  ["no workers", { "spec.participants.0.workers": 0 }, "spec.participants[0].workers", "1"],
  ["no participants", { "spec.participants": [] }, "spec.participants", ""],
  [
    "a convergence rule that can never hold",
    { "spec.convergence": { metric: "validation_loss" } },
    "spec.convergence",
    "target",
  ],
  ["a target that is no decimal", { "spec.convergence.target": "low" }, "spec.convergence.target", ""],
  ["a rank of zero", { "spec.model.adapter.rank": 0 }, "spec.model.adapter.rank", "1"],
  [
    "an initial step that is no power of two",
    { "spec.communication": { initialStep: "0.1" } },
    "spec.communication.initialStep",
    "",
  ],
];
