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
      "rule": "self.paradigm != 'Horizontal' || has(self.model)",
      "message": "paradigm Horizontal trains one model for all participants; name it in model",
      "fieldPath": ".model"
    },
    {
      "path": [
        "spec"
      ],
      "rule": "self.trainer.task != 'language-modeling' || !has(self.model) || has(self.model.adapter)",
      "message": "task language-modeling trains an adapter on a .gguf model; name model.adapter",
      "fieldPath": ".model.adapter"
    },
    {
      "path": [
        "spec"
      ],
      "rule": "self.participants.all(p, !has(p.hyperparameters) || p.hyperparameters.all(name, name in (self.trainer.task == 'noop' ? ['increment', 'simulateStepMs', 'simulateNaNAtRound'] : ['learningRate', 'beta1', 'beta2', 'epsilon', 'weightDecay', 'clipNorm', 'batchSize', 'sequenceLength', 'validationPassages'])))",
      "message": "participants[].hyperparameters are those of trainer.task: noop takes increment, simulateStepMs and simulateNaNAtRound; language-modeling takes learningRate, beta1, beta2, epsilon, weightDecay, clipNorm, batchSize, sequenceLength and validationPassages",
      "fieldPath": ".participants"
    },
    {
      "path": [
        "spec"
      ],
      "rule": "!has(self.schedule.synchronous) || self.schedule.synchronous.quorum <= self.participants.map(p, p.workers).sum()",
      "message": "schedule.synchronous.quorum must not be above the sum of participants[].workers",
      "fieldPath": ".schedule.synchronous.quorum"
    },
    {
      "path": [
        "spec"
      ],
      "rule": "!has(self.privacy.secureAggregation.threshold) || self.privacy.secureAggregation.threshold <= self.participants.map(p, p.workers).sum()",
      "message": "privacy.secureAggregation.threshold must not be above the sum of participants[].workers",
      "fieldPath": ".privacy.secureAggregation.threshold"
    },
    {
      "path": [
        "spec"
      ],
      "rule": "self.privacy.secureAggregation.protocol != 'Masking' || !(self.strategy.name in ['FedAvg', 'FedAvgM']) || !has(self.strategy.parameters) || !('serverLearningRate' in self.strategy.parameters) || double(self.strategy.parameters['serverLearningRate']) >= 0.1",
      "message": "under protocol Masking serverLearningRate of FedAvg and FedAvgM must be at least 0.1: a lower one makes rounds start from nearly equal models, and the difference of their sums is nearly one worker's update",
      "fieldPath": ".strategy.parameters"
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
        "trainer"
      ],
      "rule": "!has(self.hyperparameters) || self.hyperparameters.all(name, name in (self.task == 'noop' ? ['increment', 'simulateStepMs', 'simulateNaNAtRound'] : ['learningRate', 'beta1', 'beta2', 'epsilon', 'weightDecay', 'clipNorm', 'batchSize', 'sequenceLength', 'validationPassages']))",
      "message": "task noop takes increment, simulateStepMs and simulateNaNAtRound; task language-modeling takes learningRate, beta1, beta2, epsilon, weightDecay, clipNorm, batchSize, sequenceLength and validationPassages",
      "fieldPath": ".hyperparameters"
    },
    {
      "path": [
        "spec",
        "trainer"
      ],
      "rule": "!has(self.hyperparameters) || [{ 'increment': [9.313225746154785e-10, 1.0], 'simulateStepMs': [0.0, 600000.0], 'simulateNaNAtRound': [-1.0, 1000000.0], 'learningRate': [1e-8, 1.0], 'beta1': [0.0, 0.999999], 'beta2': [0.0, 0.999999], 'epsilon': [1e-16, 1.0], 'weightDecay': [0.0, 1.0], 'clipNorm': [1e-6, 1e6], 'batchSize': [1.0, 1024.0], 'sequenceLength': [2.0, 8192.0], 'validationPassages': [0.0, 1000000.0] }].all(bounds, self.hyperparameters.all(name, !(name in bounds) || (double(self.hyperparameters[name]) >= bounds[name][0] && double(self.hyperparameters[name]) <= bounds[name][1] && (!(name in ['simulateStepMs', 'simulateNaNAtRound', 'batchSize', 'sequenceLength', 'validationPassages']) || double(int(double(self.hyperparameters[name]))) == double(self.hyperparameters[name])))))",
      "message": "must lie within their bounds: increment 2^-30 to 1, simulateStepMs 0 to 600000, simulateNaNAtRound -1 to 1000000, learningRate 1e-8 to 1, beta1 and beta2 0 to 0.999999, epsilon 1e-16 to 1, weightDecay 0 to 1, clipNorm 1e-6 to 1e6, batchSize 1 to 1024, sequenceLength 2 to 8192, validationPassages 0 to 1000000, the last three and simulate* whole",
      "fieldPath": ".hyperparameters"
    },
    {
      "path": [
        "spec",
        "participants",
        "*"
      ],
      "rule": "!has(self.hyperparameters) || [{ 'increment': [9.313225746154785e-10, 1.0], 'simulateStepMs': [0.0, 600000.0], 'simulateNaNAtRound': [-1.0, 1000000.0], 'learningRate': [1e-8, 1.0], 'beta1': [0.0, 0.999999], 'beta2': [0.0, 0.999999], 'epsilon': [1e-16, 1.0], 'weightDecay': [0.0, 1.0], 'clipNorm': [1e-6, 1e6], 'batchSize': [1.0, 1024.0], 'sequenceLength': [2.0, 8192.0], 'validationPassages': [0.0, 1000000.0] }].all(bounds, self.hyperparameters.all(name, !(name in bounds) || (double(self.hyperparameters[name]) >= bounds[name][0] && double(self.hyperparameters[name]) <= bounds[name][1] && (!(name in ['simulateStepMs', 'simulateNaNAtRound', 'batchSize', 'sequenceLength', 'validationPassages']) || double(int(double(self.hyperparameters[name]))) == double(self.hyperparameters[name])))))",
      "message": "must lie within their bounds: increment 2^-30 to 1, simulateStepMs 0 to 600000, simulateNaNAtRound -1 to 1000000, learningRate 1e-8 to 1, beta1 and beta2 0 to 0.999999, epsilon 1e-16 to 1, weightDecay 0 to 1, clipNorm 1e-6 to 1e6, batchSize 1 to 1024, sequenceLength 2 to 8192, validationPassages 0 to 1000000, the last three and simulate* whole",
      "fieldPath": ".hyperparameters"
    },
    {
      "path": [
        "spec",
        "participants",
        "*",
        "accelerator",
        "resource"
      ],
      "rule": "!self.startsWith('requests.') && !self.contains('kubernetes.io/') && self.indexOf('/') <= 244",
      "message": "must have at most 244 characters before the /, be not of kubernetes.io, and have no requests. before it"
    },
    {
      "path": [
        "spec",
        "strategy"
      ],
      "rule": "!has(self.parameters) || self.parameters.all(name, name == 'serverLearningRate' || (name == 'momentum' && self.name in ['FedAvgM', 'DiLoCo']) || (name in ['beta1', 'tau'] && self.name in ['FedAdagrad', 'FedAdam', 'FedYogi']) || (name == 'beta2' && self.name in ['FedAdam', 'FedYogi']))",
      "message": "all strategies take serverLearningRate; FedAvgM and DiLoCo also momentum, FedAdagrad beta1 and tau, FedAdam and FedYogi beta1, beta2 and tau; no strategy takes another",
      "fieldPath": ".parameters"
    },
    {
      "path": [
        "spec",
        "strategy"
      ],
      "rule": "!has(self.parameters) || self.parameters.all(name, name == 'serverLearningRate' ? double(self.parameters[name]) > 0.0 && double(self.parameters[name]) <= 1000.0 : (name == 'tau' ? double(self.parameters[name]) >= 1e-18 && double(self.parameters[name]) <= 1.0 : double(self.parameters[name]) >= 0.0 && double(self.parameters[name]) < 1.0))",
      "message": "serverLearningRate must be > 0 and <= 1000, tau >= 1e-18 and <= 1, momentum, beta1 and beta2 >= 0 and < 1",
      "fieldPath": ".parameters"
    },
    {
      "path": [
        "spec",
        "schedule"
      ],
      "rule": "[has(self.synchronous)].exists_one(member, member)",
      "message": "must name exactly one schedule; synchronous is the only one so far"
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
    },
    {
      "path": [
        "spec",
        "convergence",
        "minDelta"
      ],
      "rule": "double(self) >= 0.0",
      "message": "must be a decimal of 0 or more"
    },
    {
      "path": [
        "spec",
        "privacy",
        "secureAggregation"
      ],
      "rule": "self.protocol == 'Masking' || (!has(self.minOrganisations) && !has(self.threshold))",
      "message": "minOrganisations and threshold mean nothing without masks; leave them out, or choose protocol Masking"
    }
  ],
  "MemberCluster": [
    {
      "path": [],
      "rule": "self.metadata.name.size() <= 63 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
      "message": "metadata.name must be a DNS label of at most 63 characters"
    },
    {
      "path": [
        "spec",
        "gate",
        "caBundle"
      ],
      "rule": "self.contains('-----BEGIN CERTIFICATE-----') && self.contains('-----END CERTIFICATE-----') && !self.contains('PRIVATE KEY-----')",
      "message": "must be the certificates of the gate's CA in PEM, and no key"
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

/** A list of a spec whose entries must differ: in the fields `keys`, or wholly when there are none. */
export interface UniqueList { readonly path: readonly string[]; readonly keys: readonly string[] }

/** The lists of every kind whose entries must differ. */
export const uniqueLists: Readonly<Record<string, readonly UniqueList[]>> = {
  "FederatedTrainingJob": [
    {
      "path": [
        "spec",
        "model",
        "adapter",
        "targets"
      ],
      "keys": []
    },
    {
      "path": [
        "spec",
        "participants"
      ],
      "keys": [
        "name"
      ]
    }
  ],
  "MemberCluster": [
    {
      "path": [
        "spec",
        "namespaces"
      ],
      "keys": [
        "hub"
      ]
    }
  ],
  "TrainingRound": []
};
