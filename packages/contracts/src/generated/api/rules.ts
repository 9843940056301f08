/** Generated from crds/ by scripts/generate.ts. Do not edit. */

/** A CEL rule of a CRD: `path` leads to the value that is `self`, `*` stands for every item; `fieldPath` to the field below it. */
export interface SchemaRule { readonly path: readonly string[]; readonly rule: string; readonly message: string; readonly fieldPath?: string }

/** The CEL rules of every kind, without the transition rules, which need the old object. */
export const schemaRules: Readonly<Record<string, readonly SchemaRule[]>> = {
  "FederatedTrainingJob": [
    {
      "path": [],
      "rule": "self.metadata.name.size() <= 40",
      "message": "metadata.name must have at most 40 characters, so that the names made from it fit in 63"
    },
    {
      "path": [],
      "rule": "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
      "message": "metadata.name must be a DNS label that starts with a letter"
    },
    {
      "path": [
        "spec"
      ],
      "rule": "self.schedule.synchronous.quorum <= self.participants.map(p, p.workers).sum()",
      "message": "schedule.synchronous.quorum must not be above the sum of participants[].workers",
      "fieldPath": ".schedule.synchronous.quorum"
    },
    {
      "path": [
        "spec",
        "model"
      ],
      "rule": "has(self.adapter) == self.source.persistentVolumeClaim.path.endsWith('.gguf')",
      "message": "a .gguf model is trained through model.adapter, a .safetensors model without one"
    },
    {
      "path": [
        "spec",
        "model",
        "source",
        "persistentVolumeClaim",
        "path"
      ],
      "rule": "!self.startsWith('/') && !self.contains('..')",
      "message": "must be relative to the claim and hold no '..'"
    },
    {
      "path": [
        "spec",
        "model",
        "source",
        "persistentVolumeClaim",
        "path"
      ],
      "rule": "self.endsWith('.safetensors') || self.endsWith('.gguf')",
      "message": "must end in .safetensors or .gguf"
    },
    {
      "path": [
        "spec",
        "schedule",
        "synchronous",
        "deadline"
      ],
      "rule": "duration(self) >= duration('1s') && duration(self) <= duration('24h')",
      "message": "must lie between 1s and 24h"
    },
    {
      "path": [
        "spec",
        "convergence"
      ],
      "rule": "has(self.target) || has(self.patience)",
      "message": "name a target, a patience, or both"
    }
  ],
  "MemberCluster": [
    {
      "path": [],
      "rule": "self.metadata.name.size() <= 63 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
      "message": "metadata.name must be a DNS label of at most 63 characters"
    }
  ],
  "TrainingRound": [
    {
      "path": [
        "spec"
      ],
      "rule": "self.from <= self.through",
      "message": "from must not be above through"
    }
  ]
};
